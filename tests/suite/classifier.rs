//! The classifiers: against PyTorch, their files, their training and its command.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use declouder::bands::{Band, Level};
use declouder::networks::Encoding;
use declouder::networks::classifier::{
    Architecture, Classifier, ClassifierConfig, ClassifierInfo, Network, Nomenclature, file,
};
use declouder::patches::labels::{CLASSES_19, NAMES_19};
use declouder::patches::{About, Domain, Patch, Split, StoreSpec, StoreWriter};
use declouder::progress::{CancelFlag, Monitor, Silent};
use declouder::random::Stream;
use declouder::training::classifier::ClassifierTraining;
use declouder::training::classifier::folds::{Folds, cross_validate};
use declouder::training::classifier::run::{Listener, Outcome, train};
use declouder::training::optimiser::OptimiserConfig;
use declouder::training::run::RunOptions;
use declouder::training::step::StepReport;

use super::networks::{fixed, values};
use super::support::{declouder, outcome};

const BANDS: [Band; 2] = [Band::B03, Band::B08];
const SIDE: usize = 16;

fn network(architecture: Architecture) -> ClassifierConfig {
    ClassifierConfig {
        network: architecture,
        bands: BANDS.to_vec(),
        patch_px: SIDE,
        width: 8,
        blocks: 2,
        hidden: 8,
        ..ClassifierConfig::default()
    }
}

pub fn classifier(architecture: Architecture) -> Classifier {
    let config = network(architecture);
    let mut stream = Stream::new(11, 0, "weights");
    let network = Network::new(&config, 1, &Device::flex())
        .set(&mut |_, shape| {
            let fan = shape[1..].iter().product::<usize>().max(1) as f64;
            let scale = if shape.len() == 1 { 0.2 } else { 1.0 / fan.sqrt() };
            Ok((0..shape.iter().product()).map(|_| (stream.normal() * scale) as f32).collect())
        })
        .unwrap();
    Classifier {
        encoding: Encoding { mean: vec![0.3, 0.4], std: vec![0.1, 0.2] },
        classes: NAMES_19.iter().map(|&name| name.to_owned()).collect(),
        thresholds: vec![0.25; CLASSES_19],
        info: ClassifierInfo { step: 7, ..ClassifierInfo::default() },
        network,
        config,
    }
}

#[test]
fn a_pytorch_twin_gives_the_same_logits() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity");
    let text = std::fs::read_to_string(folder.join("classifier.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
    for architecture in Architecture::ALL {
        let twin: Vec<f32> = serde_json::from_value(expected[architecture.name()].clone()).unwrap();
        let found = values(
            classifier(architecture).network.forward(fixed([2, 2, SIDE, SIDE], 1, &Device::flex()), None),
        );
        let worst = found.iter().zip(&twin).fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()));
        assert!(found.len() == twin.len() && worst < 1e-4, "{architecture}: {worst}");
        assert!(twin.iter().any(|logit| logit.abs() > 0.1), "{architecture} says something");
    }
}

#[test]
fn a_classifier_survives_its_file() {
    let folder = tempfile::tempdir().unwrap();
    // For `tests/parity/classifier.py`, which makes `classifier.json` from them.
    let kept = std::env::var_os("DECLOUDER_PARITY_CLASSIFIERS").map(PathBuf::from);
    for architecture in Architecture::ALL {
        let path = folder.path().join(format!("{architecture}.safetensors"));
        let model = classifier(architecture);
        file::save(&model, &path).unwrap();
        let loaded = file::load(&path, &Device::flex()).unwrap().classifier;
        assert_eq!((&loaded.config, &loaded.encoding), (&model.config, &model.encoding));
        assert_eq!((&loaded.classes, &loaded.thresholds), (&model.classes, &model.thresholds));
        assert_eq!(loaded.info, model.info);
        assert_eq!(loaded.network.collect(), model.network.collect());
        if let Some(kept) = &kept {
            std::fs::copy(&path, kept.join(path.file_name().unwrap())).unwrap();
        }
    }
}

#[test]
fn damaged_and_foreign_classifiers_are_refused_by_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("classifier.safetensors");
    let refused = |change: &dyn Fn(&mut Classifier)| {
        let mut model = classifier(Architecture::RegularizedResnet);
        change(&mut model);
        file::save(&model, &path).unwrap();
        file::load(&path, &Device::flex()).expect_err("refused").to_string()
    };
    assert!(refused(&|model| model.thresholds.truncate(5)).contains("5 thresholds for 19 classes"));
    assert!(refused(&|model| model.thresholds[3] = 1.5).contains("expected 0 to 1"));
    assert!(refused(&|model| model.encoding.mean.truncate(1)).contains("1 means"));
    assert!(refused(&|model| model.config.width = 16).contains("expected [16,"));
    assert!(refused(&|model| model.config.labels = Nomenclature::Of43).contains("43"));
    file::save(&classifier(Architecture::SCnnAll), &path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    for length in [bytes.len() / 2, 100, 0] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let words = file::load(&path, &Device::flex()).expect_err("truncated").to_string();
        assert!(words.contains("truncated") && words.contains("classifier.safetensors"), "{words}");
    }
    let other = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/models/l1c.safetensors");
    let words = file::load(&other, &Device::flex()).expect_err("another kind").to_string();
    assert!(words.contains("takes clouds away") && words.contains("train-classifier"), "{words}");
}

/// What a made-up store is like.
#[derive(Clone, Copy)]
struct Made {
    labelled: bool,
    validation: bool,
    bands: [Band; 2],
}

const GOOD: Made = Made { labelled: true, validation: true, bands: BANDS };

/// Twelve places of four patches; class 2 is bright in the first band, class 9 dark in the second, and every patch
/// has at least one of three classes.
fn store(folder: &Path, made: Made) -> PathBuf {
    let path = folder.join("store");
    let spec = StoreSpec { bands: made.bands.to_vec(), level: Level::L2A, patch_px: SIDE, shard_mib: 64 };
    let mut writer = StoreWriter::create(&path, spec, false).unwrap();
    for place in 0..12 {
        let split = match place {
            6..9 if made.validation => Split::Validation,
            0..9 => Split::Train,
            _ => Split::Test,
        };
        let id = writer.place(&format!("T{place:02}/{split}"), split, &[]).unwrap();
        for index in 0..4 {
            let (bright, dark) = (index % 2 == 0, index >= 2);
            let mut stream = Stream::new(5, (place * 4 + index) as u64, "pixels");
            let mut pixels = Vec::new();
            for base in [if bright { 2500.0 } else { 900.0 }, if dark { 700.0 } else { 2600.0 }] {
                pixels.extend((0..SIDE * SIDE).map(|_| (base + 200.0 * stream.uniform()) as u16));
            }
            let mut labels = [0; CLASSES_19];
            labels[2] = u8::from(bright);
            labels[9] = u8::from(dark);
            labels[17] = u8::from(!bright && !dark);
            let patch = Patch {
                pixels,
                mask: vec![0; SIDE * SIDE],
                domain: Domain::Clear,
                place: id,
                pair: None,
                labels_43: None,
                labels_19: made.labelled.then_some(labels),
                s1: None,
                reference: None,
            };
            writer.push(&patch).unwrap();
        }
    }
    writer.finish(About::default()).unwrap();
    path
}

fn config(architecture: Architecture, steps: u64) -> ClassifierTraining {
    ClassifierTraining {
        steps,
        warmup: 2,
        batch: 8,
        ema: 0.5,
        validate_every: 5,
        checkpoint_every: 3,
        optimiser: OptimiserConfig { rate: 3e-2, ..OptimiserConfig::default() },
        network: network(architecture),
        ..ClassifierTraining::of(architecture)
    }
}

struct Quiet;
impl Listener for Quiet {}

/// Raises its flag after so many steps.
struct StopAfter(u64, CancelFlag);
impl Monitor for StopAfter {
    fn is_cancelled(&self) -> bool {
        self.1.is_raised()
    }
}
impl Listener for StopAfter {
    fn stepped(&self, report: &StepReport) {
        if report.step + 1 == self.0 {
            self.1.raise();
        }
    }
}

fn run(
    store: &Path,
    folder: &Path,
    config: &ClassifierTraining,
    resume: bool,
) -> declouder::training::Result<Outcome> {
    std::fs::create_dir_all(folder).unwrap();
    let options = RunOptions { resume, ..RunOptions::default() };
    train(store, folder, config, &options, &Device::flex(), (&Silent, &Quiet))
}

#[test]
fn both_networks_learn_what_made_patches_show_and_say_it_of_other_places() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), GOOD);
    for architecture in Architecture::ALL {
        let outcome =
            run(&store, &folder.path().join(architecture.name()), &config(architecture, 300), false);
        let outcome = outcome.unwrap();
        let test = outcome.test.unwrap();
        assert_eq!((test.classes, test.patches, outcome.step), (3, 12, 300));
        // It is small and regularised, and the training short: better by far than the prevalence is enough.
        assert!(test.macro_ap > test.prevalence + 0.25, "{architecture}: {test:?}");
        assert!(test.prevalence < 0.5, "the baseline stays low: {test:?}");
        let model = file::load(&outcome.model, &Device::flex()).unwrap().classifier;
        assert_eq!(model.info.held_out(), Some(test.macro_ap));
        assert_eq!((model.info.examples[2], model.info.examples[3]), (24, 0));
        assert!(model.thresholds.iter().all(|threshold| (0.0..=1.0).contains(threshold)));
    }
}

#[test]
fn a_run_that_was_stopped_goes_on_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), GOOD);
    let config = config(Architecture::RegularizedResnet, 9);
    let (whole, parts) = (folder.path().join("whole"), folder.path().join("parts"));
    run(&store, &whole, &config, false).unwrap();
    std::fs::create_dir_all(&parts).unwrap();
    let stop = StopAfter(4, CancelFlag::new());
    let fresh = RunOptions::default();
    let stopped = train(&store, &parts, &config, &fresh, &Device::flex(), (&stop, &stop)).unwrap();
    assert!(stopped.stopped && stopped.step == 4 && stopped.test.is_none());
    run(&store, &parts, &config, true).unwrap();
    let weights =
        |folder: &Path, name: &str| declouder::networks::file::load_tensors(&folder.join(name)).unwrap().0;
    for name in ["checkpoint.safetensors", "model.safetensors"] {
        let (a, mut b) = (weights(&whole, name), weights(&parts, name));
        assert!(a.len() > 8 && a.len() == b.len());
        for a in &a {
            let at = b.iter().position(|b| b.name == a.name).unwrap();
            assert!(*a == b.swap_remove(at), "{name}: {} differs", a.name);
        }
    }
    let losses = |folder: &Path| {
        let text = std::fs::read_to_string(folder.join("events.jsonl")).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        lines.filter_map(|line| line.get("losses").cloned()).collect::<Vec<_>>()
    };
    assert_eq!(losses(&whole).len(), 9);
    assert_eq!(losses(&whole), losses(&parts));
}

#[test]
fn a_cross_validation_measures_every_patch_once_a_seed_and_goes_on_where_it_was_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), GOOD);
    let config = config(Architecture::RegularizedResnet, 150);
    let folds = Folds { folds: 4, seeds: 2 };
    let go = |name: &str, options: &RunOptions| {
        let output = folder.path().join(name);
        std::fs::create_dir_all(&output).unwrap();
        cross_validate(&store, &output, &config, (folds, options), &Device::flex(), (&Silent, &Quiet))
    };
    let outcome = go("whole", &RunOptions::default()).unwrap();
    let summary = outcome.summary.unwrap();
    assert_eq!((summary.patches, summary.places, summary.classes, outcome.trainings), (48, 12, 3, 9));
    assert!(summary.gain.mean > 0.2 && summary.gain.interval[0] < summary.gain.mean, "{summary:?}");
    assert!(outcome.statement.contains("prevalence alone") && outcome.statement.contains("16 of 19 classes"));
    let text = std::fs::read_to_string(folder.path().join("whole/folds.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    for seed in [1, 2] {
        let own = lines.iter().filter(|line| line["seed"] == seed);
        let mut rows: Vec<u64> = own
            .flat_map(|line| line["rows"].as_array().unwrap().iter().map(|row| row.as_u64().unwrap()))
            .collect();
        rows.sort_unstable();
        assert_eq!(rows, (0..48).collect::<Vec<_>>());
        // A place is in one fold: its four patches come together.
        for line in lines.iter().filter(|line| line["seed"] == seed) {
            let rows = line["rows"].as_array().unwrap();
            assert!(rows.chunks(4).all(|four| {
                four.iter().all(|row| row.as_u64().unwrap() / 4 == four[0].as_u64().unwrap() / 4)
            }));
        }
    }
    // Killed in the middle of a line after five folds, it comes to the same.
    let parts = folder.path().join("parts");
    std::fs::create_dir_all(&parts).unwrap();
    let cut: Vec<&str> = text.lines().take(6).collect();
    std::fs::write(parts.join("folds.jsonl"), cut.join("\n") + "\n{\"seed\": 2, \"fo").unwrap();
    let again = go("parts", &RunOptions { resume: true, ..RunOptions::default() }).unwrap().summary.unwrap();
    assert_eq!(again, summary);
    // Of another number of folds, or another training, nothing is taken over and nothing lost.
    let kept = std::fs::read_to_string(parts.join("folds.jsonl")).unwrap();
    let others = [
        (Folds { folds: 3, seeds: 2 }, config.clone()),
        (folds, ClassifierTraining { steps: 20, ..config.clone() }),
    ];
    for (folds, config) in others {
        let options = RunOptions { resume: true, ..RunOptions::default() };
        let error =
            cross_validate(&store, &parts, &config, (folds, &options), &Device::flex(), (&Silent, &Quiet));
        let words = error.err().unwrap().to_string();
        assert!(words.contains("number of folds or configuration"), "{words}");
        assert_eq!(std::fs::read_to_string(parts.join("folds.jsonl")).unwrap(), kept);
    }
    let stopped =
        go("none", &RunOptions { limit: Some(std::time::Duration::ZERO), ..RunOptions::default() }).unwrap();
    assert!(stopped.stopped && stopped.model.is_none() && stopped.summary.is_none());
}

#[test]
fn stores_that_do_not_fit_are_refused_with_what_was_expected() {
    let refused = |made: Made, change: &dyn Fn(&mut ClassifierTraining)| {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path(), made);
        let mut config = config(Architecture::RegularizedResnet, 2);
        change(&mut config);
        run(&store, &folder.path().join("run"), &config, false).expect_err("refused").to_string()
    };
    let words = refused(Made { labelled: false, ..GOOD }, &|_| ());
    assert!(words.contains("no clear patch with labels of 19 classes"), "{words}");
    let words = refused(GOOD, &|config| config.network.labels = Nomenclature::Of43);
    assert!(words.contains("use --labels 19"), "{words}");
    let words = refused(Made { validation: false, ..GOOD }, &|_| ());
    assert!(words.contains("no labelled validation patch") && words.contains("--folds"), "{words}");
    let words = refused(Made { bands: [Band::B03, Band::B04], ..GOOD }, &|_| ());
    assert!(words.contains("B08") && words.contains("B04"), "{words}");
    let words = refused(GOOD, &|config| config.network.patch_px = 32);
    assert!(words.contains("16 pixels") && words.contains("--patch 32"), "{words}");
}

#[cfg(feature = "gdal")]
mod labels {
    use super::super::fixtures::{PLACED, Raster};
    use super::*;

    /// A scene of 40 × 32 pixels: bright and dark halves.
    fn scene(path: &Path, size: f64, change: u16) {
        let geotransform = Some([PLACED[0], size, 0.0, PLACED[3], 0.0, -size]);
        let raster =
            Raster { width: 40, height: 32, bands: &["B03", "B08"], geotransform, ..Raster::default() };
        raster.write(path, |band, x, y| {
            let bright = if band == 0 { x < 20 } else { y >= 16 };
            let patch = if x < 8 && y < 8 { change } else { 0 };
            (if bright { 2500_u16 } else { 900 }) + patch
        });
    }

    #[test]
    fn the_commands_train_and_label_and_say_how_far_labels_go() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path(), GOOD);
        let (run, toml) = (folder.path().join("run"), folder.path().join("c.toml"));
        std::fs::write(&toml, toml::to_string(&config(Architecture::RegularizedResnet, 200)).unwrap())
            .unwrap();
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let train = [
            "train-classifier".to_owned(),
            text(&store),
            "-o".into(),
            text(&run),
            "--config".into(),
            text(&toml),
            "--device".into(),
            "cpu".into(),
            "--json".into(),
        ];
        let (code, out, err) = outcome(&declouder(&train));
        assert_eq!(code, 0, "{err}");
        assert!(out.lines().any(|line| line.contains("cross_entropy")), "{out}");
        let last: serde_json::Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
        assert!(last["test"]["macro_ap"].as_f64().unwrap() > 0.5, "{last}");
        let (code, _, err) = outcome(&declouder(&train));
        assert!(code == 2 && err.contains("--resume"), "{code} {err}");

        let model = run.join("model.safetensors");
        let (before, after) = (folder.path().join("before.tif"), folder.path().join("after.tif"));
        scene(&before, 10.0, 0);
        scene(&after, 10.0, 900);
        let labels = |more: &[&str]| {
            let mut args = vec!["labels", before.to_str().unwrap(), "--model", model.to_str().unwrap()];
            args.extend(["--device", "cpu"]);
            args.extend(more);
            outcome(&declouder(&args))
        };
        let (code, out, err) = labels(&[after.to_str().unwrap(), "--level", "L2A", "--json"]);
        assert_eq!(code, 0, "{err}");
        let found: serde_json::Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
        assert_eq!(found["demonstration"], false, "{found}");
        assert_eq!(found["before"]["tiles"].as_array().unwrap().len(), 6);
        assert_eq!(found["agreement"]["all"]["tiles"], 6);
        assert!(found["agreement"]["all"]["probability"].as_f64().unwrap() > 0.0);
        let (_, out, _) = labels(&[before.to_str().unwrap(), "--level", "L2A", "--json"]);
        let same: serde_json::Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
        assert_eq!(same["agreement"]["all"]["same"], 1.0);
        assert_eq!(same["agreement"]["all"]["probability"], 0.0);

        let (code, out, _) = labels(&[]);
        assert!(code == 0 && out.contains("DEMONSTRATION") && out.contains("--level"), "{out}");
        let (code, _, err) = labels(&["--level", "L1C"]);
        assert!(code == 2 && err.contains("L2A") && err.contains("--force"), "{err}");
        let (code, out, _) = labels(&["--level", "L1C", "--force"]);
        assert!(code == 0 && out.contains("forced"), "{out}");
        let (code, _, err) = labels(&["--bands", "B03,B04", "--level", "L2A"]);
        assert!(code == 2 && err.contains("B08"), "{err}");
        scene(&before, 20.0, 0);
        let (code, _, err) = labels(&["--level", "L2A"]);
        assert!(code == 2 && err.contains("20.0 m"), "{err}");
    }

    #[test]
    fn the_shipped_classifier_is_small_and_marked_a_demonstration_by_its_own_figure() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/models/land-cover-19.safetensors");
        assert!(std::fs::metadata(&path).unwrap().len() <= 8 << 20);
        let model = file::load(&path, &Device::flex()).unwrap().classifier;
        assert_eq!(model.config.bands.len(), 12);
        assert!(model.info.metrics.contains_key("held_out/prevalence_macro_ap"));
        assert!(model.info.data.iter().all(|data| data.licence == "CDLA-Permissive-1.0"));
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/betsiboka.tif");
        let (code, _, err) = outcome(&declouder(&["labels", demo.to_str().unwrap(), "--device", "cpu"]));
        assert!(code == 2 && err.contains("L1C"), "{err}");
    }
}
