//! Every kind of scene opens as what it is, and any window of it reads as the whole does.
#![cfg(feature = "gdal")]

use std::fs;
use std::path::Path;

use declouder::bands::{Band, L1C, Level};
use declouder::raster::{
    self, Dtype, ProductMask, RadiometrySource, SceneKind, SceneOptions, SceneReader, Window, read_text,
};
use proptest::prelude::*;

use super::fixtures::{Raster, granule, l1c_safe, ramp, to_jpeg2000, with_offsets, zip_folder};
use super::support::shared;

fn open(path: &Path) -> raster::Scene {
    raster::open(path, &SceneOptions::default()).unwrap()
}

fn first_folder(path: &Path) -> std::path::PathBuf {
    let mut found: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.is_dir());
    found.sort();
    found.remove(0)
}

/// Sizes of B02, B05 and B01.
fn native_sizes(scene: &raster::Scene) -> [usize; 3] {
    [Band::B02, Band::B05, Band::B01].map(|band| scene.bands[scene.index_of(band).unwrap()].grid.width)
}

#[test]
fn real_folders_open_with_their_level_and_native_sizes() {
    let sets: [(&str, SceneKind, Level, [usize; 3], usize); 7] = [
        ("s2-l1c-virginia-clear", SceneKind::BandFolder, Level::L1C, [1080, 540, 180], 13),
        ("s2-l1c-jp2-native/IMG_DATA", SceneKind::BandFolder, Level::L1C, [300, 150, 50], 13),
        ("s2-l1c-jp2-160m-cloudy", SceneKind::BandFolder, Level::L1C, [687, 687, 687], 13),
        ("dsen2-l1c/S2A_MSIL1C_20170527_T33UUB", SceneKind::BandFolder, Level::L1C, [600, 300, 100], 12),
        (
            "bigearthnet-v1/BigEarthNet-S2/S2B_MSIL2A_20170924T93021_41_29",
            SceneKind::BigEarthNet,
            Level::L2A,
            [120, 60, 20],
            12,
        ),
        (
            "bigearthnet-v1/without-crs/S2A_MSIL2A_20170613T101031_39_24",
            SceneKind::BigEarthNet,
            Level::L2A,
            [120, 60, 20],
            12,
        ),
        (
            "bigearthnet-v2/geotiff/S2/S2A_MSIL2A_20180526T100031_N9999_R122_T34WFU_14_23",
            SceneKind::BigEarthNet,
            Level::L2A,
            [120, 60, 20],
            12,
        ),
    ];
    for (set, kind, level, sizes, count) in sets {
        let Some(path) = shared(set) else { continue };
        let scene = open(&path);
        assert_eq!((scene.kind, scene.level, scene.bands.len()), (kind, Some(level), count), "{set}");
        assert_eq!(native_sizes(&scene), sizes, "{set}");
        assert_eq!(scene.grid.width, sizes[0], "{set}");
    }
}

#[test]
fn a_bigearthnet_time_that_lost_its_zero_is_read_from_the_labels() {
    let Some(path) = shared("bigearthnet-v1/BigEarthNet-S2/S2B_MSIL2A_20180204T94161_57_38") else { return };
    assert_eq!(open(&path).sensed.as_deref(), Some("2018-02-04T09:41:56Z"));
}

#[test]
fn one_band_with_a_place_gives_it_to_those_without() {
    let Some(path) = shared("s2-l1c-jp2-160m-cloudy") else { return };
    let scene = open(&path);
    let b02 = &scene.bands[scene.index_of(Band::B02).unwrap()].grid;
    let b01 = &scene.bands[scene.index_of(Band::B01).unwrap()].grid;
    assert_eq!(b02.geotransform, b01.geotransform);
    assert!(!scene.grid.crs_wkt.is_empty());
    assert!(scene.warnings.iter().any(|warning| warning.contains("B02")), "{:?}", scene.warnings);
}

#[test]
fn the_real_zipped_l1c_product_states_everything() {
    let Some(folder) = shared("s2-safe/l1c-zip") else { return };
    let zip = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let scene = open(&zip);
    assert_eq!((scene.kind, scene.level, scene.bands.len()), (SceneKind::Safe, Some(Level::L1C), 13));
    assert_eq!(scene.baseline.as_deref(), Some("03.01"));
    assert_eq!(scene.sensed.as_deref(), Some("2021-07-13T03:21:04.397174Z"));
    let sun = scene.sun.unwrap();
    assert!((sun.zenith_deg - 40.927_667_766_980_8).abs() < 1e-9);
    assert!((sun.azimuth_deg - 37.890_344_730_157_7).abs() < 1e-9);
    assert_eq!(scene.cloud_percent, Some(98.9175));
    assert!(scene.bands.iter().all(|band| band.radiometry.offset == 0.0));
    let [ProductMask::CloudGml { path }] = scene.masks.as_slice() else { panic!("{:?}", scene.masks) };
    assert!(read_text(path, 1 << 20).unwrap().contains("OPAQUE"));
    let pixels = SceneReader::new(&scene).samples(0, scene.grid.window()).unwrap();
    assert_eq!((pixels.dtype(), pixels.len()), (Dtype::U16, 400));
}

#[test]
fn the_real_l2a_tree_without_metadata_is_read_by_its_names() {
    let Some(safe) = shared("s2-safe").map(|path| first_safe(&path)) else { return };
    let inside = first_folder(&safe.join("GRANULE")).join("IMG_DATA/R20m");
    for path in [&safe, &inside] {
        let scene = open(path);
        assert_eq!((scene.kind, scene.level, scene.bands.len()), (SceneKind::Safe, Some(Level::L2A), 12));
        assert_eq!(scene.baseline.as_deref(), Some("02.11"));
        assert_eq!(native_sizes(&scene), [192, 96, 32]);
        assert!(scene.bands.iter().all(|band| band.radiometry.offset == 0.0));
        assert!(scene.warnings.iter().any(|warning| warning.contains("metadata")), "{:?}", scene.warnings);
    }
}

fn first_safe(path: &Path) -> std::path::PathBuf {
    let mut found: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "SAFE"));
    found.remove(0)
}

#[test]
fn an_l1c_product_of_native_sizes_reads_alike_as_folder_metadata_granule_and_zip() {
    let folder = tempfile::tempdir().unwrap();
    let Some(safe) = l1c_safe(folder.path(), |xml| with_offsets(&xml, "05.10")) else { return };
    let zip = folder.path().join("product.zip");
    zip_folder(&safe, &zip);
    let source = open(&shared("s2-l1c-virginia-clear").unwrap());
    let ways =
        [safe.clone(), safe.join("MTD_MSIL1C.xml"), granule(&safe), granule(&safe).join("IMG_DATA"), zip];
    for path in ways {
        let scene = open(&path);
        assert_eq!((scene.kind, scene.level), (SceneKind::Safe, Some(Level::L1C)), "{}", path.display());
        assert_eq!(native_sizes(&scene), [1080, 540, 180]);
        assert_eq!(scene.baseline.as_deref(), Some("05.10"));
        let names: Vec<_> = scene.bands.iter().filter_map(|band| band.band).collect();
        assert_eq!(names, L1C);
        for band in &scene.bands {
            assert_eq!(band.radiometry.source, RadiometrySource::Product);
            assert!(
                (band.radiometry.offset + 0.1).abs() < 1e-12 && (band.radiometry.scale - 1e-4).abs() < 1e-15
            );
            assert_eq!(band.ratio as u32 * 10, band.band.unwrap().resolution_m());
        }
        assert!(matches!(scene.masks.as_slice(), [ProductMask::CloudGml { .. }]), "{:?}", scene.masks);
        let (mut own, mut theirs) = (SceneReader::new(&scene), SceneReader::new(&source));
        for index in [0, 1, 4] {
            let window = Window::new(17, 30, 100, 60);
            assert_eq!(own.samples(index, window).unwrap(), theirs.samples(index, window).unwrap());
        }
    }
}

#[test]
fn the_baseline_decides_on_the_offset_and_never_the_date() {
    let folder = tempfile::tempdir().unwrap();
    // Sensed in 2021, before baseline 04.00 existed, and reprocessed since: the offset is there.
    let Some(safe) = l1c_safe(folder.path(), |xml| with_offsets(&xml, "05.00")) else { return };
    let offset = |path: &Path| open(path).bands[3].radiometry.offset;
    assert!((offset(&safe) + 0.1).abs() < 1e-12);
    let xml = safe.join("MTD_MSIL1C.xml");
    let text = fs::read_to_string(&xml).unwrap();
    // Sensed in 2024 by an old processor: it is not.
    let old = text
        .replace("<PROCESSING_BASELINE>05.00<", "<PROCESSING_BASELINE>03.01<")
        .replace("RADIO_ADD_OFFSET", "ANOTHER_TAG")
        .replace("2021-07-13", "2024-07-13");
    fs::write(&xml, old).unwrap();
    assert_eq!(offset(&safe), 0.0);
    // Without the list of offsets the baseline alone decides, with a warning.
    fs::write(&xml, text.replace("RADIO_ADD_OFFSET", "ANOTHER_TAG")).unwrap();
    assert!((offset(&safe) + 0.1).abs() < 1e-12);
    assert!(open(&safe).warnings.iter().any(|warning| warning.contains("−1000")));
    // Without any metadata the names decide: N0301.
    fs::remove_file(&xml).unwrap();
    assert_eq!(offset(&safe), 0.0);
}

#[test]
fn an_l2a_product_takes_each_band_at_native_size_and_brings_its_scene_classification() {
    let folder = tempfile::tempdir().unwrap();
    let safe = l2a_safe(folder.path());
    let scene = open(&safe);
    assert_eq!(scene.level, Some(Level::L2A));
    assert_eq!(native_sizes(&scene), [24, 12, 4]);
    let b02 = scene.bands[scene.index_of(Band::B02).unwrap()].clone();
    assert!((b02.radiometry.offset + 0.1).abs() < 1e-12);
    let [ProductMask::Scl { source, grid }] = scene.masks.as_slice() else { panic!("{:?}", scene.masks) };
    assert_eq!((grid.width, grid.height), (12, 12));
    let classes =
        SceneReader::new(&scene).raster_samples(source, Dtype::U8, Window::new(0, 0, 12, 12)).unwrap();
    assert_eq!(classes.get(5), 9.0);
}

/// A Level-2A product that holds bands at several sizes, as real ones do, with the values of a ramp.
fn l2a_safe(folder: &Path) -> std::path::PathBuf {
    let safe = folder.join("S2B_MSIL2A_20230105T100319_N0509_R122_T33SVB_20230105T120000.SAFE");
    let images = safe.join("GRANULE/L2A_T33SVB_A030500_20230105T100319/IMG_DATA");
    let mut named = Vec::new();
    for (metres, bands) in [
        (10, vec!["B02", "B03", "B04", "B08"]),
        (20, vec!["B01", "B02", "B05", "B06", "B07", "B8A", "B11", "B12", "SCL"]),
        (60, vec!["B01", "B02", "B05", "B09", "SCL"]),
    ] {
        let place = images.join(format!("R{metres}m"));
        fs::create_dir_all(&place).unwrap();
        for band in bands {
            let name = format!("T33SVB_20230105T100319_{band}_{metres}m");
            let size = 240 / metres;
            let pixel = metres as f64;
            let raster = Raster {
                width: size,
                height: size,
                bands: &[""],
                geotransform: Some([500_000.0, pixel, 0.0, 4_200_000.0, 0.0, -pixel]),
                ..Raster::default()
            };
            let tif = folder.join("plain.tif");
            if band == "SCL" {
                raster.write::<u8>(&tif, |_, _, _| 9);
            } else {
                raster.write::<u16>(&tif, ramp);
            }
            to_jpeg2000(&tif, &place.join(format!("{name}.jp2")));
            named.push(format!(
                "<IMAGE_FILE>GRANULE/L2A_T33SVB_A030500_20230105T100319/IMG_DATA/R{metres}m/{name}</IMAGE_FILE>"
            ));
        }
    }
    let offset = |id| format!("<BOA_ADD_OFFSET band_id=\"{id}\">-1000</BOA_ADD_OFFSET>");
    let offsets = (0..13).map(offset).collect::<Vec<_>>().concat();
    let named = named.concat();
    let xml = format!(
        "<n1:Level-2A_User_Product xmlns:n1=\"u\"><PROCESSING_LEVEL>Level-2A</PROCESSING_LEVEL>\
         <PROCESSING_BASELINE>05.09</PROCESSING_BASELINE>{named}\
         <BOA_QUANTIFICATION_VALUE unit=\"none\">10000</BOA_QUANTIFICATION_VALUE>\
         <AOT_QUANTIFICATION_VALUE>1000.0</AOT_QUANTIFICATION_VALUE>{offsets}</n1:Level-2A_User_Product>"
    );
    fs::write(safe.join("MTD_MSIL2A.xml"), xml).unwrap();
    safe
}

#[test]
fn bands_are_named_by_description_metadata_sidecar_and_option_in_this_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scene.tif");
    Raster { bands: &["B04", ""], ..Raster::default() }.write::<u16>(&path, ramp);
    let names = |options: &SceneOptions| -> Vec<Option<Band>> {
        raster::open(&path, options).unwrap().bands.iter().map(|band| band.band).collect()
    };
    assert_eq!(names(&SceneOptions::default()), [Some(Band::B04), None]);
    let sidecar = "<PAMDataset><PAMRasterBand band=\"1\"><Description>B11</Description></PAMRasterBand>\
                   <PAMRasterBand band=\"2\"><Description>B8A, 865 nm</Description></PAMRasterBand></PAMDataset>";
    fs::write(folder.path().join("scene.tif.aux.xml"), sidecar).unwrap();
    assert_eq!(names(&SceneOptions::default()), [Some(Band::B04), Some(Band::B8A)]);
    let given = SceneOptions { bands: Some(vec![Band::B02, Band::B03]), ..SceneOptions::default() };
    assert_eq!(names(&given), [Some(Band::B02), Some(Band::B03)]);
}

#[test]
fn scale_and_offset_tags_are_the_radiometry() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scene.tif");
    Raster { bands: &["B04"], ..Raster::default() }.write::<i16>(&path, |_, x, _| x as i16 - 3);
    {
        let options =
            gdal::DatasetOptions { open_flags: gdal::GdalOpenFlags::GDAL_OF_UPDATE, ..Default::default() };
        let dataset = gdal::Dataset::open_ex(&path, options).unwrap();
        let mut band = dataset.rasterband(1).unwrap();
        band.set_scale(0.000_2).unwrap();
        band.set_offset(-0.05).unwrap();
    }
    let scene = open(&path);
    assert_eq!(scene.bands[0].radiometry.source, RadiometrySource::Tags);
    let values = SceneReader::new(&scene).reflectance(0, Window::new(0, 0, 5, 1)).unwrap();
    assert!((values.data[4] - (0.000_2 - 0.05)).abs() < 1e-7, "{values:?}");
    assert!(values.data[3].is_nan(), "0 is nodata in integers");
}

#[test]
fn every_integer_and_float_type_reads_as_it_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scene.tif");
    macro_rules! check {
        ($($t:ty => $dtype:ident),*) => {$(
            Raster { bands: &["B04"], ..Raster::default() }.write::<$t>(&path, |_, x, y| (x * 3 + y + 1) as $t);
            let scene = open(&path);
            assert_eq!(scene.bands[0].dtype, Dtype::$dtype);
            let samples = SceneReader::new(&scene).samples(0, Window::new(2, 1, 3, 2)).unwrap();
            assert_eq!((0..6).map(|index| samples.get(index)).collect::<Vec<_>>(), [8.0, 11.0, 14.0, 9.0, 12.0, 15.0]);
        )*};
    }
    check!(u8 => U8, u16 => U16, i16 => I16, u32 => U32, i32 => I32, f32 => F32, f64 => F64);
}

/// Any window of any band, as fractions of its size.
fn windows() -> impl Strategy<Value = (usize, [f64; 4])> {
    (0..13_usize, [0.0..1.0, 0.0..1.0, 0.0..1.0, 0.0..1.0_f64])
}

fn window_in(width: usize, height: usize, part: [f64; 4]) -> Window {
    let x = (part[0] * width as f64) as usize;
    let y = (part[1] * height as f64) as usize;
    let right = x + 1 + (part[2] * (width - x - 1) as f64) as usize;
    let bottom = y + 1 + (part[3] * (height - y - 1) as f64) as usize;
    Window::new(x, y, right - x, bottom - y)
}

/// Reads windows alone and compares them with the same part of the whole.
fn windows_agree(scene: &raster::Scene, cases: u32) {
    let mut reader = SceneReader::new(scene);
    let whole: Vec<_> =
        (0..scene.bands.len()).map(|band| reader.reflectance(band, scene.grid.window()).unwrap()).collect();
    let stored: Vec<_> = (0..scene.bands.len())
        .map(|band| reader.reflectance_native(band, scene.bands[band].grid.window()).unwrap())
        .collect();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&windows(), |(band, part)| {
            let band = band % scene.bands.len();
            // A fresh reader: nothing may depend on what was read before.
            let mut alone = SceneReader::new(scene);
            let window = window_in(scene.grid.width, scene.grid.height, part);
            let cut = alone.reflectance(band, window).unwrap();
            prop_assert!(same(&cut.data, &whole[band].crop(window).data), "band {band}, {window:?}");
            let grid = &scene.bands[band].grid;
            let window = window_in(grid.width, grid.height, part);
            let cut = alone.reflectance_native(band, window).unwrap();
            prop_assert!(same(&cut.data, &stored[band].crop(window).data), "band {band} native, {window:?}");
            Ok(())
        })
        .unwrap();
}

/// Equal bit for bit, NaN included.
fn same(first: &[f32], second: &[f32]) -> bool {
    first.len() == second.len() && first.iter().zip(second).all(|(a, b)| a.to_bits() == b.to_bits())
}

#[test]
fn any_window_of_native_tiffs_equals_the_crop_of_the_whole() {
    let Some(path) = shared("s2-l1c-virginia-clear") else { return };
    windows_agree(&open(&path), 60);
}

#[test]
fn any_window_of_native_jpeg_2000_equals_the_crop_of_the_whole() {
    let Some(path) = shared("s2-l1c-jp2-native/IMG_DATA") else { return };
    windows_agree(&open(&path), 40);
}

#[test]
fn any_window_of_an_l2a_product_equals_the_crop_of_the_whole() {
    let Some(path) = shared("s2-safe").map(|path| first_safe(&path)) else { return };
    windows_agree(&open(&path), 40);
}
