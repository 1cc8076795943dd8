//! What a written file says and holds.

use std::fs;
use std::path::Path;

use declouder::decloud::verify::verify;
use declouder::progress::Silent;
use declouder::raster::export::{Format, OutputBand, OutputSpec, RasterWriter, commit};
use declouder::raster::{Dtype, Result, Samples, Scene, SceneOptions, SceneReader, Window};
use gdal::raster::{ColorInterpretation, GdalType};
use gdal::{Dataset, Metadata};

use super::super::fixtures::{PLACED, Raster, ramp};
use super::{for_change, opened};

/// Exports a single-size scene unchanged, with an empty `synthetic` band, in strips of `rows` rows.
fn export_unchanged(scene: &Scene, path: &Path, format: Format, rows: usize) -> Result<()> {
    let mut bands: Vec<_> = scene.bands.iter().map(OutputBand::like).collect();
    bands.push(OutputBand::synthetic(bands[0].dtype));
    let split = |item: &String| item.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
    let metadata = scene.metadata.iter().filter_map(split).collect();
    let grid = scene.grid.clone();
    let mut writer =
        RasterWriter::create(OutputSpec { path: path.to_owned(), grid, bands, metadata, format }, true)?;
    let mut reader = SceneReader::new(scene);
    for strip in scene.grid.strips(rows) {
        for band in 0..scene.bands.len() {
            writer.write(band, strip, &reader.samples(band, strip)?)?;
        }
        writer.write(scene.bands.len(), strip, &Samples::zeros(scene.bands[0].dtype, strip.len()))?;
    }
    commit(vec![writer.finish(&Silent)?]).map(drop)
}

/// What a reader sees of two scenes' bands, apart from `synthetic` and names of files.
fn said(scene: &Scene, count: usize) -> Vec<String> {
    let band = |index: usize| {
        let band = &scene.bands[index];
        format!(
            "{} {:?} {:?} {:?} {:?} {} {} {:?}",
            band.description,
            band.dtype,
            band.nodata.declared.map(f64::to_bits),
            band.scale_tag,
            band.offset_tag,
            band.unit,
            band.color,
            band.metadata
        )
    };
    (0..count).map(band).collect()
}

/// A source with everything a GeoTIFF can say.
fn telling<T: GdalType + Copy>(
    path: &Path,
    raster: &Raster<'_>,
    nodata: Option<f64>,
    value: impl Fn(usize) -> T,
) {
    raster.write(path, |band, x, y| value(band * 1000 + y * raster.width + x));
    let mut dataset = for_change(path);
    dataset.set_metadata_item("TIFFTAG_DATETIME", "2020:01:02 03:04:05", "").unwrap();
    dataset.set_metadata_item("Ünïcode key", "a=b; \"c\" <d>", "").unwrap();
    for index in 1..=raster.bands.len() {
        let mut band = dataset.rasterband(index).unwrap();
        band.set_no_data_value(nodata).unwrap();
        band.set_scale(0.0001 * index as f64).unwrap();
        band.set_offset(-0.1).unwrap();
        let color = match index % 3 {
            1 => ColorInterpretation::BlueBand,
            2 => ColorInterpretation::GreenBand,
            _ => ColorInterpretation::RedBand,
        };
        band.set_color_interpretation(color).unwrap();
        band.set_metadata_item("WAVELENGTH", &format!("{}", 400 + index), "").unwrap();
    }
    dataset.close().unwrap();
}

/// Writes a source of one sample type.
type Make<'a> = Box<dyn Fn() + 'a>;

#[test]
fn an_export_says_everything_its_source_said() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.tif");
    let rotated = Some([500_000.0, 8.0, 6.0, 4_200_000.0, 6.0, -8.0]);
    let shapes = [
        (16, 12, Some(PLACED), Some(32633)),
        (1, 1, Some(PLACED), Some(4326)),
        (700, 1, None, None),
        (3, 1030, rotated, Some(3035)),
        (600, 520, Some([0.123_456_789_012_345, 1.0 / 3.0, 0.0, -7.7, 0.0, -1.0 / 3.0]), Some(4326)),
    ];
    for (width, height, geotransform, epsg) in shapes {
        let raster =
            Raster { width, height, geotransform, epsg, bands: &["B02", "B03", "B04"], options: &[] };
        let makes: [Make<'_>; 7] = [
            Box::new(|| telling(&source, &raster, Some(0.0), |at| (at % 251) as u8)),
            Box::new(|| telling(&source, &raster, Some(0.0), |at| (at % 10_007) as u16)),
            Box::new(|| telling(&source, &raster, Some(-9999.0), |at| at as i16)),
            Box::new(|| telling(&source, &raster, None, |at| (at as u32).wrapping_mul(77_777))),
            Box::new(|| telling(&source, &raster, Some(-1.0), |at| at as i32 - 1000)),
            Box::new(|| {
                telling(&source, &raster, Some(f64::NAN), |at| {
                    f32::from_bits((at as u32).wrapping_mul(0x0101_0101))
                });
            }),
            Box::new(|| telling(&source, &raster, Some(-1e30), |at| (at as f64).sqrt() - 5.0)),
        ];
        for make in makes {
            make();
            let scene = opened(&source);
            for (name, format) in [("out.tif", Format::GeoTiff), ("cog.tif", Format::Cog)] {
                let path = folder.path().join(name);
                export_unchanged(&scene, &path, format, 512).unwrap();
                let copy = opened(&path);
                let what = format!("{name} {:?} {width} × {height}", scene.bands[0].dtype);
                assert_eq!(said(&copy, 3), said(&scene, 3), "{what}");
                assert_eq!(copy.bands[3].description, "synthetic", "{what}");
                for item in &scene.metadata {
                    assert!(copy.metadata.contains(item), "{what}: {item} is lost");
                }
                let verdict = verify(&source, &path, &SceneOptions::default(), &Silent).unwrap();
                assert!(verdict.proven, "{what}: {verdict}");
                assert_eq!(verdict.copied, 3 * (width * height) as u64, "{what}");
            }
        }
    }
}

#[test]
fn overviews_are_means_whatever_the_height_of_the_strips() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.tif");
    let (width, height) = (1301, 1163);
    let raster = Raster { width, height, bands: &["B02", "B03"], ..Raster::default() };
    raster.write(&source, |band, x, y| if x < 9 { 0 } else { ramp(band, x % 991, y) });
    let dataset = for_change(&source);
    dataset.rasterband(1).unwrap().set_no_data_value(Some(0.0)).unwrap();
    dataset.close().unwrap();
    let scene = opened(&source);
    let mut seen: Option<Vec<Vec<u16>>> = None;
    for rows in [512, 1024, 1163, 100, 1] {
        let path = folder.path().join("out.tif");
        export_unchanged(&scene, &path, Format::GeoTiff, rows).unwrap();
        let dataset = Dataset::open(&path).unwrap();
        let band = dataset.rasterband(1).unwrap();
        assert_eq!(band.overview_count().unwrap(), 2);
        let levels: Vec<Vec<u16>> = (0..2)
            .map(|level| {
                let overview = band.overview(level).unwrap();
                assert_eq!(overview.size(), (width.div_ceil(2 << level), height.div_ceil(2 << level)));
                overview.read_band_as().unwrap().data().to_vec()
            })
            .collect();
        // Columns 8 and 9 are averaged; column 8 is nodata and takes no part.
        let expected = (u32::from(ramp(0, 9, 0)) + u32::from(ramp(0, 9, 1))).div_ceil(2);
        assert_eq!(u32::from(levels[0][4]), expected);
        assert_eq!(seen.get_or_insert_with(|| levels.clone()), &levels, "strips of {rows} rows");
    }
}

#[test]
fn rows_out_of_order_missing_or_of_another_type_are_refused_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.tif");
    Raster::default().write(&source, ramp);
    let scene = opened(&source);
    let path = folder.path().join("out.tif");
    let writer = || {
        let spec = OutputSpec {
            path: path.clone(),
            grid: scene.grid.clone(),
            bands: scene.bands.iter().map(OutputBand::like).collect(),
            metadata: Vec::new(),
            format: Format::GeoTiff,
        };
        RasterWriter::create(spec, false).unwrap()
    };
    let row = |y| Window::new(0, y, 16, 1);
    assert!(writer().write(0, row(1), &Samples::zeros(Dtype::U16, 16)).is_err(), "row 1 before row 0");
    assert!(writer().write(4, row(0), &Samples::zeros(Dtype::U16, 16)).is_err(), "no such band");
    assert!(writer().write(0, row(0), &Samples::zeros(Dtype::U8, 16)).is_err(), "another type");
    assert!(writer().write(0, row(0), &Samples::zeros(Dtype::U16, 15)).is_err(), "too few values");
    let error = writer().finish(&Silent).unwrap_err().to_string();
    assert!(error.contains("B02") && error.contains("row 0"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only the source is there");
}
