//! The window: it shows, asks and tells. What it has computed is computed by the library below it, as for
//! the command line.

mod actions;
mod app;
mod arrivals;
mod brush;
pub mod commands;
mod dialogs;
mod display;
mod done;
mod draw_map;
mod evaluate;
mod export_dialog;
mod export_fields;
mod files;
mod frame;
mod frame_times;
mod histogram;
mod import_mask;
mod keep;
mod keep_masks;
mod latents;
mod layer;
mod layout;
mod legend;
mod loss;
mod made_bands;
mod map;
mod marks;
mod mask_edit;
mod mask_history;
mod mask_method;
mod meaning;
mod messages;
mod open_path;
mod opened;
mod overlays;
mod panels;
mod parting;
mod pins;
mod pointer;
mod position;
mod preview_layer;
mod queries;
mod recipe;
mod selection;
mod session;
mod settings;
mod spectra;
mod theme;
mod tokens;
mod told;
mod wording;
mod work;

use std::path::PathBuf;

use crate::compute::{Choice, Compute, Summary};

use loss::Loss;
use session::Session;

pub use app::{App, Options};
pub use frame_times::FrameTimes;

/// Opens the window on scenes and returns when it is closed. Without a choice of the device that of the last
/// session holds.
///
/// A window whose graphics device is lost saves its session, closes, and is opened anew on another device.
///
/// # Errors
/// When there is no display, or no graphics adapter can draw.
pub fn run(scenes: &[PathBuf], choice: Option<Choice>) -> anyhow::Result<()> {
    work_gives_way();
    let kept = || session::default_path().map(|path| Session::read(&path).0);
    let choice = choice.or_else(|| kept()?.device).unwrap_or_default();
    let loss = Loss::default();
    let compute = match crate::compute::open(choice) {
        Ok(compute) => compute,
        Err(error) if choice == Choice::Gpu => return Err(error.into()),
        Err(_) => crate::compute::open(Choice::Cpu)?,
    };
    let mut opened = open_window(scenes, &compute, choice, &loss, None);
    for _ in 0..MOST_LOSSES {
        let Some(words) = App::was_lost(&loss) else { return opened };
        // The session has the scenes; eframe finds an adapter of its own.
        let compute = crate::compute::open(Choice::Cpu)?;
        opened = open_window(&[], &compute, Choice::Auto, &loss, Some(words));
    }
    opened
}

/// How much less than the window's own thread work on all cores counts for the system.
const NICE: i32 = 5;

/// Masks, fills and networks work on every core; the window is drawn all the same.
fn work_gives_way() {
    let pool = rayon::ThreadPoolBuilder::new().thread_name(|number| format!("work-{number}"));
    // Refused where there is one already: then the system shares out the cores.
    let _ = pool.start_handler(|_| crate::progress::give_way(NICE)).build_global();
}

/// Devices lost after which the window stays closed: a driver that fails again and again is no use.
const MOST_LOSSES: usize = 3;

fn open_window(
    scenes: &[PathBuf],
    compute: &Compute,
    choice: Choice,
    loss: &Loss,
    told: Option<String>,
) -> anyhow::Result<()> {
    let summary: Summary = compute.summary.clone();
    let options = Options::usual(scenes.to_vec(), summary, choice);
    let mut native = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Declouder")
            .with_app_id("declouder")
            .with_inner_size(tokens::WINDOW)
            .with_min_inner_size(tokens::WINDOW_MIN),
        ..eframe::NativeOptions::default()
    };
    if let Some(setup) = compute.setup.clone() {
        // One device for Burn and the window: tensors can be drawn without a copy.
        native.wgpu_options.wgpu_setup =
            eframe::egui_wgpu::WgpuSetup::Existing(eframe::egui_wgpu::WgpuSetupExisting {
                instance: setup.instance,
                adapter: setup.adapter,
                device: setup.device,
                queue: setup.queue,
            });
    }
    let loss = loss.clone();
    eframe::run_native(
        "declouder",
        native,
        Box::new(move |creation| {
            let mut app = App::new(&creation.egui_ctx, creation.wgpu_render_state.as_ref(), options)?;
            app.tell_loss_to(loss);
            if let Some(words) = told {
                app.tell_error(words);
            }
            Ok(Box::new(app))
        }),
    )
    .map_err(|error| {
        anyhow::anyhow!(
            "the window cannot open ({error}); without a display use the commands in declouder --help"
        )
    })
}
