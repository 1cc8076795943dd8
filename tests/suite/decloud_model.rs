//! `declouder decloud --model`: copies, tiles, samples, and models that do not fit.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use declouder::bands::L1C;
use declouder::decloud::{DecloudConfig, Outcome, Result, decloud, engine};
use declouder::networks::declouder::Networks as Declouder;
use declouder::networks::file::save;
use declouder::networks::params::set;
use declouder::networks::{Encoding, Model, ModelInfo, NetworkConfig, Networks};
use declouder::progress::Silent;
use declouder::random::Stream;
use declouder::raster::{Samples, SceneOptions, SceneReader, Window, open};

use super::fixtures::Raster;

pub(super) const NAMES: [&str; 13] =
    ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12"];
pub(super) const SIZE: (usize, usize) = (330, 270);

/// A model of 13 bands whose weights all count, as an untrained one's would not.
fn model(folder: &Path) -> PathBuf {
    let config = NetworkConfig { width: 8, z_land: 4, z_cloud: 3, ..NetworkConfig::default() };
    weighted(folder.join("model.safetensors"), config, 0.35)
}

/// Writes such a model; every band has the same mean in network range.
pub(super) fn weighted(path: PathBuf, config: NetworkConfig, mean: f32) -> PathBuf {
    let mut stream = Stream::new(21, 0, "weights");
    let networks = set(Declouder::new(&config, 1, &Device::flex()), "", &mut |_, shape| {
        let fan = shape[1..].iter().product::<usize>().max(1) as f64;
        Ok((0..shape.iter().product()).map(|_| (stream.normal() * 0.7 / fan.sqrt()) as f32).collect())
    })
    .unwrap();
    let networks = Networks::Declouder(Box::new(networks));
    let encoding = Encoding { mean: vec![mean; 13], std: vec![0.1; 13] };
    save(&Model { config, encoding, info: ModelInfo::default(), networks }, &path).unwrap();
    path
}

/// Two clouds over a textured scene: one in the middle, one at the right edge.
pub(super) fn covered(x: usize, y: usize) -> bool {
    ((90..190).contains(&x) && (60..170).contains(&y)) || (x >= 290 && y >= 200)
}

pub(super) fn scene(folder: &Path, bands: &[&str]) -> PathBuf {
    let path = folder.join("scene.tif");
    let value = |band: usize, x: usize, y: usize| {
        let ground = 700.0 + 90.0 * band as f64 + 400.0 * (x as f64 / 23.0).sin() * (y as f64 / 31.0).cos();
        (if covered(x, y) { 3000.0 + 0.5 * ground } else { ground }) as u16
    };
    Raster { width: SIZE.0, height: SIZE.1, bands, ..Raster::default() }.write(&path, value);
    path
}

pub(super) fn mask(folder: &Path) -> PathBuf {
    let path = folder.join("mask.tif");
    let code = |_: usize, x: usize, y: usize| u8::from(covered(x, y));
    Raster { width: SIZE.0, height: SIZE.1, bands: &["mask"], ..Raster::default() }.write(&path, code);
    path
}

fn config(folder: &Path) -> DecloudConfig {
    let mut config = DecloudConfig {
        engine: "model".into(),
        model: Some(model(folder)),
        scene: SceneOptions { level: Some("L1C".parse().unwrap()), ..SceneOptions::default() },
        ..DecloudConfig::default()
    };
    config.mask.file = Some(mask(folder));
    config
}

pub(super) fn run(folder: &Path, name: &str, config: &DecloudConfig) -> Result<Outcome> {
    decloud(&folder.join("scene.tif"), &folder.join(name), config, true, &Silent)
}

/// Every band of a file as numbers.
pub(super) fn numbers(path: &Path) -> Vec<Vec<f64>> {
    let scene = open(path, &SceneOptions::default()).unwrap();
    let mut reader = SceneReader::new(&scene);
    let whole = Window::new(0, 0, SIZE.0, SIZE.1);
    (0..scene.bands.len())
        .map(|band| {
            let samples: Samples = reader.samples(band, whole).unwrap();
            (0..samples.len()).map(|i| samples.get(i)).collect()
        })
        .collect()
}

#[test]
fn tiles_do_not_show_clear_pixels_are_copied_and_runs_repeat() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    scene(folder, &NAMES);
    let config = config(folder);
    let outcome = run(folder, "whole.tif", &DecloudConfig { tile_px: 1024, ..config.clone() }).unwrap();
    run(folder, "tiles.tif", &DecloudConfig { tile_px: 64, ..config.clone() }).unwrap();
    run(folder, "again.tif", &DecloudConfig { tile_px: 1024, ..config }).unwrap();
    let [source, whole, tiles, again] =
        ["scene.tif", "whole.tif", "tiles.tif", "again.tif"].map(|name| numbers(&folder.join(name)));
    assert_eq!(whole, again, "z = 0 repeats to the bit");
    let synthetic = &whole[13];
    let mut made = 0;
    for band in 0..13 {
        for i in 0..SIZE.0 * SIZE.1 {
            assert!((whole[band][i] - tiles[band][i]).abs() <= 1.0, "band {band} at {i}");
            if synthetic[i] == 0.0 {
                assert_eq!(whole[band][i], source[band][i]);
            } else {
                made += 1;
            }
        }
    }
    assert!(made > 13 * 10_000);
    let report = &outcome.report;
    assert_eq!(report.engine.name, "model");
    assert_eq!(report.engine.model.as_deref(), Some("model.safetensors"));
    assert_eq!(report.engine.model_sha256.as_ref().map(String::len), Some(64));
    assert_eq!(report.engine.latent, Some(vec![0.0; 4]));
}

#[test]
fn samples_spread_under_the_cloud_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    scene(folder, &NAMES);
    let config = DecloudConfig { samples: 4, seed: 5, ..config(folder) };
    run(folder, "a.tif", &DecloudConfig { tile_px: 512, ..config.clone() }).unwrap();
    run(folder, "b.tif", &DecloudConfig { tile_px: 64, ..config.clone() }).unwrap();
    run(folder, "c.tif", &DecloudConfig { seed: 6, ..config }).unwrap();
    let [a, b, c] = ["a.tif", "b.tif", "c.tif"].map(|name| numbers(&folder.join(name)));
    let (synthetic, spread) = (&a[13], &a[14]);
    let mut under = 0.0;
    for i in 0..spread.len() {
        assert!((spread[i] - b[14][i]).abs() <= 1.0, "tiles change the spread at {i}");
        if synthetic[i] == 0.0 {
            assert_eq!(spread[i], 0.0);
        } else {
            under += spread[i];
        }
    }
    assert!(under > 0.0);
    assert_ne!(a[14], c[14], "another seed, other samples");
    assert_eq!(a[..13], c[..13], "the exported surface does not depend on the seed");
}

#[test]
fn an_adopted_code_changes_the_surface_and_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    scene(folder, &NAMES);
    let config = config(folder);
    let latent = folder.join("code.json");
    std::fs::write(&latent, r#"{"z_land": [1.5, -1.0, 0.5, 2.0]}"#).unwrap();
    run(folder, "middle.tif", &config).unwrap();
    let with = DecloudConfig { latent: Some(latent.clone()), ..config };
    let outcome = run(folder, "adopted.tif", &with).unwrap();
    assert_eq!(outcome.report.engine.latent, Some(vec![1.5, -1.0, 0.5, 2.0]));
    assert_ne!(numbers(&folder.join("middle.tif")), numbers(&folder.join("adopted.tif")));
    for (text, expected) in [
        (r#"{"z_land": [1.0]}"#, "has 4"),
        (r#"{"z_land": [1e9, 0, 0, 0]}"#, "−6 to 6"),
        (r#"{"z": [0, 0, 0, 0]}"#, "z_land"),
        ("no json", "z_land"),
        (r#"{"z_land": [0, 0, 0, 0], "model_sha256": "abc"}"#, "another model"),
    ] {
        std::fs::write(&latent, text).unwrap();
        let error = run(folder, "bad.tif", &with).expect_err(text);
        assert!(error.is_usage() && error.to_string().contains(expected), "{error}");
        assert!(!folder.join("bad.tif").exists());
    }
}

#[test]
fn bands_that_the_model_does_not_know_get_the_fill_and_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut names = NAMES.to_vec();
    names.push("");
    scene(folder, &names);
    let config = config(folder);
    let outcome = run(folder, "model.tif", &config).unwrap();
    let fill = DecloudConfig { engine: "fill".into(), model: None, ..config };
    run(folder, "fill.tif", &fill).unwrap();
    let (model, fill) = (numbers(&folder.join("model.tif")), numbers(&folder.join("fill.tif")));
    assert_eq!(model[13], fill[13]);
    assert_ne!(model[3], fill[3]);
    assert!(outcome.report.warnings.iter().any(|warning| warning.contains("does not know")));
}

#[test]
fn scenes_and_models_that_do_not_fit_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    scene(folder, &NAMES[..12]);
    let config = config(folder);
    let error = run(folder, "out.tif", &config).expect_err("B12 is missing");
    assert!(error.is_usage() && error.to_string().contains("B12"), "{error}");

    scene(folder, &NAMES);
    let mut l2a = config.clone();
    l2a.scene.level = Some("L2A".parse().unwrap());
    let error = run(folder, "out.tif", &l2a).expect_err("another level");
    assert!(error.is_usage() && error.to_string().contains("--force"), "{error}");
    let forced = run(folder, "out.tif", &DecloudConfig { force: true, ..l2a }).unwrap();
    assert!(forced.report.warnings.iter().any(|warning| warning.contains("FORCED")));

    let code = folder.join("code.json");
    std::fs::write(&code, "{\"z_land\": [0.5]}").unwrap();
    let latent = DecloudConfig { latent: Some(code), ..config.clone() };
    let opened = open(&folder.join("scene.tif"), &latent.scene).unwrap();
    let error = engine("model").unwrap().check(&opened, &latent).expect_err("before any work");
    assert!(error.is_usage() && error.to_string().contains("--latent"), "{error}");

    let engine = DecloudConfig { engine: "fill".into(), ..config.clone() };
    assert!(run(folder, "none.tif", &engine).expect_err("a model for the fill").is_usage());
    std::fs::write(folder.join("model.safetensors"), b"damaged").unwrap();
    let error = run(folder, "none.tif", &config).expect_err("a damaged model");
    assert!(!error.is_usage() && error.to_string().contains("model.safetensors"), "{error}");
    assert!(!folder.join("none.tif").exists());
}

#[test]
fn the_shipped_model_declouds_without_being_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    scene(folder, &NAMES);
    let shipped = DecloudConfig { model: None, ..config(folder) };
    let outcome = run(folder, "shipped.tif", &shipped).unwrap();
    assert_eq!(outcome.report.engine.model.as_deref(), Some("l1c.safetensors"));
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/models/l1c.safetensors");
    let shipped = declouder::networks::file::load(&assets, &Device::flex()).unwrap();
    assert_eq!(outcome.report.engine.model_sha256, Some(shipped.sha256));
    assert_eq!(shipped.model.config.bands, L1C);
    assert!(std::fs::metadata(&assets).unwrap().len() <= 12 << 20);
}

#[test]
fn the_bands_of_a_model_are_those_of_its_level() {
    assert_eq!(NetworkConfig::default().bands, L1C);
}
