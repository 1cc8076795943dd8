//! A preview shows what the export will hold.

use std::path::Path;

use declouder::decloud::{DecloudConfig, decloud, preview};
use declouder::mask;
use declouder::progress::Silent;
use declouder::raster::{SceneOptions, SceneReader, Window, open};

#[test]
fn a_preview_of_the_whole_scene_is_the_result_to_half_a_dn() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/betsiboka.tif");
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.tif");
    let config = DecloudConfig::default();
    decloud(&path, &output, &config, false, &Silent).unwrap();

    let scene = open(&path, &SceneOptions::default()).unwrap();
    let found = mask::detect(&scene, &config.mask, &Silent).unwrap();
    let alpha = mask::alpha(&found, config.mask.dilation_px(), config.mask.feather_px);
    let shown = preview(&scene, &alpha, scene.grid.window(), &config, &Silent).unwrap();
    assert_eq!(shown.window, scene.grid.window());

    let result = open(&output, &SceneOptions::default()).unwrap();
    let mut reader = SceneReader::new(&result);
    let mut compared = 0;
    for (index, band) in scene.bands.iter().enumerate() {
        let made = shown.bands[index].as_ref().unwrap();
        let place = result.bands.iter().position(|other| other.name == band.name).unwrap();
        let written = reader.reflectance(place, result.grid.window()).unwrap();
        let half = (0.5 * band.radiometry.scale) as f32 + 1e-6;
        for (a, b) in made.data.iter().zip(&written.data) {
            assert!(
                a.is_nan() == b.is_nan() && (a.is_nan() || (a - b).abs() <= half),
                "{}: {a} {b}",
                band.name
            );
            compared += 1;
        }
    }
    assert_eq!(compared, scene.grid.window().len() * scene.bands.len());
}

#[test]
fn a_preview_of_a_part_lies_where_it_was_asked_for() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/virginia");
    let scene = open(&path, &SceneOptions::default()).unwrap();
    let config = DecloudConfig::default();
    let found = mask::detect(&scene, &config.mask, &Silent).unwrap();
    let alpha = mask::alpha(&found, config.mask.dilation_px(), config.mask.feather_px);
    let window = Window::new(31, 17, 101, 77);
    let shown = preview(&scene, &alpha, window, &config, &Silent).unwrap();
    assert_eq!(shown.window, window);
    let mut reader = SceneReader::new(&scene);
    for (index, plane) in shown.bands.iter().enumerate() {
        let plane = plane.as_ref().unwrap();
        let source = reader.reflectance(index, window).unwrap();
        let m = alpha.0.crop(window);
        for ((a, b), &m) in plane.data.iter().zip(&source.data).zip(&m.data) {
            assert!(m > 0 || a.to_bits() == b.to_bits(), "what is not masked is the source's");
        }
    }
}
