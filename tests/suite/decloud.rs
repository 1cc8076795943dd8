//! `declouder decloud`: what is copied is copied bit for bit, tiles never show, and every odd scene
//! ends well or with one clear error.

use std::path::{Path, PathBuf};

use declouder::decloud::{DecloudConfig, decloud, native_mask};
use declouder::mask::{self, FileOptions};
use declouder::progress::Silent;
use declouder::raster::export::{Format, OutputBand, OutputSpec, Overview, RasterWriter, beside, commit};
use declouder::raster::{Grid, Plane, Samples, Scene, SceneOptions, SceneReader, open};
use proptest::prelude::*;

use super::support::{declouder, outcome, shared};

const WGS84_UTM18: &str = r#"PROJCS["WGS 84 / UTM zone 18N",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",-75],PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1]]"#;

/// Writes a raster of named bands.
fn write(path: &Path, grid: &Grid, nodata: Option<f64>, bands: &[(&str, Samples)]) {
    let layer = |(name, samples): &(&str, Samples)| OutputBand {
        name: (*name).to_owned(),
        description: (*name).to_owned(),
        nodata,
        color: "Gray".to_owned(),
        overview: Overview::MeasuredMean,
        ..OutputBand::synthetic(samples.dtype())
    };
    let spec = OutputSpec {
        path: path.to_owned(),
        grid: grid.clone(),
        bands: bands.iter().map(layer).collect(),
        metadata: Vec::new(),
        format: Format::GeoTiff,
    };
    let mut writer = RasterWriter::create(spec, true).unwrap();
    for (index, (_, samples)) in bands.iter().enumerate() {
        writer.write(index, grid.window(), samples).unwrap();
    }
    commit(vec![writer.finish(&Silent).unwrap()]).unwrap();
}

fn grid(width: usize, height: usize, pixel_m: f64) -> Grid {
    let geotransform = Some([400_000.0, pixel_m, 0.0, 4_200_000.0, 0.0, -pixel_m]);
    Grid { width, height, geotransform, crs_wkt: WGS84_UTM18.to_owned() }
}

/// Numbers that look like DN, different at every pixel.
fn texture(len: usize, seed: usize) -> Vec<u16> {
    (0..len).map(|i| 200 + ((i * 2_654_435_761 + seed * 97) % 3_001) as u16).collect()
}

fn mask_file(folder: &Path, grid: &Grid, codes: Vec<u8>) -> PathBuf {
    let path = folder.join("the mask.tif");
    write(&path, grid, None, &[("mask", Samples::U8(codes))]);
    path
}

fn with_mask(path: PathBuf) -> DecloudConfig {
    let mut config = DecloudConfig::default();
    config.mask.file = Some(path);
    config
}

fn all(scene: &Scene, band: usize) -> Samples {
    SceneReader::new(scene).samples(band, scene.bands[band].grid.window()).unwrap()
}

/// Bits of a sample, so that NaN equals itself.
fn bits(samples: &Samples) -> Vec<u64> {
    (0..samples.len()).map(|i| samples.get(i).to_bits()).collect()
}

fn open_plain(path: &Path) -> Scene {
    open(path, &SceneOptions::default()).unwrap()
}

/// The outputs' rasters in the source's band order: `(samples, synthetic)` of each band.
fn result_bands(source: &Scene, files: &[PathBuf]) -> Vec<(Samples, Samples)> {
    let outputs: Vec<Scene> = files
        .iter()
        .filter(|file| file.extension().is_some_and(|e| e == "tif"))
        .map(|file| open_plain(file))
        .collect();
    let find = |band: &declouder::raster::SceneBand| {
        let output = outputs
            .iter()
            .find(|output| (output.grid.width, output.grid.height) == (band.grid.width, band.grid.height))
            .expect("an output of the band's size");
        let name = &band.name;
        let index = output.bands.iter().position(|other| other.name == *name || other.description == *name);
        let synthetic = output.bands.iter().position(|other| other.description == "synthetic");
        (all(output, index.expect("the band")), all(output, synthetic.expect("synthetic")))
    };
    source.bands.iter().map(find).collect()
}

/// Proves that what is marked 0 is the source's, that 0 is marked exactly where m is 0 over all
/// children, and that nothing made is nodata. Returns how many pixels were made.
fn prove_copies(source: &Scene, alpha: &mask::Alpha, files: &[PathBuf]) -> usize {
    let mut made = 0;
    for (index, (result, synthetic)) in result_bands(source, files).iter().enumerate() {
        let band = &source.bands[index];
        let original = all(source, index);
        let m = native_mask(&alpha.0, band.grid.window(), band.ratio);
        for pixel in 0..original.len() {
            let marked = synthetic.get(pixel) > 0.0;
            if !marked {
                assert_eq!(
                    result.get(pixel).to_bits(),
                    original.get(pixel).to_bits(),
                    "{} {pixel}",
                    band.name
                );
            }
            if band.nodata.matches(original.get(pixel)) {
                assert_eq!(result.get(pixel).to_bits(), original.get(pixel).to_bits(), "nodata stays");
            } else {
                assert_eq!(marked, m.data[pixel] > 0.0, "{} pixel {pixel}", band.name);
                assert!(!band.nodata.matches(result.get(pixel)), "{} pixel {pixel}", band.name);
            }
            made += usize::from(marked);
        }
    }
    made
}

fn alpha_of(source: &Scene, config: &DecloudConfig) -> mask::Alpha {
    let options = FileOptions { classes: config.mask.classes.clone(), band: config.mask.band };
    let mask = mask::from_file(config.mask.file.as_ref().unwrap(), source, &options, &Silent).unwrap();
    mask::alpha(&mask, config.mask.dilation_px(), config.mask.feather_px)
}

/// Declouds with two tile sizes; proves the copies and that the tiles do not show.
fn prove(path: &Path, config: &DecloudConfig, tiles: [usize; 2]) -> usize {
    let source = open(path, &config.scene).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let run = |tile_px: usize| {
        let config = DecloudConfig { tile_px, ..config.clone() };
        let output = folder.path().join(format!("tile{tile_px}.tif"));
        decloud(path, &output, &config, true, &Silent).unwrap().files
    };
    let [first, second] = tiles.map(run);
    for (a, b) in result_bands(&source, &first).iter().zip(&result_bands(&source, &second)) {
        assert_eq!(bits(&a.0), bits(&b.0), "tiles of {tiles:?} differ");
        assert_eq!(bits(&a.1), bits(&b.1));
    }
    prove_copies(&source, &alpha_of(&source, config), &first)
}

/// Two round clouds and a shadow on a grid.
fn clouds(width: usize, height: usize) -> Vec<u8> {
    let disc = |x: usize, y: usize, cx: f64, cy: f64, r: f64| {
        let (dx, dy) = (x as f64 / width as f64 - cx, y as f64 / height as f64 - cy);
        dx * dx + dy * dy < r * r
    };
    (0..width * height)
        .map(|i| match (i % width, i / width) {
            (x, y) if disc(x, y, 0.3, 0.4, 0.15) || disc(x, y, 0.95, 0.9, 0.2) => mask::CLOUD,
            (x, y) if disc(x, y, 0.45, 0.55, 0.12) => mask::SHADOW,
            _ => mask::CLEAR,
        })
        .collect()
}

#[test]
fn a_10_m_geotiff_is_copied_bit_for_bit_and_tiles_do_not_show() {
    let Some(data) = shared("betsiboka") else { return };
    let config = with_mask(data.join("s2cloudless_mask.tif"));
    assert!(prove(&data.join("scene.tif"), &config, [72, 8192]) > 0);
}

#[test]
fn native_band_folders_and_the_real_l2a_tree_are_copied_bit_for_bit_at_native_size() {
    for set in
        ["s2-l1c-virginia-clear", "s2-safe/S2A_MSIL2A_20181229T095411_N0211_R079_T33SVB_20181229T112231.SAFE"]
    {
        let Some(path) = shared(set) else { return };
        let source = open_plain(&path);
        let folder = tempfile::tempdir().unwrap();
        let codes = clouds(source.grid.width, source.grid.height);
        let config = with_mask(mask_file(folder.path(), &source.grid, codes));
        assert!(source.ratios().len() == 3, "{set} has three native sizes");
        assert!(prove(&path, &config, [104, 512]) > 0);
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_pixel() {
    let Some(data) = shared("betsiboka") else { return };
    let folder = tempfile::tempdir().unwrap();
    let config = with_mask(data.join("s2cloudless_mask.tif"));
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let output = folder.path().join(format!("{threads}.tif"));
        pool.install(|| decloud(&data.join("scene.tif"), &output, &config, false, &Silent).unwrap().files)
    };
    let source = open_plain(&data.join("scene.tif"));
    for (a, b) in result_bands(&source, &run(1)).iter().zip(&result_bands(&source, &run(5))) {
        assert_eq!(bits(&a.0), bits(&b.0));
    }
}

/// A folder of native bands: B04 at 10 m, B05 at 20 m, B09 at 60 m.
fn native_folder(folder: &Path, width: usize, height: usize) {
    for (seed, (name, ratio)) in [("B04", 1), ("B05", 2), ("B09", 6)].into_iter().enumerate() {
        let grid = grid(width.div_ceil(ratio), height.div_ceil(ratio), 10.0 * ratio as f64);
        let samples = Samples::U16(texture(grid.window().len(), seed));
        write(&folder.join(format!("{name}.tif")), &grid, Some(0.0), &[(name, samples)]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_size_mask_and_tile_copies_exactly_and_shows_no_tile(
        width in 40_usize..150, height in 12_usize..120, first in 8_usize..64, second in 8_usize..200,
        spots in prop::collection::vec((0_usize..150, 0_usize..120), 1..12), feather in 0_u32..12,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let scene = folder.path().join("scene");
        std::fs::create_dir(&scene).unwrap();
        native_folder(&scene, width, height);
        let mut codes = Plane::filled(width, height, mask::CLEAR);
        for (x, y) in spots {
            codes.set(x % width, y % height, mask::CLOUD);
        }
        let mut config = with_mask(mask_file(folder.path(), &grid(width, height, 10.0), codes.data));
        config.mask.feather_px = feather;
        prop_assert!(prove(&scene, &config, [first, second]) > 0);
    }
}

/// Declouds a one-file scene of one band through the program; returns exit code, words and result.
fn program(
    folder: &Path,
    grid: &Grid,
    nodata: Option<f64>,
    samples: Samples,
    codes: Vec<u8>,
) -> (i32, String, Option<Samples>) {
    let (scene, output) = (folder.join("scene.tif"), folder.join("out.tif"));
    write(&scene, grid, nodata, &[("B04", samples)]);
    let mask = mask_file(folder, grid, codes);
    let args = [
        "decloud".as_ref(),
        scene.as_os_str(),
        "--mask".as_ref(),
        mask.as_os_str(),
        "-o".as_ref(),
        output.as_os_str(),
    ];
    let (code, _, words) = outcome(&declouder(&args));
    let result = output.exists().then(|| {
        let result = open_plain(&output);
        assert_eq!(result.grid.geotransform, grid.geotransform);
        all(&result, 0)
    });
    (code, words, result)
}

#[test]
fn one_pixel_and_one_row_and_one_column_work() {
    for (width, height) in [(1, 1), (37, 1), (1, 29)] {
        let folder = tempfile::tempdir().unwrap();
        let mut codes = vec![0; width * height];
        codes[0] = 1;
        let samples = Samples::U16(texture(width * height, 3));
        let (code, words, result) = program(folder.path(), &grid(width, height, 10.0), None, samples, codes);
        assert_eq!(code, 0, "{words}");
        assert!(result.unwrap().get(0) >= 1.0);
    }
}

#[test]
fn every_sample_type_is_declouded_in_its_own_type_and_range() {
    let folder = tempfile::tempdir().unwrap();
    let grid = grid(32, 24, 10.0);
    let len = grid.window().len();
    let values = texture(len, 1);
    let kinds = [
        Samples::U8(values.iter().map(|v| (v % 200) as u8 + 20).collect()),
        Samples::U16(values.clone()),
        Samples::I16(values.iter().map(|&v| v as i16).collect()),
        Samples::U32(values.iter().map(|&v| u32::from(v)).collect()),
        Samples::I32(values.iter().map(|&v| i32::from(v)).collect()),
        Samples::F32(values.iter().map(|&v| f32::from(v) * 1e-4).collect()),
        Samples::F64(values.iter().map(|&v| f64::from(v) * 1e-4).collect()),
    ];
    let mut codes = vec![0; len];
    codes[100..140].fill(1);
    for samples in kinds {
        let dtype = samples.dtype();
        let (code, words, result) = program(folder.path(), &grid, None, samples.clone(), codes.clone());
        assert_eq!(code, 0, "{dtype:?}: {words}");
        let result = result.unwrap();
        assert_eq!(result.dtype(), dtype);
        assert_eq!(result.get(700).to_bits(), samples.get(700).to_bits());
        assert_ne!(result.get(110).to_bits(), samples.get(110).to_bits(), "{dtype:?}");
        for name in ["out.tif", "out.report.json"] {
            std::fs::remove_file(folder.path().join(name)).unwrap();
        }
    }
}

#[test]
fn nan_infinite_and_absurd_floats_neither_spread_nor_change() {
    let folder = tempfile::tempdir().unwrap();
    let grid = grid(64, 64, 10.0);
    let mut values = vec![0.2_f32; grid.window().len()];
    let odd = [(5, f32::NAN), (70, f32::INFINITY), (300, f32::NEG_INFINITY), (900, 1e30), (2080, f32::NAN)];
    for (at, value) in odd {
        values[at] = value;
    }
    let mut codes = vec![0; values.len()];
    codes[2070..2090].fill(1);
    let (code, words, result) = program(folder.path(), &grid, None, Samples::F32(values.clone()), codes);
    assert_eq!(code, 0, "{words}");
    let result = result.unwrap();
    for (at, value) in odd {
        assert_eq!((result.get(at) as f32).to_bits(), value.to_bits(), "pixel {at}");
    }
    assert!((result.get(2075) - 0.2).abs() < 0.15, "the fill is {}", result.get(2075));
}

#[test]
fn declared_nodata_stays_and_is_never_made() {
    let folder = tempfile::tempdir().unwrap();
    let grid = grid(40, 40, 10.0);
    let mut values = vec![1500_u16; grid.window().len()];
    values[..400].fill(7000);
    let codes = vec![1; values.len()];
    let (code, words, result) = program(folder.path(), &grid, Some(7000.0), Samples::U16(values), codes);
    assert_eq!(code, 0, "{words}");
    assert!(words.contains("NOT ONE CLEAR PIXEL"), "{words}");
    let result = result.unwrap();
    assert!((0..400).all(|i| result.get(i) == 7000.0), "nodata stays nodata");
    let made = result.get(800);
    assert!((400..1600).all(|i| result.get(i) == made), "fully clouded: the prior everywhere");
    assert!(made > 500.0 && made < 3000.0 && made != 1500.0, "{made}");
}

#[test]
fn a_scene_without_cloud_or_without_data_is_its_own_result_and_says_so() {
    for (values, code_value, expected) in [(1200_u16, 0_u8, "no cloud"), (0, 1, "nothing but nodata")] {
        let folder = tempfile::tempdir().unwrap();
        let grid = grid(30, 20, 10.0);
        let samples = Samples::U16(vec![values; 600]);
        let (code, words, result) =
            program(folder.path(), &grid, None, samples.clone(), vec![code_value; 600]);
        assert_eq!(code, 0, "{words}");
        assert!(words.contains(expected), "{words}");
        assert_eq!(result.unwrap(), samples);
    }
}

#[test]
fn rotated_and_unplaced_scenes_keep_what_they_have() {
    let rotated = Some([500.0, 8.0, 6.0, 900.0, 6.0, -8.0]);
    for (geotransform, crs_wkt) in [(rotated, WGS84_UTM18.to_owned()), (None, String::new())] {
        let folder = tempfile::tempdir().unwrap();
        let grid = Grid { width: 33, height: 21, geotransform, crs_wkt };
        let mut codes = vec![0; 693];
        codes[300..330].fill(1);
        let samples = Samples::U16(texture(693, 9));
        let (code, words, result) = program(folder.path(), &grid, None, samples, codes);
        assert_eq!(code, 0, "{words}");
        assert!(result.is_some());
    }
}

#[test]
fn stored_numbers_taken_for_reflectance_are_refused_with_the_option_to_give() {
    let folder = tempfile::tempdir().unwrap();
    let grid = grid(16, 16, 10.0);
    let samples = Samples::F32(texture(256, 2).into_iter().map(f32::from).collect());
    let mut codes = vec![0; 256];
    codes[..20].fill(1);
    let (code, words, result) = program(folder.path(), &grid, None, samples, codes);
    assert_eq!(code, 2, "{words}");
    assert!(words.contains("--radiometry 10000") && result.is_none(), "{words}");
}

#[test]
fn plain_keeps_the_bands_as_they_were_and_puts_what_was_made_beside() {
    let Some(data) = shared("betsiboka") else { return };
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.tif");
    let config = DecloudConfig { plain: true, cog: true, ..with_mask(data.join("s2cloudless_mask.tif")) };
    let outcome = decloud(&data.join("scene.tif"), &output, &config, false, &Silent).unwrap();
    assert_eq!(outcome.files.len(), 3);
    let (result, synthetic) = (open_plain(&output), open_plain(&beside(&output, "synthetic.tif")));
    assert_eq!((result.bands.len(), synthetic.bands.len()), (13, 1));
    assert!(bits(&all(&synthetic, 0)).iter().any(|&b| b != 0));
}

#[test]
fn the_report_counts_what_was_copied_and_made() {
    let Some(data) = shared("betsiboka") else { return };
    let folder = tempfile::tempdir().unwrap();
    let config = with_mask(data.join("s2cloudless_mask.tif"));
    let outcome =
        decloud(&data.join("scene.tif"), &folder.path().join("o.tif"), &config, false, &Silent).unwrap();
    let source = open_plain(&data.join("scene.tif"));
    let m = alpha_of(&source, &config);
    let touched = m.0.data.iter().filter(|&&m| m > 0).count() as u64;
    for band in &outcome.report.bands {
        assert_eq!(band.copied + band.made + band.nodata, source.grid.window().len() as u64);
        assert!(
            band.made <= touched && band.made + 8 >= touched,
            "{}: {} of {touched}",
            band.name,
            band.made
        );
    }
}

#[test]
fn one_bad_scene_does_not_lose_the_others() {
    let Some(data) = shared("sen12ms-cr/test/cloudy") else { return };
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.tif");
    std::fs::write(&bad, b"II*\0 not really").unwrap();
    let good = data.join("ROIs1868_summer_s2_102_p840.tif");
    let results = folder.path().join("results");
    let masks = data.join("../../s2cloudless/test/cloudy/ROIs1868_summer_s2_102_p840.tif");
    let args = [
        "decloud".as_ref(),
        bad.as_os_str(),
        good.as_os_str(),
        "-o".as_ref(),
        results.as_os_str(),
        "--mask".as_ref(),
        masks.as_os_str(),
        "--mask-band".as_ref(),
        "2".as_ref(),
    ];
    let (code, _, words) = outcome(&declouder(&args));
    assert_eq!(code, 1, "{words}");
    assert!(words.contains("1 of 2 scenes failed") && words.contains("bad.tif"), "{words}");
    assert!(results.join("ROIs1868_summer_s2_102_p840.tif").exists());
    assert!(!results.join("bad.tif").exists());
}

#[test]
fn wrong_usage_ends_with_2_and_taken_names_with_1_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let grid = grid(16, 16, 10.0);
    let scene = folder.path().join("scene.tif");
    write(&scene, &grid, None, &[("B04", Samples::U16(texture(256, 0)))]);
    let taken = folder.path().join("taken.tif");
    std::fs::write(&taken, b"precious").unwrap();
    let mask = mask_file(folder.path(), &grid, vec![0; 256]);
    let before = std::fs::read_dir(folder.path()).unwrap().count();
    let run = |output: &str, more: &[&str]| {
        let output = folder.path().join(output);
        let mut args = vec![
            "decloud",
            scene.to_str().unwrap(),
            "-o",
            output.to_str().unwrap(),
            "--mask",
            mask.to_str().unwrap(),
        ];
        args.extend(more);
        let (code, _, words) = outcome(&declouder(&args));
        (code, words)
    };
    for (output, more, code, expected) in [
        ("o.tif", &["--engine", "model"][..], 2, "needs band B01"),
        ("o.tif", &["--engine", "magic"], 2, "expected one of fill"),
        ("o.tif", &["--tile", "3"], 2, "--tile"),
        ("o.tif", &["--samples", "4"], 2, "one surface"),
        ("o.png", &[], 2, "--output"),
        ("scene.tif", &["--overwrite"], 2, "is the input"),
        ("taken.tif", &[], 1, "--overwrite"),
    ] {
        let (found, words) = run(output, more);
        assert_eq!(found, code, "{output} {more:?}: {words}");
        assert!(words.contains(expected), "{output} {more:?}: {words}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), before, "nothing is left behind");
    }
    assert_eq!(std::fs::read(&taken).unwrap(), b"precious");
}
