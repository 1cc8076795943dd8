//! Sentinel-1 and reference dates: learned where only they know, laid over scenes, dropped without harm.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use declouder::bands::{Band, Level};
use declouder::mask::{CLEAR, CLOUD};
use declouder::networks::NetworkConfig;
use declouder::networks::file::{load, load_tensors};
use declouder::patches::{About, Domain, Patch, Split, StoreSpec, StoreWriter};
use declouder::random::Stream;
use declouder::training::Error;
use declouder::training::config::{Checkpointing, DataConfig, TrainConfig};
use declouder::training::optimiser::OptimiserConfig;
use declouder::training::run::RunOptions;

use super::training::{assert_resumes_bit_for_bit, config, losses, run, store};

const SIDE: usize = 64;
/// Steps after which a model that sees is far better than one that does not.
const STEPS: u64 = 120;
const BANDS: [Band; 2] = [Band::B04, Band::B11];

/// Fields of 8 × 8 pixels, dark or bright by chance: nothing around a cloud tells what is under it.
fn bright(place: usize, x: usize, y: usize) -> bool {
    Stream::new(place as u64, (y / 8 * SIDE + x / 8) as u64, "fields").chance(0.5)
}

fn patch(place: usize, id: u32, domain: Domain, pair: Option<usize>) -> Patch {
    let cloudy = domain == Domain::Cloudy;
    let covered = |x: usize, y: usize| cloudy && (8..56).contains(&x) && (8..56).contains(&y);
    let at = |i: usize| (i % SIDE, i / SIDE % SIDE);
    let ground = |i: usize| if bright(place, at(i).0, at(i).1) { 3000 } else { 500 };
    let pixel = |i: usize| if covered(at(i).0, at(i).1) { 8000 } else { ground(i) };
    let radar = |i: usize| {
        let vv = if ground(i) == 3000 { -7.0 } else { -18.0 };
        if i < SIDE * SIDE { vv } else { vv - 7.0 }
    };
    let plane = SIDE * SIDE;
    Patch {
        pixels: (0..BANDS.len() * plane).map(pixel).collect(),
        mask: (0..plane).map(|i| if covered(at(i).0, at(i).1) { CLOUD } else { CLEAR }).collect(),
        domain,
        place: id,
        pair,
        labels_43: None,
        labels_19: None,
        s1: Some((0..2 * plane).map(radar).collect()),
        // Another season: a third darker everywhere.
        reference: Some((0..BANDS.len() * plane).map(|i| ground(i) * 2 / 3).collect()),
    }
}

/// Ground under thick cloud that only radar and another date know.
fn hidden(folder: &Path) -> PathBuf {
    let path = folder.join("hidden");
    let spec = StoreSpec { bands: BANDS.to_vec(), level: Level::L1C, patch_px: SIDE, shard_mib: 64 };
    let mut writer = StoreWriter::create(&path, spec, false).unwrap();
    for place in 0..12 {
        let split = if place >= 9 { Split::Validation } else { Split::Train };
        let id = writer.place(&format!("place {place}"), split, &[]).unwrap();
        let clear = writer.push(&patch(place, id, Domain::Clear, None)).unwrap();
        if place >= 8 {
            writer.push(&patch(place, id, Domain::Cloudy, (place >= 9).then_some(clear))).unwrap();
        }
    }
    writer.finish(About::default()).unwrap();
    path
}

/// Error under cloud on the validation pairs, of the model and of the fill.
fn error_under_cloud(s1: bool, reference: bool, steps: u64) -> (f64, f64) {
    let folder = tempfile::tempdir().unwrap();
    let store = hidden(folder.path());
    let network = NetworkConfig {
        bands: BANDS.to_vec(),
        conditioning: Vec::new(),
        width: 8,
        z_land: 2,
        z_cloud: 2,
        s1,
        reference,
        ..NetworkConfig::default()
    };
    let data = DataConfig {
        supervised: 6,
        cloudy: 1,
        clear: 1,
        crop: 32,
        transplanted: 0.0,
        jitter: 0.0,
        drop_conditioning: 0.0,
        drop_s1: 0.2,
        drop_reference: 0.2,
        ..DataConfig::default()
    };
    let config = TrainConfig {
        network,
        data,
        generator: OptimiserConfig { rate: 4e-3, ..OptimiserConfig::default() },
        steps,
        full_every: 1000,
        validate_every: 10_000,
        sample_every: 10_000,
        checkpoint_every: 10_000,
        ..TrainConfig::default()
    };
    let run_folder = folder.path().join("run");
    let outcome = run(&store, &run_folder, &config, &RunOptions::default()).unwrap();
    let real = outcome.validation.and_then(|validation| validation.real).expect("pairs");
    (real.model.mae, real.fill.mae)
}

#[test]
fn what_only_radar_or_another_date_knows_is_learned_from_it() {
    let (blind, fill) = error_under_cloud(false, false, STEPS);
    for (s1, reference) in [(true, false), (false, true)] {
        let (seeing, _) = error_under_cloud(s1, reference, STEPS);
        println!("s1 {s1}, reference {reference}: {seeing:.4} against {blind:.4} without, fill {fill:.4}");
        assert!(seeing < 0.5 * blind.min(fill), "{seeing} against {blind} and {fill}");
    }
}

/// A tiny training whose networks see both.
fn seeing(steps: u64) -> TrainConfig {
    let mut config = config(steps);
    (config.network.s1, config.network.reference) = (true, true);
    config
}

#[test]
fn a_run_with_optional_inputs_goes_on_as_if_it_had_not_been_stopped() {
    assert_resumes_bit_for_bit(&seeing(8));
}

#[test]
fn checkpointing_changes_no_loss_and_no_weight() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let trained = |checkpointing, name: &str| {
        let folder = folder.path().join(name);
        let config = TrainConfig { checkpointing, ..seeing(5) };
        run(&store, &folder, &config, &RunOptions::default()).unwrap();
        let path = folder.join("checkpoint.safetensors");
        let mut tensors = load_tensors(&path).unwrap().0;
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        (losses(&folder), tensors)
    };
    let (kept, anew) = (trained(Checkpointing::Off, "off"), trained(Checkpointing::On, "on"));
    assert_eq!(kept.0, anew.0, "losses and gradients' norms");
    let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert!(kept.1.len() > 100);
    for (a, b) in kept.1.iter().zip(&anew.1) {
        assert_eq!((&a.name, bits(&a.values)), (&b.name, bits(&b.values)));
    }
}

#[test]
fn a_store_without_what_the_network_sees_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bare");
    let spec = StoreSpec { bands: BANDS.to_vec(), level: Level::L1C, patch_px: SIDE, shard_mib: 64 };
    let mut writer = StoreWriter::create(&path, spec, false).unwrap();
    for (place, domain) in [(0, Domain::Clear), (1, Domain::Cloudy)] {
        let id = writer.place(&format!("place {place}"), Split::Train, &[]).unwrap();
        writer.push(&Patch { s1: None, reference: None, ..patch(place, id, domain, None) }).unwrap();
    }
    writer.finish(About::default()).unwrap();
    for (s1, reference, word) in [(true, false, "network.s1"), (false, true, "network.reference")] {
        let mut config = TrainConfig::default();
        config.network.bands = BANDS.to_vec();
        config.network.conditioning = Vec::new();
        (config.network.s1, config.network.reference) = (s1, reference);
        let error = run(&path, &folder.path().join(word), &config, &RunOptions::default());
        let Err(Error::Stores { problem }) = error else { panic!("refused as the stores' fault: {error:?}") };
        assert!(problem.contains(word), "{problem}");
    }
}

#[cfg(feature = "gdal")]
mod scenes {
    use declouder::decloud::{DecloudConfig, Outcome};
    use declouder::latents::Source;
    use declouder::mask::{alpha, detect};
    use declouder::progress::Silent;
    use declouder::raster::{SceneOptions, Window, open};

    use super::super::decloud_model::{NAMES, SIZE, mask, numbers, run, scene, weighted};
    use super::super::fixtures::{PLACED, Raster};
    use super::*;

    /// A model that sees both, whose weights all count.
    fn model(folder: &Path, sees: bool) -> PathBuf {
        let config = NetworkConfig {
            width: 8,
            z_land: 4,
            z_cloud: 3,
            s1: sees,
            reference: sees,
            ..NetworkConfig::default()
        };
        let path = weighted(folder.join(format!("sees-{sees}.safetensors")), config, 0.35);
        assert_eq!(load(&path, &Device::flex()).unwrap().model.config.s1, sees);
        path
    }

    /// Radar of 10 m that begins 5 m beside the scene's grid and ends in the midst of a cloud.
    fn radar(folder: &Path) -> PathBuf {
        let path = folder.join("s1.tif");
        let [x, _, _, y, ..] = PLACED;
        let placed = [x - 15.0, 10.0, 0.0, y + 5.0, 0.0, -10.0];
        let value = |band: usize, x: usize, y: usize| {
            -12.0 - 7.0 * band as f32 + 5.0 * (x as f32 / 9.0).sin() * (y as f32 / 13.0).cos()
        };
        let geotransform = Some(placed);
        let raster =
            Raster { width: 150, height: 300, bands: &["VV", "VH"], geotransform, ..Raster::default() };
        raster.write(&path, value);
        path
    }

    /// A clear date of another season on the scene's grid.
    fn reference(folder: &Path) -> PathBuf {
        let path = folder.join("reference.tif");
        let value = |band: usize, x: usize, y: usize| {
            (900.0 + 80.0 * band as f64 + 300.0 * (x as f64 / 17.0).cos() * (y as f64 / 29.0).sin()) as u16
        };
        Raster { width: SIZE.0, height: SIZE.1, bands: &NAMES, ..Raster::default() }.write(&path, value);
        path
    }

    fn config(folder: &Path, model: PathBuf) -> DecloudConfig {
        let mut config = DecloudConfig {
            engine: "model".into(),
            model: Some(model),
            scene: SceneOptions { level: Some(Level::L1C), ..SceneOptions::default() },
            ..DecloudConfig::default()
        };
        config.mask.file = Some(mask(folder));
        config
    }

    fn differing(a: &[Vec<f64>], b: &[Vec<f64>], columns: std::ops::Range<usize>) -> usize {
        let differs = |i: &usize| columns.contains(&(i % SIZE.0)) && (a[3][*i] - b[3][*i]).abs() > 1.0;
        (0..SIZE.0 * SIZE.1).filter(differs).count()
    }

    #[test]
    fn tiles_do_not_show_with_inputs_and_where_they_end_the_model_goes_on_without() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        scene(folder, &NAMES);
        let without = config(folder, model(folder, true));
        let s1 = DecloudConfig { s1: Some(radar(folder)), ..without.clone() };
        let both = DecloudConfig { reference: Some(reference(folder)), ..s1.clone() };
        run(folder, "without.tif", &without).unwrap();
        run(folder, "s1.tif.out.tif", &s1).unwrap();
        let outcome: Outcome =
            run(folder, "whole.tif", &DecloudConfig { tile_px: 1024, ..both.clone() }).unwrap();
        run(folder, "tiles.tif", &DecloudConfig { tile_px: 64, ..both }).unwrap();
        let [without, s1, whole, tiles] = ["without.tif", "s1.tif.out.tif", "whole.tif", "tiles.tif"]
            .map(|name| numbers(&folder.join(name)));
        for (whole, tiles) in whole[..13].iter().zip(&tiles[..13]) {
            assert!(whole.iter().zip(tiles).all(|(a, b)| (a - b).abs() <= 1.0));
        }
        assert!(differing(&s1, &without, 90..140) > 1000, "radar is seen");
        assert_eq!(differing(&s1, &without, 240..330), 0, "far from it nothing changes");
        assert!(differing(&whole, &s1, 290..330) > 500, "the reference is seen");
        let report = &outcome.report;
        assert_eq!(report.s1.as_ref().map(|facts| facts.name.as_str()), Some("s1.tif"));
        assert_eq!(report.reference.as_ref().map(|facts| facts.files[0].sha256.len()), Some(64));
        assert!(report.warnings.iter().any(|warning| warning.contains("Sentinel-1 image covers")));
        let tags = report.tags("whole.tif");
        assert!(tags.iter().any(|(key, value)| key == "DECLOUDER_S1" && value == "s1.tif"));
        assert!(tags.iter().any(|(key, value)| key == "DECLOUDER_REFERENCE_SHA256" && value.len() == 64));
    }

    #[test]
    fn the_explorers_surfaces_see_what_declouding_sees() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let path = scene(folder, &NAMES);
        let without = config(folder, model(folder, true));
        let both =
            DecloudConfig { s1: Some(radar(folder)), reference: Some(reference(folder)), ..without.clone() };
        run(folder, "both.tif", &both).unwrap();
        let made = numbers(&folder.join("both.tif"));
        let (opened, device) = (open(&path, &both.scene).unwrap(), Device::flex());
        let loaded = load(both.model.as_deref().unwrap(), &device).unwrap();
        let found = detect(&opened, &both.mask, &Silent).unwrap();
        let alpha = alpha(&found, both.mask.dilation_px(), both.mask.feather_px);
        // The larger cloud with its edges, a part of which the radar reaches.
        let window = Window::new(80, 50, 120, 130);
        let surface = |config: &DecloudConfig| {
            let source = Source::new(&opened, &alpha, &Silent).unwrap();
            let (source, warnings) = source.with_beside(&loaded.model, "the model", config).unwrap();
            let subject = source.subject(window, &loaded.model).unwrap();
            (subject.held(&loaded.model, &device).images(&[vec![0.0; 4]]).remove(0), warnings)
        };
        let (seeing, warnings) = surface(&both);
        assert!(warnings.iter().any(|warning| warning.contains("Sentinel-1 image covers")), "{warnings:?}");
        let (blind, _) = surface(&without);
        let mut changed = 0;
        for (band, (seeing, blind)) in seeing.iter().zip(&blind).enumerate() {
            for i in 0..window.len() {
                let at = (window.y + i / window.width) * SIZE.0 + window.x + i % window.width;
                // What is written is rounded to a DN of 1/10000.
                let error = (f64::from(seeing.data[i]) - made[band][at] / 10_000.0).abs();
                assert!(error < 1.6e-4, "band {band}, pixel {at}: {error}");
                changed += usize::from((seeing.data[i] - blind.data[i]).abs() > 1e-3);
            }
        }
        assert!(changed > 1000, "both are seen: {changed}");
    }

    #[test]
    fn inputs_that_do_not_fit_are_refused_in_one_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        scene(folder, &NAMES);
        let (sees, not) = (config(folder, model(folder, true)), config(folder, model(folder, false)));
        let (s1, date) = (radar(folder), reference(folder));
        let linear = folder.join("linear.tif");
        let size = Raster { width: SIZE.0, height: SIZE.1, bands: &["VV", "VH"], ..Raster::default() };
        size.write(&linear, |_, x, y| 0.05_f32 + (x + y) as f32 * 1e-4);
        let far = folder.join("far.tif");
        let geotransform = Some([900_000.0, 10.0, 0.0, 4_200_000.0, 0.0, -10.0]);
        Raster { bands: &["VV", "VH"], geotransform, ..Raster::default() }.write(&far, |_, _, _| -9.0_f32);
        let fewer = folder.join("fewer.tif");
        Raster { width: SIZE.0, height: SIZE.1, ..Raster::default() }.write(&fewer, |_, _, _| 900_u16);
        let l2a = folder.join("X_MSIL2A_20200101T000000_N0214_R001_T33UUP_20200101T000000.tif");
        std::fs::copy(&date, &l2a).unwrap();
        let with_s1 = |config: &DecloudConfig, path: &Path| DecloudConfig {
            s1: Some(path.to_owned()),
            ..config.clone()
        };
        let with_date = |config: &DecloudConfig, path: &Path| DecloudConfig {
            reference: Some(path.to_owned()),
            ..config.clone()
        };
        let fill = DecloudConfig { engine: "fill".into(), model: None, ..sees.clone() };
        let cases = [
            (with_s1(&not, &s1), "without Sentinel-1"),
            (with_date(&not, &date), "without a reference date"),
            (with_s1(&fill, &s1), "--s1"),
            (with_s1(&sees, &linear), "10·log10"),
            (with_s1(&sees, &far), "nowhere"),
            (with_s1(&sees, &date), "VV"),
            (with_date(&sees, &fewer), "B01"),
            (with_date(&sees, &l2a), "is L2A"),
        ];
        for (config, word) in cases {
            let error = run(folder, "out.tif", &config).expect_err(word).to_string();
            assert!(error.contains(word) && !error.contains('\n'), "{word}: {error}");
            assert!(!folder.join("out.tif").exists());
        }
        let forced = DecloudConfig { force: true, ..with_date(&sees, &l2a) };
        let outcome = run(folder, "out.tif", &forced).unwrap();
        assert!(
            outcome.report.warnings.iter().any(|warning| warning.contains("FORCED: the reference is L2A"))
        );
    }
}
