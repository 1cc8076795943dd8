//! The window on a large scene: time to the first pixels, our own work a frame, bytes of textures.
//!
//! `cargo bench --bench window -- SCENE…` (without a scene: the shipped demo). Frames are driven as fast as they
//! come, without a rasteriser, at 1600 × 1000: what is measured is our own work on the window's thread.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use declouder::compute::{Choice, Summary};
use declouder::desktop::commands::Command;
use declouder::desktop::{App, Options};
use egui_kittest::Harness;

/// Nothing may take longer.
const PATIENCE: Duration = Duration::from_mins(5);
/// Frames that pan over the scene.
const FRAMES: usize = 400;

fn main() {
    let mut scenes: Vec<PathBuf> =
        std::env::args().skip(1).filter(|word| !word.starts_with("--")).map(PathBuf::from).collect();
    if scenes.is_empty() {
        scenes.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/betsiboka.tif"));
    }
    for scene in scenes {
        measure(&scene);
    }
}

fn measure(scene: &Path) {
    let options = Options {
        scenes: vec![scene.to_path_buf()],
        session: None,
        results: None,
        device: Summary { backend: "flex".into(), adapter: "CPU".into(), software: false },
        choice: Choice::Cpu,
    };
    let started = Instant::now();
    let mut harness = Harness::builder().with_size([1600.0, 1000.0]).wgpu().build_eframe(move |creation| {
        match App::new(&creation.egui_ctx, creation.wgpu_render_state.as_ref(), options) {
            Ok(app) => app,
            Err(words) => panic!("{words}"),
        }
    });
    let opened = Instant::now();
    until(&mut harness, |app| app.texture_bytes() > 0);
    let first = opened.elapsed();
    until(&mut harness, App::is_idle);
    let sharp = opened.elapsed();
    println!("{}", scene.display());
    println!("  window made in      {:.2} s", (opened - started).as_secs_f64());
    println!("  first pixels after  {:.2} s", first.as_secs_f64());
    println!("  sharp after         {:.2} s", sharp.as_secs_f64());
    let times = pan(&mut harness);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "  our work a frame    median {:.2} ms, 95 % {:.2} ms, 99 % {:.2} ms, most {:.2} ms ({} frames)",
        at(0.5),
        at(0.95),
        at(0.99),
        at(1.0),
        times.len()
    );
    println!(
        "  textures            {} MB after panning over all of it",
        harness.state().texture_bytes() >> 20
    );
}

/// Pans over the scene at native size, along a path that never rests; sorted times of the frames in ms.
fn pan(harness: &mut Harness<'_, App>) -> Vec<f32> {
    harness.state_mut().tell(Command::Native);
    let mut times = Vec::new();
    for frame in 0..FRAMES {
        let key = match frame / 40 % 4 {
            0 | 2 => egui::Key::ArrowRight,
            1 => egui::Key::ArrowDown,
            _ => egui::Key::ArrowUp,
        };
        harness.key_press(key);
        harness.step();
        times.extend(harness.state().frame_times().iter().last());
        std::thread::sleep(Duration::from_millis(5));
    }
    times.sort_unstable_by(f32::total_cmp);
    times
}

fn until(harness: &mut Harness<'_, App>, done: impl Fn(&App) -> bool) {
    let started = Instant::now();
    loop {
        harness.step();
        if done(harness.state()) {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "it does not come: {:?}", harness.state().log());
        std::thread::sleep(Duration::from_millis(2));
    }
}
