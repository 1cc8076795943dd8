//! Training on made-up stores: it learns, resumes bit for bit, and survives what goes wrong.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use declouder::bands::{Band, Level};
use declouder::mask::{CLEAR, CLOUD};
use declouder::networks::NetworkConfig;
use declouder::networks::file::{load, save};
use declouder::patches::{About, Domain, Patch, Split, StoreSpec, StoreWriter};
use declouder::progress::{CancelFlag, Monitor, Silent};
use declouder::training::config::{DataConfig, Learns, TrainConfig};
use declouder::training::dataset::Dataset;
use declouder::training::run::{Listener, Outcome, RunOptions, train};
use declouder::training::samples::Samples;
use declouder::training::step::StepReport;
use declouder::training::{Error, Result};

const BANDS: [Band; 4] = [Band::B02, Band::B03, Band::B04, Band::B11];
const SIDE: usize = 64;

pub(super) struct Quiet;
impl Listener for Quiet {}

/// Smooth ground with a bright square of cloud on cloudy patches; the validation place has pairs.
pub(super) fn store(folder: &Path) -> PathBuf {
    store_of(folder.join("store"), SIDE)
}

fn store_of(path: PathBuf, side: usize) -> PathBuf {
    let spec = StoreSpec { bands: BANDS.to_vec(), level: Level::L1C, patch_px: side, shard_mib: 64 };
    let mut writer = StoreWriter::create(&path, spec, false).unwrap();
    for place in 0..5 {
        let split = if place == 4 { Split::Validation } else { Split::Train };
        let id = writer.place(&format!("place {place} of {side}"), split, &[]).unwrap();
        let clear = writer.push(&patch(side, place, id, Domain::Clear, None)).unwrap();
        let pair = (place == 4).then_some(clear);
        writer.push(&patch(side, place, id, Domain::Cloudy, pair)).unwrap();
    }
    writer.finish(About::default()).unwrap();
    path
}

fn patch(side: usize, place: usize, id: u32, domain: Domain, pair: Option<usize>) -> Patch {
    let covered = |x: usize, y: usize| (16..44).contains(&x) && (12..40).contains(&y);
    let cloudy = domain == Domain::Cloudy;
    let pixel = |i: usize| {
        let (band, x, y) = (i / (side * side), i % side, i / side % side);
        let wave = ((x + 9 * place) as f64 / 7.0).sin() * ((y + 5 * place) as f64 / 9.0).cos();
        let ground = 900.0 + 250.0 * band as f64 + 300.0 * wave;
        (if cloudy && covered(x, y) { 0.4 * ground + 3500.0 } else { ground }) as u16
    };
    let code = |i: usize| if cloudy && covered(i % side, i / side) { CLOUD } else { CLEAR };
    Patch {
        pixels: (0..BANDS.len() * side * side).map(pixel).collect(),
        mask: (0..side * side).map(code).collect(),
        domain,
        place: id,
        pair,
        labels_43: None,
        labels_19: None,
        s1: Some((0..2 * side * side).map(|i| -9.0 - (i % 13) as f32).collect()),
        reference: Some((0..BANDS.len() * side * side).map(|i| pixel(i) / 2 + 300).collect()),
    }
}

pub(super) fn config(steps: u64) -> TrainConfig {
    TrainConfig {
        network: NetworkConfig {
            bands: BANDS.to_vec(),
            conditioning: vec![Band::B11],
            width: 8,
            z_land: 4,
            z_cloud: 3,
            ..NetworkConfig::default()
        },
        data: DataConfig {
            cloudy: 2,
            clear: 2,
            supervised: 2,
            identity: 1,
            crop: 32,
            pool: 3,
            bank: 4,
            ..DataConfig::default()
        },
        steps,
        warmup: 2,
        adversarial_after: 1,
        validate_every: 3,
        sample_every: 4,
        checkpoint_every: 3,
        ..TrainConfig::default()
    }
}

pub(super) fn run(
    store: &Path,
    folder: &Path,
    config: &TrainConfig,
    options: &RunOptions,
) -> Result<Outcome> {
    std::fs::create_dir_all(folder).unwrap();
    train(&[store.to_owned()], folder, config, options, &Device::flex(), (&Silent, &Quiet))
}

/// The losses of every step, without the seconds.
pub(super) fn losses(folder: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(folder.join("events.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    lines
        .map(|mut line| {
            line.as_object_mut().unwrap().remove("seconds");
            line
        })
        .collect()
}

/// Trains in one go, then in two, and finds no difference in losses or weights.
pub(super) fn assert_resumes_bit_for_bit(config: &TrainConfig) {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let (whole, parts) = (folder.path().join("whole"), folder.path().join("parts"));
    run(&store, &whole, config, &RunOptions::default()).unwrap();
    // The schedule looks at the number of steps, so the stop must come from outside.
    let stopped = StopAfter(5, CancelFlag::new());
    std::fs::create_dir_all(&parts).unwrap();
    let stores = std::slice::from_ref(&store);
    let (fresh, device) = (RunOptions::default(), Device::flex());
    let outcome = train(stores, &parts, config, &fresh, &device, (&stopped, &stopped)).unwrap();
    assert!(outcome.stopped && outcome.step == 5);
    run(&store, &parts, config, &RunOptions { resume: true, ..RunOptions::default() }).unwrap();
    let (whole_losses, parts_losses) = (losses(&whole), losses(&parts));
    let steps = |lines: &[serde_json::Value]| {
        lines.iter().filter(|line| line.get("losses").is_some()).cloned().collect::<Vec<_>>()
    };
    assert_eq!(steps(&whole_losses).len() as u64, config.steps);
    assert_eq!(steps(&whole_losses), steps(&parts_losses));
    let weights = |folder: &Path| {
        let path = folder.join("checkpoint.safetensors");
        declouder::networks::file::load_tensors(&path).unwrap().0
    };
    let (a, b) = (weights(&whole), weights(&parts));
    assert!(a.len() > 100 && a.len() == b.len());
    for a in &a {
        let b = b.iter().find(|b| b.name == a.name).unwrap();
        assert!(a == b, "{} differs", a.name);
    }
}

#[test]
fn a_run_that_was_stopped_goes_on_as_if_it_had_not_been() {
    assert_resumes_bit_for_bit(&config(8));
}

#[test]
fn no_place_that_is_excluded_is_drawn_while_another_store_has_a_free_one() {
    let folder = tempfile::tempdir().unwrap();
    let stores = [store(folder.path()), store_of(folder.path().join("small"), 48)];
    let dataset = Dataset::open(&stores, &BANDS, Level::L1C).unwrap();
    let drawer = dataset.drawer(Domain::Clear).unwrap();
    let mut stream = declouder::random::Stream::new(1, 0, "draw");
    let mut draw = |excluded: &[u64]| {
        let row = dataset.draw(&drawer, excluded, &mut stream);
        (row.store, dataset.place(row))
    };
    let all: std::collections::BTreeSet<(usize, u64)> = (0..400).map(|_| draw(&[])).collect();
    assert_eq!(all.len(), 8, "four training places of each store");
    let second: Vec<u64> = all.iter().filter(|(store, _)| *store == 1).map(|(_, place)| *place).collect();
    assert!((0..200).all(|_| draw(&second).0 == 0), "all places of the second store are excluded");
    let but_one: Vec<u64> = all.iter().skip(1).map(|(_, place)| *place).collect();
    let left = *all.first().unwrap();
    assert!((0..50).all(|_| draw(&but_one) == left));
    let every: Vec<u64> = all.iter().map(|(_, place)| *place).collect();
    let _ = draw(&every);
}

/// Cancels after a step.
pub(super) struct StopAfter(pub u64, pub CancelFlag);

impl Monitor for StopAfter {
    fn is_cancelled(&self) -> bool {
        self.1.is_raised()
    }
}

impl Listener for StopAfter {
    fn stepped(&self, report: &StepReport, _: f64) {
        if report.step + 1 == self.0 {
            self.1.raise();
        }
    }
}

/// Trains a little: every loss that counts is in the events, and a model of the configuration comes out.
pub(super) fn assert_reports_and_exports(config: &TrainConfig) -> serde_json::Value {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let out = folder.path().join("run");
    let outcome = run(&store, &out, config, &RunOptions::default()).unwrap();
    assert!(!outcome.stopped && outcome.validation.unwrap().real.unwrap().images == 1);
    let events = losses(&out);
    let full = events.iter().rfind(|line| line["losses"].get("critic_a").is_some()).unwrap();
    for (name, weight) in config.weights.named() {
        // `outside` weighs pixels within other losses; `crps` and `place` count where a part learns alone.
        let expected = weight > 0.0 && !["outside", "crps", "place"].contains(&name);
        let found = full["losses"][name].as_f64().is_some_and(f64::is_finite);
        assert_eq!(expected, found, "{name} in {full}");
    }
    let loaded = load(&outcome.model, &Device::flex()).unwrap();
    assert_eq!(loaded.model.config, config.network);
    assert!(loaded.model.info.metrics.contains_key("validation/real/cloud/mae/model"));
    assert!(out.join("samples/step-000004.png").is_file());
    full["losses"].clone()
}

#[test]
fn every_loss_is_reported_and_a_model_comes_out() {
    assert_reports_and_exports(&config(5));
}

#[test]
fn it_learns_to_see_through_thin_cloud() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let mut config = config(60);
    config.full_every = 1000;
    config.generator.rate = 3e-3;
    config.ema = 0.8;
    config.data.supervised = 4;
    let out = folder.path().join("run");
    run(&store, &out, &config, &RunOptions::default()).unwrap();
    let events = losses(&out);
    let mean = |lines: &[&serde_json::Value], name: &str| {
        lines.iter().filter_map(|line| line["losses"][name].as_f64()).sum::<f64>() / lines.len() as f64
    };
    let steps: Vec<_> = events.iter().filter(|line| line.get("losses").is_some()).collect();
    let (early, late) = (&steps[1..16], &steps[45..]);
    let part = |lines| mean(lines, "supervised") / mean(lines, "fill_error");
    assert!(part(late) < 0.9 * part(early), "{} then {}", part(early), part(late));
}

#[test]
fn another_seed_gives_another_run() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let losses_of = |name: &str, seed| {
        let out = folder.path().join(name);
        run(&store, &out, &TrainConfig { seed, ..config(2) }, &RunOptions::default()).unwrap();
        losses(&out)
    };
    assert_eq!(losses_of("a", 1), losses_of("b", 1));
    assert_ne!(losses_of("a", 1), losses_of("c", 2));
}

#[test]
fn a_loss_that_is_no_number_ends_it_and_the_checkpoint_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let out = folder.path().join("run");
    run(&store, &out, &config(3), &RunOptions::default()).unwrap();
    // A weight that is no number makes every loss behind it one that is none.
    let path = out.join("checkpoint.safetensors");
    let (mut tensors, texts) = declouder::networks::file::load_tensors(&path).unwrap();
    let bias = tensors.iter_mut().find(|named| named.name == "networks.g_land.stem.bias").unwrap();
    bias.values[0] = f32::NAN;
    declouder::networks::file::save_tensors(&tensors, texts.into_iter().collect(), &path).unwrap();
    let before = std::fs::read(&path).unwrap();
    let resume = RunOptions { resume: true, ..RunOptions::default() };
    let error = run(&store, &out, &config(9), &resume).expect_err("it cannot go on");
    assert!(matches!(error, Error::Diverged { step: 3, .. }), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before, "the checkpoint is not touched");
}

#[test]
fn stores_that_do_not_fit_are_refused_with_what_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let out = folder.path().join("run");
    let refused = |change: &dyn Fn(&mut TrainConfig)| {
        let mut config = config(2);
        change(&mut config);
        run(&store, &out, &config, &RunOptions::default()).expect_err("refused").to_string()
    };
    let words = refused(&|config| config.network.bands = vec![Band::B02, Band::B11]);
    assert!(words.contains("B03"), "{words}");
    let words = refused(&|config| config.data.crop = 128);
    assert!(words.contains("data.crop") && words.contains("64 pixels"), "{words}");
    let words = refused(&|config| config.network.level = Level::L2A);
    assert!(words.contains("L2A"), "{words}");
    let error = run(Path::new("/nowhere"), &out, &config(2), &RunOptions::default()).expect_err("missing");
    assert!(error.to_string().contains("/nowhere"), "{error}");
}

#[test]
fn a_checkpoint_of_another_configuration_or_a_damaged_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let out = folder.path().join("run");
    run(&store, &out, &config(2), &RunOptions::default()).unwrap();
    let resume = RunOptions { resume: true, ..RunOptions::default() };
    let mut wider = config(4);
    wider.network.width = 16;
    let error = run(&store, &out, &wider, &resume).expect_err("refused");
    assert!(error.to_string().contains("network.width"), "{error}");
    // The pools of a checkpoint hold crops of its size.
    let mut larger = config(4);
    larger.data.crop *= 2;
    let error = run(&store, &out, &larger, &resume).expect_err("refused").to_string();
    assert!(error.contains("data.crop") || error.contains("patches of"), "{error}");
    let mut other = config(4);
    other.seed += 1;
    let error = run(&store, &out, &other, &resume).expect_err("refused").to_string();
    assert!(error.contains("seed"), "{error}");
    let path = out.join("checkpoint.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 3]).unwrap();
    let error = run(&store, &out, &config(4), &resume).expect_err("refused");
    assert!(error.to_string().contains("checkpoint.safetensors"), "{error}");
}

#[test]
fn a_training_begins_with_the_weights_and_the_range_of_a_model_and_resumes() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let first = folder.path().join("first");
    run(&store, &first, &config(3), &RunOptions::default()).unwrap();
    let model = first.join("model.safetensors");
    let device = Device::flex();
    let mut known = load(&model, &device).unwrap().model;
    // Another range than the store's own: it has to come from the model.
    known.encoding.mean.iter_mut().for_each(|mean| *mean += 0.05);
    save(&known, &model).unwrap();

    let frozen = |steps| {
        let mut config = config(steps);
        (config.generator.rate, config.discriminator.rate) = (0.0, 0.0);
        config
    };
    let second = folder.path().join("second");
    let from = RunOptions { from: Some(model.clone()), ..RunOptions::default() };
    run(&store, &second, &frozen(2), &from).unwrap();
    let resume = RunOptions { resume: true, ..RunOptions::default() };
    run(&store, &second, &frozen(4), &resume).unwrap();
    let again = load(&second.join("model.safetensors"), &device).unwrap().model;
    assert_eq!(again.encoding, known.encoding);
    assert_eq!(again.networks.collect(), known.networks.collect());
    // What it owes to the first one, also after it was gone on with.
    assert_eq!(again.info.training["from"]["training"]["seed"], known.info.training["seed"]);
    assert_eq!(again.info.training["from"]["step"], known.info.step);
    assert!(known.info.data.iter().all(|source| again.info.data.contains(source)));

    let mut wider = config(2);
    wider.network.width = 16;
    let error = run(&store, &folder.path().join("third"), &wider, &from).unwrap_err().to_string();
    assert!(
        error.contains("\"width\":8") && error.contains("\"width\":16") && error.contains("--from"),
        "{error}"
    );
}

/// Trains a part of a finished model alone, which needs the model's name: the parameters that `moves` names move and no
/// other, and the model is kept whose figure `judged` of the validations, which falls, is the least.
fn assert_learns_alone(
    alone: &TrainConfig,
    moves: fn(&str) -> bool,
    judged: fn(&serde_json::Value) -> Option<f64>,
) {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let first = folder.path().join("first");
    run(&store, &first, &config(3), &RunOptions::default()).unwrap();
    let model = first.join("model.safetensors");
    let second = folder.path().join("second");
    let error = run(&store, &second, alone, &RunOptions::default()).expect_err("refused").to_string();
    assert!(error.contains("learns") && error.contains("--from"), "{error}");

    let from = RunOptions { from: Some(model.clone()), ..RunOptions::default() };
    let outcome = run(&store, &second, alone, &from).unwrap();
    let device = Device::flex();
    let [before, after] =
        [&model, &outcome.model].map(|path| load(path, &device).unwrap().model.networks.collect());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.name, after.name);
        assert_eq!(moves(&before.name), before.values != after.values, "{}", before.name);
    }
    let figures: Vec<f64> = losses(&second).iter().filter_map(|line| judged(&line["validation"])).collect();
    let least = figures.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(least < figures[0], "{figures:?}");
    assert!((outcome.best.unwrap().score - least).abs() < 1e-12, "the best is kept");
}

#[test]
fn a_land_code_is_learned_while_every_surface_stays_as_it_is() {
    let alone = TrainConfig { learns: Learns::LandCode, zero_code: 0.0, ema: 0.5, ..config(30) };
    assert_learns_alone(
        &alone,
        |name| name.starts_with("e_land."),
        |found| found["latent"]["coded"].as_f64(),
    );
}

#[test]
fn a_spread_is_learned_while_the_exported_surface_stays_as_it_is() {
    let alone = TrainConfig { learns: Learns::Spread, ema: 0.5, ..config(30) };
    let moves = |name: &str| name.starts_with("g_land.") && name.ends_with("modulation.weight");
    assert_learns_alone(&alone, moves, |found| found["latent"]["crps"].as_f64());
}

#[test]
fn a_cloud_code_is_learned_while_every_surface_stays_as_it_is() {
    let alone = TrainConfig { learns: Learns::CloudCode, ema: 0.5, full_every: 1, ..config(30) };
    let moves = |name: &str| name.starts_with("e_cloud.") || name.starts_with("g_cloud.");
    assert_learns_alone(&alone, moves, |found| Some(1.0 - found["placed"].as_f64()?));
}

#[test]
fn stores_of_patches_of_several_sizes_are_learned_from_together() {
    let folder = tempfile::tempdir().unwrap();
    let stores = [("large", 64), ("small", 48)].map(|(name, side)| store_of(folder.path().join(name), side));
    let out = folder.path().join("run");
    std::fs::create_dir_all(&out).unwrap();
    let options = RunOptions::default();
    let learn = |config: &TrainConfig| {
        train(&stores, &out, config, &options, &Device::flex(), (&Silent, &Quiet)).map(|outcome| outcome.step)
    };
    let mut wide = config(2);
    wide.data.crop = 56;
    let words = learn(&wide).expect_err("refused").to_string();
    assert!(words.contains("small") && words.contains("48 pixels") && words.contains("56"), "{words}");
    assert_eq!(learn(&config(6)).unwrap(), 6);
    let dataset = Dataset::open(&stores, &BANDS, Level::L1C).unwrap();
    let encoding = dataset.encoding(&BANDS).unwrap();
    let samples = Samples::new(dataset, config(1), encoding).unwrap();
    let places: std::collections::HashSet<u64> =
        (0..40).flat_map(|step| samples.step(step).supervised).map(|crop| crop.place).collect();
    assert_eq!(places.len(), 8, "both stores' training places are drawn");
}

#[test]
fn a_run_does_not_go_on_with_other_data() {
    let folder = tempfile::tempdir().unwrap();
    let own = store(folder.path());
    let run_folder = folder.path().join("run");
    run(&own, &run_folder, &config(3), &RunOptions::default()).unwrap();
    let other = folder.path().join("other");
    let spec = StoreSpec { bands: BANDS.to_vec(), level: Level::L1C, patch_px: SIDE, shard_mib: 64 };
    let mut writer = StoreWriter::create(&other, spec, false).unwrap();
    let id = writer.place("elsewhere", Split::Train, &[]).unwrap();
    for domain in [Domain::Clear, Domain::Cloudy] {
        writer.push(&patch(SIDE, 7, id, domain, None)).unwrap();
    }
    writer.finish(About::default()).unwrap();
    let resume = RunOptions { resume: true, ..RunOptions::default() };
    let error = run(&other, &run_folder, &config(6), &resume).expect_err("refused").to_string();
    assert!(error.contains("--resume") && error.contains("store"), "{error}");
    assert_eq!(run(&own, &run_folder, &config(6), &resume).unwrap().step, 6);
}
