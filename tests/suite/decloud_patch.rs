//! `declouder decloud --model` with the presets `paper` and `cyclegan`: patches only, whole or not at all.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use declouder::decloud::DecloudConfig;
use declouder::evaluation::{EvaluateConfig, Method, ModelMethod, SetConfig, evaluate};
use declouder::mask::MaskConfig;
use declouder::networks::file::save;
use declouder::networks::{Encoding, Model, ModelInfo, NetworkConfig, Networks, Preset};
use declouder::progress::Silent;
use declouder::raster::SceneOptions;

use super::decloud_model::{NAMES, SIZE, mask, numbers, run, scene};
use super::fixtures::Raster;

/// A small model of a preset. New weights do: nothing in these presets begins near zero.
fn model(folder: &Path, preset: Preset) -> PathBuf {
    let path = folder.join(format!("{preset}.safetensors"));
    let config = NetworkConfig { width: 8, ..NetworkConfig::of(preset) };
    let networks = Networks::new(&config, 3, &Device::flex());
    let encoding = Encoding { mean: vec![0.35; 13], std: vec![0.1; 13] };
    save(&Model { config, encoding, info: ModelInfo::default(), networks }, &path).unwrap();
    path
}

fn config(folder: &Path, preset: Preset) -> DecloudConfig {
    let mut config = DecloudConfig {
        engine: "model".into(),
        model: Some(model(folder, preset)),
        scene: SceneOptions { level: Some("L1C".parse().unwrap()), ..SceneOptions::default() },
        ..DecloudConfig::default()
    };
    config.mask.file = Some(mask(folder));
    config
}

#[test]
fn a_patch_goes_through_whole_and_its_clear_pixels_are_copied() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    scene(folder, &NAMES);
    let source = numbers(&folder.join("scene.tif"));
    for preset in [Preset::Paper, Preset::Cyclegan] {
        let config = config(folder, preset);
        let outcome = run(folder, "one.tif", &config).unwrap();
        run(folder, "many.tif", &DecloudConfig { tile_px: 64, ..config }).unwrap();
        let (one, many) = (numbers(&folder.join("one.tif")), numbers(&folder.join("many.tif")));
        assert_eq!(one, many, "{preset}: the size of tiles does not matter where the patch is seen whole");
        let mut made = 0;
        for band in 0..13 {
            for i in 0..SIZE.0 * SIZE.1 {
                if one[13][i] == 0.0 {
                    assert_eq!(one[band][i], source[band][i], "{preset}: band {band} at {i}");
                } else {
                    made += usize::from(one[band][i] != source[band][i]);
                }
            }
        }
        assert!(made > 13 * 10_000, "{preset}: {made}");
        let expected = preset.has_codes().then(|| vec![0.0; 16]);
        assert_eq!(outcome.report.engine.latent, expected);
    }
}

#[test]
fn a_large_scene_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let large = |name: &str, bands: &[&str]| {
        let raster = Raster { width: 520, height: 24, bands, ..Raster::default() };
        raster.write(&folder.join(name), |band, x, _| (900 + 10 * band + x) as u16);
    };
    for preset in [Preset::Paper, Preset::Cyclegan] {
        let config = config(folder, preset);
        large("scene.tif", &NAMES);
        large("mask.tif", &["mask"]);
        let error = run(folder, "out.tif", &config).expect_err("too large");
        let words = error.to_string();
        assert!(error.is_usage() && words.contains(&format!("preset {preset}")), "{words}");
        assert!(words.contains("520 × 24") && words.contains("cut the scene into patches"), "{words}");
        assert!(!folder.join("out.tif").exists());
    }
}

#[test]
fn paper_takes_codes_and_samples_and_cyclegan_neither() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    scene(folder, &NAMES);
    let latent = folder.join("code.json");
    std::fs::write(&latent, format!("{{\"z_land\": {:?}}}", [1.5_f32; 16])).unwrap();
    let paper = DecloudConfig { samples: 3, ..config(folder, Preset::Paper) };
    run(folder, "middle.tif", &paper).unwrap();
    let outcome =
        run(folder, "adopted.tif", &DecloudConfig { latent: Some(latent.clone()), ..paper }).unwrap();
    assert_eq!(outcome.report.engine.latent, Some(vec![1.5; 16]));
    let (middle, adopted) = (numbers(&folder.join("middle.tif")), numbers(&folder.join("adopted.tif")));
    assert_ne!(middle[..13], adopted[..13]);
    assert_eq!(middle[14], adopted[14], "the spread is that of the prior");
    for (synthetic, spread) in middle[13].iter().zip(&middle[14]) {
        assert!(*synthetic > 0.0 || *spread == 0.0);
    }
    assert!(middle[14].iter().any(|spread| *spread > 0.0));

    let cyclegan = config(folder, Preset::Cyclegan);
    let with = [
        DecloudConfig { samples: 3, ..cyclegan.clone() },
        DecloudConfig { latent: Some(latent), ..cyclegan },
    ];
    for (config, option) in with.iter().zip(["--samples", "--latent"]) {
        let error = run(folder, "none.tif", config).expect_err("cyclegan has no latent");
        let words = error.to_string();
        assert!(error.is_usage() && words.starts_with(option) && words.contains("cyclegan"), "{words}");
    }
    assert!(!folder.join("none.tif").exists());
}

#[test]
fn both_presets_join_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    scene(folder, &NAMES);
    mask(folder);
    for (place, name) in [("cloudy", "scene.tif"), ("clear", "scene.tif"), ("masks", "mask.tif")] {
        std::fs::create_dir_all(folder.join("pairs").join(place)).unwrap();
        std::fs::copy(folder.join(name), folder.join("pairs").join(place).join("a.tif")).unwrap();
    }
    let set = SetConfig {
        data: folder.join("pairs"),
        masks: Some(folder.join("pairs/masks")),
        mask: MaskConfig { feather_px: 0, ..MaskConfig::default() },
        scenes: SceneOptions { level: Some("L1C".parse().unwrap()), ..SceneOptions::default() },
        ..SetConfig::default()
    };
    let config =
        EvaluateConfig { methods: vec!["fill".into()], sets: vec![set], ..EvaluateConfig::default() };
    let presets = [Preset::Paper, Preset::Cyclegan];
    let models = presets.map(|preset| ModelMethod::open(&model(folder, preset), &Device::flex()).unwrap());
    let methods: Vec<&dyn Method> = models.iter().map(|model| model as &dyn Method).collect();
    let report = evaluate(&config, &methods, &Silent).unwrap();
    let image = &report.sets[0].images[0];
    for preset in presets {
        let result = &image.results[preset.name()];
        assert!(result.cloud.unwrap().mae.unwrap() > 0.0, "{preset}");
        assert!(result.clear.unwrap().identical, "{preset}");
    }
}
