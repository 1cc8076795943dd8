//! The window: it shows, asks and tells. What it has computed is computed by the library below it, as for
//! the command line.

mod actions;
mod app;
pub mod commands;
mod dialogs;
mod display;
mod draw_map;
mod evaluate;
mod frame;
mod histogram;
mod keep;
mod layer;
mod layout;
mod map;
mod mask_edit;
mod messages;
mod panels;
mod preview_layer;
mod queries;
mod session;
mod spectra;
mod theme;
mod tokens;
mod work;

use std::path::PathBuf;

use crate::compute::Choice;

pub use app::{App, FrameTimes, Options};

/// Opens the window on scenes and returns when it is closed.
///
/// # Errors
/// When there is no display, or no graphics adapter can draw.
pub fn run(scenes: &[PathBuf], choice: Choice) -> anyhow::Result<()> {
    let compute = crate::compute::open(choice)?;
    let options = Options::usual(scenes.to_vec(), compute.summary.clone(), choice);
    let mut native = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Declouder")
            .with_app_id("declouder")
            .with_inner_size(tokens::WINDOW)
            .with_min_inner_size(tokens::WINDOW_MIN),
        ..eframe::NativeOptions::default()
    };
    if let Some(setup) = compute.setup {
        // One device for Burn and the window: tensors can be drawn without a copy.
        native.wgpu_options.wgpu_setup =
            eframe::egui_wgpu::WgpuSetup::Existing(eframe::egui_wgpu::WgpuSetupExisting {
                instance: setup.instance,
                adapter: setup.adapter,
                device: setup.device,
                queue: setup.queue,
            });
    }
    eframe::run_native(
        "declouder",
        native,
        Box::new(move |creation| {
            let app = App::new(&creation.egui_ctx, creation.wgpu_render_state.as_ref(), options)?;
            Ok(Box::new(app))
        }),
    )
    .map_err(|error| {
        anyhow::anyhow!(
            "the window cannot open ({error}); without a display use the commands in declouder --help"
        )
    })
}
