//! `declouder evaluate --honesty`: all four tests, for models of every preset.

use std::fs;
use std::path::Path;

use burn::tensor::Device;
use declouder::bands::Band;
use declouder::evaluation::Report;
use declouder::evaluation::honesty::Verdict;
use declouder::networks::{Encoding, Model, ModelInfo, NetworkConfig, Networks, Preset, file};

use super::fixtures::Raster;
use super::support::{declouder, outcome};

const BANDS: [&str; 2] = ["B04", "B11"];

/// Pairs of three scenes; a cloud over another part of each.
fn pairs(folder: &Path) {
    for place in ["pairs/cloudy", "pairs/clear", "masks"] {
        fs::create_dir_all(folder.join(place)).unwrap();
    }
    let raster = Raster { width: 60, height: 48, bands: &BANDS, ..Raster::default() };
    let land = |band: usize, x: usize, y: usize| (900 + 300 * band + (37 * x + 91 * y) % 400) as u16;
    for (name, from) in [("a_p1.tif", 0), ("b_p1.tif", 16), ("c_p1.tif", 28)] {
        let cloud = move |x: usize| (from..from + 18).contains(&x);
        raster.write(&folder.join("pairs/clear").join(name), land);
        raster.write(
            &folder.join("pairs/cloudy").join(name),
            |band, x, y| {
                if cloud(x) { 7000 } else { land(band, x, y) }
            },
        );
        let mask = Raster { bands: &["mask"], ..raster };
        mask.write(&folder.join("masks").join(name), |_, x, _| u8::from(cloud(x)));
    }
}

/// A new model of a preset, through its own file.
fn model(preset: Preset, path: &Path) {
    let bands = vec![Band::B04, Band::B11];
    let config = NetworkConfig { bands, conditioning: vec![], width: 8, ..NetworkConfig::of(preset) };
    let networks = Networks::new(&config, 1, &Device::flex());
    let encoding = Encoding { mean: vec![0.35, 0.4], std: vec![0.1, 0.1] };
    file::save(&Model { config, encoding, info: ModelInfo::default(), networks }, path).unwrap();
}

#[test]
fn models_of_every_preset_are_put_to_all_four_tests() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    pairs(folder.path());
    let models: Vec<_> = Preset::ALL.into_iter().map(|preset| at(&format!("{preset}.safetensors"))).collect();
    Preset::ALL.into_iter().zip(&models).for_each(|(preset, path)| model(preset, path));
    let (data, masks, output) = (at("pairs"), at("masks"), at("report.json"));
    let run = |extra: &[&str]| {
        let mut args: Vec<&std::ffi::OsStr> = vec!["evaluate".as_ref()];
        args.extend(models.iter().map(|path| path.as_os_str()));
        args.extend([
            data.as_os_str(),
            "--masks".as_ref(),
            masks.as_os_str(),
            "-o".as_ref(),
            output.as_os_str(),
        ]);
        args.extend(
            ["--level", "L1C", "--device", "cpu", "--overwrite", "--methods", "fill"]
                .map(std::ffi::OsStr::new),
        );
        args.extend(extra.iter().map(std::ffi::OsStr::new));
        let (code, text, error) = outcome(&declouder(&args));
        assert_eq!(code, 0, "{error}");
        let json = fs::read_to_string(&output).unwrap();
        (serde_json::from_str::<Report>(&json).unwrap(), json, text)
    };

    // Off unless asked for, and such a report, as every older one, reads.
    let (plain, json, _) = run(&[]);
    assert!(plain.honesty.is_empty() && !json.contains("honesty"));

    let (report, json, text) = run(&["--honesty"]);
    assert_eq!(report.honesty.len(), 3);
    assert_eq!(report.honesty.iter().map(|found| found.preset).collect::<Vec<_>>(), Preset::ALL);
    for found in &report.honesty {
        assert!(text.contains(&format!("Honesty of {}", found.model)), "{text}");
        let set = &found.sets[0];
        let codes = found.preset.has_codes();
        assert_eq!((set.images.len(), set.noise.len()), (3, 5));
        assert_eq!(set.swap.new.is_some(), codes, "{}", found.preset);
        // Only declouder's code is a map that says a place.
        assert_eq!(set.swap.said.is_some(), found.preset == Preset::Declouder);
        assert_eq!(set.latent.is_some(), codes);
        assert!(set.probe.found.is_some() && set.probe.conclusive, "{:?}", set.probe);
        assert_eq!(set.goals.len(), 6);
        let outside = set.goals.iter().find(|goal| goal.measure == "greatest change outside").unwrap();
        assert_eq!(outside.verdict, if codes { Verdict::Met } else { Verdict::Inconclusive });
        // Cycle errors under noise are those of numbers that were really drawn.
        let clear: Vec<f64> = set.noise.iter().map(|point| point.clear.unwrap().mean).collect();
        assert!(clear.windows(2).any(|pair| pair[0] != pair[1]), "{clear:?}");
    }
    assert_eq!(run(&["--honesty"]).1, json, "the same run gives the same report");
}
