//! What stored numbers mean, from the file into the result and back: offsets, nodata of signed types, tags of our own,
//! layers that hold no reflectance.

use std::path::{Path, PathBuf};

use declouder::bands::Level;
use declouder::decloud::verify::verify;
use declouder::decloud::{DecloudConfig, Outcome, decloud};
use declouder::evaluation::compare;
use declouder::mask::Classes;
use declouder::progress::Silent;
use declouder::raster::export::{Format, OutputBand, OutputSpec, Overview, RasterWriter, commit};
use declouder::raster::{Grid, RadiometrySource, Samples, Scene, SceneOptions, SceneReader, open};

const SIZE: (usize, usize) = (96, 64);

/// How a raster says what its numbers are.
#[derive(Default, Clone, Copy)]
struct Said {
    nodata: Option<f64>,
    scale: Option<f64>,
    offset: Option<f64>,
}

fn grid(ratio: usize) -> Grid {
    let pixel = 10.0 * ratio as f64;
    let geotransform = Some([400_000.0, pixel, 0.0, 4_200_000.0, 0.0, -pixel]);
    Grid { width: SIZE.0 / ratio, height: SIZE.1 / ratio, geotransform, ..Grid::default() }
}

fn write(path: &Path, grid: &Grid, said: Said, bands: &[(&str, Samples)]) -> PathBuf {
    let one = |(name, samples): &(&str, Samples)| OutputBand {
        name: (*name).to_owned(),
        description: (*name).to_owned(),
        nodata: said.nodata,
        scale_tag: said.scale,
        offset_tag: said.offset,
        overview: Overview::MeasuredMean,
        ..OutputBand::synthetic(samples.dtype())
    };
    let bands_of = bands.iter().map(one).collect();
    let (path, format) = (path.to_owned(), Format::GeoTiff);
    let spec =
        OutputSpec { path: path.clone(), grid: grid.clone(), bands: bands_of, metadata: Vec::new(), format };
    let mut writer = RasterWriter::create(spec, true).unwrap();
    for (index, (_, samples)) in bands.iter().enumerate() {
        writer.write(index, grid.window(), samples).unwrap();
    }
    commit(vec![writer.finish(&Silent).unwrap()]).unwrap();
    path
}

/// Dark ground of 20 to 320 DN under a white cloud in the middle.
fn numbers(band: usize, ratio: usize) -> Vec<u16> {
    let (width, height) = (SIZE.0 / ratio, SIZE.1 / ratio);
    let one = |i: usize| {
        let (x, y) = (i % width * ratio, i / width * ratio);
        if is_cloud(x, y) { 8000 } else { (20 + 60 * band + (x * 7 + y * 3) % 240) as u16 }
    };
    (0..width * height).map(one).collect()
}

fn is_cloud(x: usize, y: usize) -> bool {
    (30..70).contains(&x) && (16..48).contains(&y)
}

/// Cloud where it is.
fn masked(folder: &Path) -> DecloudConfig {
    let codes = (0..SIZE.0 * SIZE.1).map(|i| u8::from(is_cloud(i % SIZE.0, i / SIZE.0))).collect();
    let path = write(&folder.join("mask.tif"), &grid(1), Said::default(), &[("mask", Samples::U8(codes))]);
    let mut config = DecloudConfig { engine: "fill".into(), ..DecloudConfig::default() };
    config.mask.file = Some(path);
    config.scene.level = Some(Level::L2A);
    config
}

fn run(scene: &Path, name: &str, config: &DecloudConfig) -> Outcome {
    decloud(scene, &scene.with_file_name(name), config, false, &Silent).unwrap()
}

fn opened(path: &Path) -> Scene {
    open(path, &SceneOptions::default()).unwrap()
}

fn values(scene: &Scene, band: usize) -> Vec<f64> {
    let samples = SceneReader::new(scene).samples(band, scene.bands[band].grid.window()).unwrap();
    (0..samples.len()).map(|i| samples.get(i)).collect()
}

#[test]
fn signed_numbers_with_an_offset_come_out_as_unsigned_ones_without() {
    let folder = tempfile::tempdir().unwrap();
    let config = masked(folder.path());
    let said = Said { nodata: Some(-32768.0), scale: Some(1e-4), offset: Some(0.1) };
    let plain: Vec<_> =
        ["B02", "B03", "B04"].into_iter().zip(0..).map(|(n, b)| (n, Samples::U16(numbers(b, 1)))).collect();
    let shifted: Vec<_> = ["B02", "B03", "B04"]
        .into_iter()
        .zip(0..)
        .map(|(name, band)| {
            (name, Samples::I16(numbers(band, 1).iter().map(|&dn| dn as i16 - 1000).collect()))
        })
        .collect();
    write(&folder.path().join("plain.tif"), &grid(1), Said::default(), &plain);
    write(&folder.path().join("shifted.tif"), &grid(1), said, &shifted);
    let result = |name: &str| {
        run(&folder.path().join(name), &format!("of-{name}"), &config);
        opened(&folder.path().join(format!("of-{name}")))
    };
    let (plain, shifted) = (result("plain.tif"), result("shifted.tif"));
    for band in 0..3 {
        let pairs: Vec<_> = values(&plain, band).into_iter().zip(values(&shifted, band)).collect();
        assert!(pairs.iter().all(|(a, b)| (a - 1000.0 - b).abs() <= 1.0), "band {band}");
        let dark = pairs.iter().filter(|(_, b)| *b < -500.0).count();
        assert_eq!(dark, pairs.len(), "all ground is darker than DN 0, under the cloud too");
    }
}

#[test]
fn a_result_says_what_its_numbers_are_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = masked(folder.path());
    config.scene.radiometry = Some("10000,-1000".parse().unwrap());
    let dn: Vec<u16> = numbers(1, 1).iter().map(|dn| dn + 1000).collect();
    let scene =
        write(&folder.path().join("scene.tif"), &grid(1), Said::default(), &[("B04", Samples::U16(dn))]);
    let outcome = run(&scene, "out.tif", &config);
    let result = opened(&outcome.files[0]);
    let found = result.bands[0].radiometry;
    assert!((found.offset + 0.1).abs() < 1e-12 && found.source == RadiometrySource::Tags, "{found:?}");
    let source = open(&scene, &config.scene).unwrap();
    let compared = compare(&source, &result, None, &Silent).unwrap();
    let clear = SceneReader::new(&result).reflectance(0, result.grid.window()).unwrap();
    assert!((clear.get(1, 1) - (80.0 + 10.0) / 1e4).abs() < 1e-6, "{}", clear.get(1, 1));
    assert_eq!(compared.bands.len(), 1);
    // What needs no word has none.
    config.scene.radiometry = None;
    let plain = opened(&run(&scene, "plain.tif", &config).files[0]);
    assert_eq!(plain.bands[0].radiometry.source, RadiometrySource::Default);
}

#[test]
fn a_folder_of_results_is_known_as_one_and_keeps_its_level() {
    let folder = tempfile::tempdir().unwrap();
    let (scene, out) = (folder.path().join("scene"), folder.path().join("out"));
    std::fs::create_dir(&scene).unwrap();
    std::fs::create_dir(&out).unwrap();
    for (name, ratio) in [("B04", 1), ("B05", 2)] {
        let path = scene.join(format!("{name}.tif"));
        write(&path, &grid(ratio), Said::default(), &[(name, Samples::U16(numbers(1, ratio)))]);
    }
    let config = masked(folder.path());
    decloud(&scene, &out.join("x.tif"), &config, false, &Silent).unwrap();
    let result = opened(&out);
    assert_eq!((result.bands.len(), result.level), (2, Some(Level::L2A)));
    let words =
        decloud(&out, &folder.path().join("again.tif"), &config, false, &Silent).unwrap_err().to_string();
    assert!(words.contains("a result of Declouder"), "{words}");
}

#[test]
fn classes_among_the_bands_are_copied() {
    let folder = tempfile::tempdir().unwrap();
    let config = masked(folder.path());
    let classes: Vec<u16> =
        (0..SIZE.0 * SIZE.1).map(|i| if is_cloud(i % SIZE.0, i / SIZE.0) { 9 } else { 4 }).collect();
    let bands = [
        ("B04", Samples::U16(numbers(1, 1))),
        ("SCL", Samples::U16(classes)),
        ("extra", Samples::U16(numbers(0, 1))),
    ];
    let scene = write(&folder.path().join("scene.tif"), &grid(1), Said::default(), &bands);
    let before = opened(&scene);
    assert!(
        before.warnings.iter().any(|words| words.contains("copied as they are: SCL")),
        "{:?}",
        before.warnings
    );
    let outcome = run(&scene, "out.tif", &config);
    let after = opened(&outcome.files[0]);
    assert_eq!(values(&before, 1), values(&after, 1));
    let made: Vec<u64> = outcome.report.bands.iter().map(|band| band.made).collect();
    assert!(made[0] > 0 && made[1] == 0 && made[2] > 0, "{made:?}");
    let proof = verify(&scene, &outcome.files[0], &SceneOptions::default(), &Silent).unwrap();
    assert!(proof.proven, "{:?}", proof.problems);
}

#[test]
fn floats_that_are_no_reflectance_are_doubted() {
    let folder = tempfile::tempdir().unwrap();
    let warned = |name: &str, scale: f32| {
        let values = numbers(3, 1).iter().map(|&dn| f32::from(dn) * scale).collect();
        let path = folder.path().join(name);
        write(&path, &grid(1), Said::default(), &[("B04", Samples::F32(values))]);
        opened(&path).warnings.iter().any(|words| words.contains("--radiometry 10000"))
    };
    assert!(warned("dn.tif", 1.0) && warned("percent.tif", 0.01));
    assert!(!warned("reflectance.tif", 1e-4));
}

#[test]
fn a_value_has_one_meaning() {
    let words = "1=cloud,0=clear,1=clear".parse::<Classes>().unwrap_err();
    assert!(words.contains("two meanings"), "{words}");
    assert!("1=cloud,1=cloud".parse::<Classes>().is_ok());
}
