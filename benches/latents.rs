//! What the codes of a model carry, on real pairs, and how fast surfaces come.
//!
//! `cargo bench --bench latents -- PAIRS [MODEL]` with a folder of `cloudy/` and `clear/` scenes. The
//! measures are those of `docs/latents.md`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use burn::tensor::Device;
use declouder::latents::{
    Source, Subject, cloud_of, fitted, interpolated, intersection_over_union, land_of, prior, render, trust,
};
use declouder::mask::{self, CLOUD, MaskConfig};
use declouder::networks::file::{self, Loaded};
use declouder::networks::infer::Codes;
use declouder::progress::Silent;
use declouder::raster::{self, Plane, SceneOptions, SceneReader, Window};

/// Samples a pair.
const SAMPLES: u64 = 16;
/// Change of the visible mean from which a rendered pixel counts as cloud, in reflectance.
const SEEN: f32 = 0.05;
/// Cells of 8 pixels by which a cloud is moved.
const MOVED: isize = 6;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pairs = words.first().map_or_else(|| root.join("../shared/data/sen12ms-cr/test"), PathBuf::from);
    let model = words.get(1).map_or_else(|| root.join("assets/models/l1c.safetensors"), PathBuf::from);
    let device = Device::flex();
    let loaded = match file::load(&model, &device) {
        Ok(loaded) => loaded,
        Err(error) => {
            println!("{error}");
            return;
        }
    };
    speed(&loaded, &device);
    if pairs.is_dir() {
        carried(&pairs, &loaded, &device);
    } else {
        println!("skipped: no pairs at {}", pairs.display());
    }
}

/// Slider to pixels, and a sheet.
fn speed(loaded: &Loaded, device: &Device) {
    for side in [128, 256, 512] {
        let subject = made_up(loaded, side);
        let started = Instant::now();
        let held = subject.held(&loaded.model, device);
        let _ = held.images(&[prior(0, 0, loaded.model.config.land_code())]);
        let first = started.elapsed().as_secs_f64();
        let times = (1..6).map(|index| {
            let started = Instant::now();
            let _ = held.images(&[prior(0, index, loaded.model.config.land_code())]);
            started.elapsed().as_secs_f64()
        });
        let mut times: Vec<f64> = times.collect();
        times.sort_by(f64::total_cmp);
        println!(
            "{side} × {side}: first {first:.3} s, then slider to pixels {:.3} s (median of 5)",
            times[2]
        );
    }
    let subject = made_up(loaded, 128);
    let codes: Vec<_> = (0..64).map(|index| prior(0, index, loaded.model.config.land_code())).collect();
    let started = Instant::now();
    let _ = subject.held(&loaded.model, device).images(&codes);
    println!("sheet of 8 × 8 cells of 128 × 128: {:.2} s", started.elapsed().as_secs_f64());
}

/// An image of hills under a cloud in its middle.
fn made_up(loaded: &Loaded, side: usize) -> Subject {
    let bands = &loaded.model.config.bands;
    let value = |band: usize, i: usize| 0.1 + 0.02 * ((i % side + 3 * band) as f32 / 17.0).sin();
    let planes = (0..bands.len())
        .map(|band| Plane::from_vec(side, side, (0..side * side).map(|i| value(band, i)).collect()))
        .collect::<Vec<_>>();
    Subject::of_planes(bands, planes.clone(), planes, Plane::filled(side, side, 255))
}

/// One pair in memory.
struct Pair {
    subject: Subject,
    clear: Vec<Plane<f32>>,
    cloud: Plane<bool>,
}

fn open(pairs: &Path, name: &str, loaded: &Loaded) -> Result<Pair, Box<dyn std::error::Error>> {
    let options = SceneOptions::default();
    let cloudy = raster::open(&pairs.join("cloudy").join(name), &options)?;
    let clear = raster::open(&pairs.join("clear").join(name), &options)?;
    let found = mask::detect(&cloudy, &MaskConfig::default(), &Silent)?;
    let config = MaskConfig::default();
    let alpha = mask::alpha(&found, config.dilation_px(), config.feather_px);
    let subject = Source::new(&cloudy, &alpha, &Silent)?.subject(cloudy.grid.window(), &loaded.model)?;
    let mut reader = SceneReader::new(&clear);
    let window: Window = clear.grid.window();
    let clear = clear
        .indices_of(&loaded.model.config.bands, "the model")?
        .into_iter()
        .map(|band| reader.reflectance(band, window))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Pair { subject, clear, cloud: found.codes.map(|code| code == CLOUD) })
}

fn carried(pairs: &Path, loaded: &Loaded, device: &Device) {
    let names = std::fs::read_dir(pairs.join("cloudy")).into_iter().flatten().flatten();
    let mut names: Vec<_> = names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    println!(
        "{:<34} {:>6} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>6} {:>6} {:>6}",
        "pair",
        "cloud",
        "std",
        "outside",
        "z = 0",
        "best16",
        "mean16",
        "encoded",
        "half",
        "fitted",
        "|z|",
        "IoU",
        "IoUmap"
    );
    for name in names {
        match open(pairs, &name, loaded) {
            Ok(pair) => one(&name, &pair, loaded, device),
            Err(error) => println!("{name}: {error}"),
        }
    }
}

fn one(name: &str, pair: &Pair, loaded: &Loaded, device: &Device) {
    let numbers = loaded.model.config.land_code();
    let share = pair.cloud.data.iter().filter(|&&cloud| cloud).count() as f64 / pair.cloud.data.len() as f64;
    if share < 0.02 {
        println!("{name:<34} {:>5.1}% (left out: under 2 %)", 100.0 * share);
        return;
    }
    let held = pair.subject.held(&loaded.model, device);
    let codes: Vec<_> = (0..SAMPLES).map(|index| prior(0, index, numbers)).collect();
    let samples = held.images(&codes);
    let mask = pair.subject.mask();
    let found = trust(&samples, &pair.subject.bands, &mask);
    let under = mean(&found.spread, |i| pair.cloud.data[i]);
    let outside = found.spread.data.iter().zip(&mask.data).filter(|(_, m)| **m == 0).map(|(s, _)| *s);
    let outside = outside.fold(0.0_f32, f32::max);
    let mae = |image: &[Plane<f32>]| error(image, &pair.clear, &pair.cloud);
    let middle = mae(&held.images(&[vec![0.0; numbers]])[0]);
    let errors: Vec<f64> = samples.iter().map(|sample| mae(sample)).collect();
    let best = errors.iter().copied().fold(f64::INFINITY, f64::min);
    let average = errors.iter().sum::<f64>() / errors.len() as f64;
    let code = land_of(&loaded.model, &pair.clear, &pair.subject.cloudy, &pair.subject.alpha, device);
    let code = code.map_or_else(|| vec![0.0; numbers], |code| code.mean);
    let encoded = mae(&held.images(std::slice::from_ref(&code))[0]);
    let half = mae(&held.images(&[interpolated(&vec![0.0; numbers], &code, 0.5)])[0]);
    let under_cloud = pair.cloud.map(|cloud| if cloud { u8::MAX } else { 0 });
    let fit = fitted(&held, &pair.clear, &under_cloud, &code, &Silent);
    let fit = mae(&held.images(&[fit])[0]);
    let length = code.iter().map(|z| z * z).sum::<f32>().sqrt();
    let (rendered, mapped) = moved(pair, &held.surface(&Codes::Middle), loaded, device);
    println!(
        "{:<34} {:>5.1}% {under:>8.4} {outside:>8.1e} {middle:>8.4} {best:>8.4} {average:>8.4} {encoded:>8.4} {half:>8.4} {fit:>8.4} {length:>6.2} {rendered:>6.2} {mapped:>6.2}",
        name.trim_end_matches(".tif"),
        100.0 * share,
    );
}

/// The pair's cloud rendered over its clear date, then moved: how far the rendered cloud follows its map, and how
/// far it lies where the map says at all.
fn moved(pair: &Pair, surface: &[Plane<f32>], loaded: &Loaded, device: &Device) -> (f64, f64) {
    let Some(cloud) = cloud_of(&loaded.model, &pair.subject.cloudy, surface, device) else {
        return (f64::NAN, f64::NAN);
    };
    let visible =
        |image: &[Plane<f32>], i: usize| (image[1].data[i] + image[2].data[i] + image[3].data[i]) / 3.0;
    let seen = |cloud: &declouder::latents::Cloud| {
        let image = render(&loaded.model, &pair.clear, cloud, device).unwrap_or_default();
        let (width, height) = (pair.clear[0].width, pair.clear[0].height);
        let bright = |i: usize| visible(&image, i) - visible(&pair.clear, i) > SEEN;
        Plane::from_vec(width, height, (0..width * height).map(bright).collect())
    };
    let shifted = cloud.moved(MOVED, MOVED);
    let (still, after) = (seen(&cloud), seen(&shifted));
    let shift = 8 * MOVED as usize;
    let part = |plane: &Plane<bool>, at: usize| {
        plane.crop(Window::new(at, at, plane.width - shift, plane.height - shift))
    };
    let follows = intersection_over_union(&part(&still, 0), &part(&after, shift));
    // Where the map's opacity alone would show as much.
    let map = |x: usize, y: usize| shifted.opacity.get(x / 8, y / 8) > 0.1;
    let said = (0..after.data.len()).map(|i| map(i % after.width, i / after.width)).collect();
    let said = Plane::from_vec(after.width, after.height, said);
    (follows, intersection_over_union(&said, &after))
}

/// MAE over bands and cloudy pixels, reflectance cut to 0..1.
fn error(image: &[Plane<f32>], truth: &[Plane<f32>], cloud: &Plane<bool>) -> f64 {
    let bands = image.iter().zip(truth).map(|(a, b)| {
        let difference = |i: usize| (a.data[i].clamp(0.0, 1.0) - b.data[i].clamp(0.0, 1.0)).abs();
        mean(&Plane::from_vec(a.width, a.height, (0..a.data.len()).map(difference).collect()), |i| {
            cloud.data[i]
        })
    });
    bands.sum::<f64>() / image.len() as f64
}

fn mean(plane: &Plane<f32>, counts: impl Fn(usize) -> bool) -> f64 {
    let chosen = plane.data.iter().enumerate().filter(|(i, value)| counts(*i) && value.is_finite());
    let (sum, count) =
        chosen.fold((0.0, 0.0), |(sum, count), (_, &value)| (sum + f64::from(value), count + 1.0));
    if count > 0.0 { sum / count } else { f64::NAN }
}
