//! The window on a large scene: time to the first pixels, our own work a frame, bytes of textures.
//!
//! `cargo bench --bench window -- SCENE…` (without a scene: the shipped demo). Frames are driven as fast as they
//! come at 1600 × 1000. What is measured is our own work on the window's thread, by the window's own tracing spans:
//! the frame with its parts, and what is prepared for the map's shader when egui draws. The rasteriser is in none of
//! them. Times are by the clock; beside them stands what the thread used of a core, which other programs do not change.

mod spans;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use declouder::compute::{Choice, Summary};
use declouder::desktop::commands::Command;
use declouder::desktop::{App, Options};
use egui_kittest::Harness;
use spans::{Spans, Took};

/// Nothing may take longer.
const PATIENCE: Duration = Duration::from_mins(5);
/// Frames that pan over the scene.
const FRAMES: usize = 400;
/// Every so-manyth is drawn as well.
const DRAWN: usize = 10;
/// What our own work in a frame may take, in ms.
const GOAL: f32 = 4.0;

fn main() {
    let spans = Spans::listen();
    let mut scenes: Vec<PathBuf> =
        std::env::args().skip(1).filter(|word| !word.starts_with("--")).map(PathBuf::from).collect();
    if scenes.is_empty() {
        scenes.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/betsiboka.tif"));
    }
    for scene in scenes {
        measure(&scene, &spans);
    }
}

fn measure(scene: &Path, spans: &Spans) {
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
    spans.take();
    pan(&mut harness);
    report(&spans.take());
    println!(
        "  textures            {} MB after panning over all of it",
        harness.state().texture_bytes() >> 20
    );
}

/// Pans over the scene at native size, along a path that never rests.
fn pan(harness: &mut Harness<'_, App>) {
    harness.state_mut().tell(Command::Native);
    for frame in 0..FRAMES {
        let key = match frame / 40 % 4 {
            0 | 2 => egui::Key::ArrowRight,
            1 => egui::Key::ArrowDown,
            _ => egui::Key::ArrowUp,
        };
        harness.key_press(key);
        harness.step();
        if frame % DRAWN == 0 {
            harness.render().expect("a picture");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Prints the frame and its parts, and how many frames reach the goal.
fn report(spans: &HashMap<&'static str, Vec<Took>>) {
    println!("  our work a frame, ms  median   95 %   99 %   most | of a core: median   99 %");
    for name in ["frame", "receive", "upload", "panels", "map", "hand over", "keep", "prepare"] {
        let Some(times) = spans.get(name) else { continue };
        let [mut wall, mut own]: [Vec<f32>; 2] =
            [times.iter().map(|took| took.wall).collect(), times.iter().map(|took| took.own).collect()];
        println!(
            "  {name:<20} {:>7.2} {:>6.2} {:>6.2} {:>6.2} | {:>15.2} {:>6.2}",
            at(&mut wall, 0.5),
            at(&mut wall, 0.95),
            at(&mut wall, 0.99),
            at(&mut wall, 1.0),
            at(&mut own, 0.5),
            at(&mut own, 0.99),
        );
    }
    // Of the frames some are drawn; what is prepared then is counted in all.
    let of = |name: &str, time: fn(&Took) -> f32| -> Vec<f32> {
        spans.get(name).into_iter().flatten().map(time).collect()
    };
    let within = |time: fn(&Took) -> f32| {
        let (frames, mut prepare) = (of("frame", time), of("prepare", time));
        let prepare = at(&mut prepare, 0.5);
        let good = frames.iter().filter(|frame| *frame + prepare <= GOAL).count();
        100.0 * good as f64 / frames.len().max(1) as f64
    };
    println!(
        "  frame and prepare within {GOAL} ms: {:.1} % of {} frames by the clock, {:.1} % of a core",
        within(|took| took.wall),
        of("frame", |took| took.wall).len(),
        within(|took| took.own)
    );
}

/// The time below which a share of all lies; 0 of none.
fn at(times: &mut [f32], share: f64) -> f32 {
    times.sort_unstable_by(f32::total_cmp);
    let last = times.len().saturating_sub(1) as f64;
    times.get((last * share) as usize).copied().unwrap_or(0.0)
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
