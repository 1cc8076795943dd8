//! A window that draws with Burn's own device, and what follows when that device goes away.
#![cfg(feature = "desktop")]

use std::path::{Path, PathBuf};

use declouder::compute::{self, Choice, Compute};
use declouder::desktop::commands::Command;
use declouder::desktop::{App, Options};
use declouder::networks::NetworkConfig;
use declouder::raster::{self, SceneOptions, SceneReader, Window};
use eframe::egui_wgpu::{WgpuSetup, WgpuSetupExisting};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::decloud_model::{NAMES, weighted};
use super::desktop::{command, demo, settle, until};
use super::fixtures::Raster;
use super::support::is_alone;

/// A part of the demo with cloud and ground: small enough for a software rasteriser.
const PART: Window = Window { x: 40, y: 150, width: 96, height: 80 };

/// Burn's GPU, or `None` (with a word on the terminal) where no adapter answers.
fn gpu() -> Option<Compute> {
    compute::open(Choice::Gpu).inspect_err(|error| eprintln!("skipped: {error}")).ok()
}

/// That part as a scene of its own.
fn part(folder: &Path) -> PathBuf {
    let scene = raster::open(&demo("betsiboka.tif"), &SceneOptions::default()).unwrap();
    let mut reader = SceneReader::new(&scene);
    let bands: Vec<_> = (0..NAMES.len()).map(|band| reader.samples(band, PART).unwrap()).collect();
    let path = folder.join("part.tif");
    let raster = Raster {
        width: PART.width,
        height: PART.height,
        bands: &NAMES,
        geotransform: None,
        ..Raster::default()
    };
    raster.write(&path, |band, x, y| bands[band].get(y * PART.width + x) as u16);
    path
}

/// A narrow model whose code counts.
fn model(folder: &Path) -> PathBuf {
    let config = NetworkConfig { width: 8, z_land: 4, z_cloud: 3, ..NetworkConfig::default() };
    weighted(folder.join("narrow.safetensors"), config, 0.2)
}

/// A window that draws with the device Burn computes on, where that is a GPU.
fn window<'a>(home: &Path, scenes: Vec<PathBuf>, compute: &Compute, choice: Choice) -> Harness<'a, App> {
    let options = Options {
        scenes,
        session: Some(home.join("session.json")),
        results: Some(home.join("results")),
        device: compute.summary.clone(),
        choice,
    };
    let builder = Harness::builder().with_size([1280.0, 800.0]).with_max_steps(60);
    let builder = match compute.setup.clone() {
        Some(setup) => builder.wgpu_setup(WgpuSetup::Existing(WgpuSetupExisting {
            instance: setup.instance,
            adapter: setup.adapter,
            device: setup.device,
            queue: setup.queue,
        })),
        None => builder.wgpu(),
    };
    builder.build_eframe(move |creation| {
        App::new(&creation.egui_ctx, creation.wgpu_render_state.as_ref(), options).unwrap()
    })
}

/// The part opened with its clouds found, to be declouded by the narrow model.
fn ready<'a>(home: &Path, compute: &Compute, choice: Choice) -> Harness<'a, App> {
    let mut harness = window(home, vec![part(home)], compute, choice);
    until(&mut harness, "the scene", |app| !app.layer_names().is_empty());
    let config = harness.state_mut().config_mut();
    config.engine = "model".into();
    config.model = Some(model(home));
    config.force = true;
    command(&mut harness, Command::FindClouds);
    until(&mut harness, "the mask", |app| app.cloud_cover().is_some());
    settle(&mut harness);
    assert!(harness.state().cloud_cover().is_some_and(|cover| cover > 0.05));
    harness
}

/// The sweep sheet as it is drawn.
fn sheet(harness: &mut Harness<'_, App>) -> Vec<[u8; 4]> {
    command(harness, Command::LatentPanel);
    settle(harness);
    command(harness, Command::SweepSheet);
    until(harness, "the sheet", |app| app.sheet_cells() == 25);
    settle(harness);
    let rect = harness.get_by_label("Sweep sheet of 5 × 5 cells").rect();
    super::desktop_latents::without_messages(harness);
    let image = harness.render().unwrap();
    let (rows, columns) = (rect.top() as u32..rect.bottom() as u32, rect.left() as u32..rect.right() as u32);
    rows.flat_map(|y| columns.clone().map(move |x| (x, y))).map(|(x, y)| image.get_pixel(x, y).0).collect()
}

#[test]
fn a_sheet_is_drawn_where_it_was_computed_on_a_shared_device_and_uploaded_from_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let cpu = compute::open(Choice::Cpu).unwrap();
    let [shared, uploaded] = [(gpu, Choice::Gpu), (cpu, Choice::Cpu)].map(|(compute, choice)| {
        let home = tempfile::tempdir().unwrap();
        let mut harness = ready(home.path(), &compute, choice);
        let drawn = sheet(&mut harness);
        assert_eq!(harness.state().is_sheet_shared(), choice == Choice::Gpu);
        drawn
    });
    let colors: std::collections::HashSet<_> = shared.iter().collect();
    assert!(colors.len() > 100, "{} colours", colors.len());
    assert_eq!(shared.len(), uploaded.len());
    // Two backends and two ways to the screen.
    let far = |(a, b): (&[u8; 4], &[u8; 4])| a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) > 2);
    let differing = shared.iter().zip(&uploaded).filter(|pair| far(*pair)).count();
    assert!(differing * 100 < shared.len(), "{differing} of {} pixels differ", shared.len());
}

#[test]
fn after_a_lost_gpu_the_session_opens_again_and_declouds_on_the_cpu() {
    let name = "suite::desktop_device::after_a_lost_gpu_the_session_opens_again_and_declouds_on_the_cpu";
    if !is_alone(name, "the work went on") {
        return;
    }
    let Some(gpu) = gpu() else { return };
    let home = tempfile::tempdir().unwrap();
    let mut harness = ready(home.path(), &gpu, Choice::Gpu);
    command(&mut harness, Command::Preview);
    until(&mut harness, "the preview", |app| app.log().iter().any(|line| line.starts_with("Preview of")));
    gpu.setup.as_ref().unwrap().device.destroy();
    std::thread::sleep(std::time::Duration::from_millis(300));
    until(&mut harness, "the loss", App::is_device_lost);
    let told = harness.state().log();
    let said: Vec<_> = told.iter().filter(|line| line.contains("was lost")).collect();
    assert_eq!(said.len(), 1, "{told:#?}");
    assert!(said[0].contains("it was destroyed") && said[0].contains("The session was saved"), "{said:?}");
    drop(harness);

    // As `desktop::run` opens the window anew.
    let refused = compute::open(Choice::Gpu).map(|compute| compute.summary);
    assert!(refused.is_err_and(|error| error.to_string().contains("it was lost")));
    let compute = compute::open(Choice::Auto).unwrap();
    assert_eq!(compute.summary.backend, "flex");
    let mut harness = window(home.path(), Vec::new(), &compute, Choice::Auto);
    until(&mut harness, "the scene", |app| !app.layer_names().is_empty());
    settle(&mut harness);
    assert_eq!(harness.state().layer_names(), ["part.tif"]);
    let config = harness.state_mut().config_mut().clone();
    assert_eq!((config.engine.as_str(), config.device), ("model", Choice::Auto), "settings come back");
    command(&mut harness, Command::Decloud);
    until(&mut harness, "the result", |app| app.layer_names().len() == 2);
    settle(&mut harness);
    let log = harness.state().log();
    assert!(!log.iter().any(|line| line.contains("lost")), "{log:#?}");
    eprintln!("the work went on");
}
