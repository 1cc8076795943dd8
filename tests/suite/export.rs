//! Exports: a file says everything its source said, holds the same bits where nothing was made, and
//! `declouder verify` proves or refutes that from the files alone.
#![cfg(feature = "gdal")]

use std::fs;
use std::path::{Path, PathBuf};

use declouder::decloud::verify::{Verdict, verify};
use declouder::progress::Silent;
use declouder::raster::export::{Format, OutputBand, OutputSpec, RasterWriter, commit};
use declouder::raster::{Dtype, Result, Samples, Scene, SceneOptions, SceneReader, Window, open};
use gdal::raster::{Buffer, ColorInterpretation, GdalType};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags, Metadata};

use super::fixtures::{PLACED, Raster, ramp};
use super::support::{declouder, outcome, shared};

fn opened(path: &Path) -> Scene {
    open(path, &SceneOptions::default()).unwrap()
}

/// Opens a file of a test to change it behind the program's back.
pub fn for_change(path: &Path) -> Dataset {
    let options = DatasetOptions { open_flags: GdalOpenFlags::GDAL_OF_UPDATE, ..DatasetOptions::default() };
    Dataset::open_ex(path, options).unwrap()
}

/// Sets one pixel of a band (from 1).
fn poke<T: GdalType + Copy>(path: &Path, band: usize, at: (isize, isize), value: T) {
    let dataset = for_change(path);
    let mut raster = dataset.rasterband(band).unwrap();
    raster.write(at, (1, 1), &mut Buffer::new((1, 1), vec![value])).unwrap();
    dataset.close().unwrap();
}

fn peek(path: &Path, band: usize, at: (isize, isize)) -> u16 {
    Dataset::open(path).unwrap().rasterband(band).unwrap().read_as(at, (1, 1), (1, 1), None).unwrap().data()
        [0]
}

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

/// A mask with a cloud in the upper left quarter, on the grid of `scene`.
fn quarter_mask(scene: &Scene, path: &Path) {
    let grid = &scene.grid;
    let raster = Raster {
        width: grid.width,
        height: grid.height,
        bands: &["mask"],
        geotransform: grid.geotransform,
        epsg: None,
        options: &["COMPRESS=DEFLATE"],
    };
    let (right, bottom) = (grid.width / 2, grid.height / 2);
    raster.write(path, |_, x, y| u8::from(x < right && y < bottom));
    if !grid.crs_wkt.is_empty() {
        let mut dataset = for_change(path);
        dataset.set_projection(&grid.crs_wkt).unwrap();
        dataset.close().unwrap();
    }
}

/// Declouds `source` under [`quarter_mask`] into `folder/OUT.tif`.
fn declouded(source: &Path, folder: &Path, options: &[&str]) -> PathBuf {
    let (mask, output) = (folder.join("mask.tif"), folder.join("OUT.tif"));
    quarter_mask(&opened(source), &mask);
    let mut args = vec!["decloud", source.to_str().unwrap(), "-o", output.to_str().unwrap()];
    args.extend(["--mask", mask.to_str().unwrap()]);
    args.extend(options);
    let (code, out, err) = outcome(&declouder(&args));
    assert_eq!(code, 0, "{out}{err}");
    output
}

/// What `declouder verify --json` says: exit code and verdict.
fn verified(source: &Path, output: &Path) -> (i32, serde_json::Value) {
    let run = declouder(&["verify", source.to_str().unwrap(), output.to_str().unwrap(), "--json", "--quiet"]);
    let (code, out, err) = outcome(&run);
    let verdict = out
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find(|value| value.get("proven").is_some());
    (code, verdict.unwrap_or_else(|| serde_json::json!({ "error": err })))
}

#[test]
fn a_real_scene_of_one_size_is_proven_and_every_tampering_is_caught() {
    let Some(data) = shared("betsiboka") else { return };
    let source = data.join("scene.tif");
    for options in [&[][..], &["--cog"]] {
        let folder = tempfile::tempdir().unwrap();
        let output = declouded(&source, folder.path(), options);
        let (code, verdict) = verified(&source, &output);
        assert_eq!((code, &verdict["proven"]), (0, &true.into()), "{verdict}");
        assert!(verdict["made"].as_u64() > Some(0) && verdict["copied"].as_u64() > Some(0), "{verdict}");
        assert_eq!(verdict["problems"], serde_json::json!([]), "{verdict}");
        assert_eq!(verified(&source, &folder.path().join("OUT.report.json")).0, 0, "found by its report");
    }
    let folder = tempfile::tempdir().unwrap();
    let output = declouded(&source, folder.path(), &[]);
    let intact = fs::read(&output).unwrap();
    let (x, y) = (400, 700);
    let right = peek(&output, 4, (x, y));

    poke(&output, 4, (x, y), right ^ 1);
    let (code, verdict) = verified(&source, &output);
    assert_eq!((code, verdict["changed"].as_u64()), (1, Some(1)), "one bit of one pixel: {verdict}");
    let first = &verdict["first_difference"];
    assert_eq!(
        (&first["band"], &first["x"], &first["y"]),
        (&"B04".into(), &x.into(), &y.into()),
        "{verdict}"
    );
    assert_eq!(first["source"], right.to_string(), "{verdict}");

    fs::write(&output, &intact).unwrap();
    poke(&output, 14, (x, y), 255_u16);
    let (code, verdict) = verified(&source, &output);
    assert_eq!(code, 1, "a copied pixel marked as made contradicts the report: {verdict}");

    fs::write(&output, &intact).unwrap();
    poke(&output, 14, (x, y), 256_u16);
    assert_eq!(verified(&source, &output).0, 1, "a mark beyond 255 is no mark");

    for part in [1, intact.len() / 2, intact.len() - 1] {
        fs::write(&output, &intact[..part]).unwrap();
        let (code, verdict) = verified(&source, &output);
        assert_eq!(code, 1, "{part} bytes of {}: {verdict}", intact.len());
    }
    fs::write(&output, &intact).unwrap();
    assert_eq!(verified(&source, &output).0, 0, "the intact file again");
}

#[test]
fn an_output_of_another_place_size_or_without_marks_is_not_proven() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.tif");
    Raster { width: 90, height: 70, ..Raster::default() }.write(&source, ramp);
    let output = declouded(&source, folder.path(), &[]);
    assert_eq!(verified(&source, &output).0, 0);

    let other = folder.path().join("other.tif");
    let elsewhere = Some([500_000.5, 10.0, 0.0, 4_200_000.0, 0.0, -10.0]);
    let others = [
        (Raster { width: 91, height: 70, ..Raster::default() }, "pixels"),
        (Raster { width: 90, height: 70, geotransform: elsewhere, ..Raster::default() }, "elsewhere"),
        (Raster { width: 90, height: 70, epsg: Some(32634), ..Raster::default() }, "coordinate reference"),
        (
            Raster {
                width: 90,
                height: 70,
                bands: &["B02", "B03", "B04", "B08", "B8A"],
                ..Raster::default()
            },
            "no synthetic band",
        ),
        (Raster { width: 90, height: 70, bands: &["B02", "B03", "B04", "B05"], ..Raster::default() }, "B05"),
    ];
    for (raster, expected) in others {
        raster.write(&other, ramp);
        let (code, verdict) = verified(&other, &output);
        let problems = verdict["problems"].to_string();
        assert!(code == 1 && problems.contains(expected), "{expected}: {verdict}");
    }
    Raster { width: 90, height: 70, ..Raster::default() }.write(&other, |b, x, y| f32::from(ramp(b, x, y)));
    let (code, verdict) = verified(&other, &output);
    assert!(code == 1 && verdict["problems"].to_string().contains("type"), "{verdict}");

    let (code, verdict) = verified(&source, &source);
    assert!(code == 1 && verdict["problems"].to_string().contains("synthetic"), "{verdict}");
    assert_eq!(verified(&source, &folder.path().join("nothing.tif")).0, 1);
}

#[test]
fn not_a_number_is_copied_with_its_payload_and_a_lost_payload_is_caught() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.tif");
    let payload = f32::from_bits(0x7fc1_2345);
    let value = |band: usize, x: usize, y: usize| match (x, y) {
        (80, 60) => payload,
        (81, 60) => f32::INFINITY,
        (82, 60) => -0.0,
        _ => f32::from(ramp(band, x, y)) / 10_000.0,
    };
    Raster { width: 90, height: 70, ..Raster::default() }.write(&source, value);
    let output = declouded(&source, folder.path(), &[]);
    assert_eq!(verified(&source, &output).0, 0);
    for (column, wrong) in [(80, f32::NAN), (81, f32::NEG_INFINITY), (82, 0.0)] {
        let intact = fs::read(&output).unwrap();
        poke(&output, 2, (column, 60), wrong);
        let (code, verdict) = verified(&source, &output);
        assert_eq!((code, verdict["changed"].as_u64()), (1, Some(1)), "{wrong}: {verdict}");
        fs::write(&output, intact).unwrap();
    }
}

#[test]
fn a_scene_of_several_sizes_is_proven_file_by_file_from_any_of_its_names() {
    let Some(source) = shared("s2-l1c-virginia-clear") else { return };
    let folder = tempfile::tempdir().unwrap();
    let output = declouded(&source, folder.path(), &[]);
    assert!(!output.exists(), "there is one file a size, and none without");
    let sizes = [("OUT.R10m.tif", 1080, 5), ("OUT.R20m.tif", 540, 7), ("OUT.R60m.tif", 180, 4)];
    for (name, side, bands) in sizes {
        let part = opened(&folder.path().join(name));
        assert_eq!((part.grid.width, part.grid.height, part.bands.len()), (side, side, bands), "{name}");
    }
    for name in ["OUT.tif", "OUT.R10m.tif", "OUT.R60m.tif", "OUT.report.json"] {
        let (code, verdict) = verified(&source, &folder.path().join(name));
        assert_eq!(code, 0, "{name}: {verdict}");
        assert_eq!(verdict["bands"].as_array().unwrap().len(), 13, "{name}");
    }
    let part = folder.path().join("OUT.R20m.tif");
    poke(&part, 3, (500, 500), peek(&part, 3, (500, 500)).wrapping_add(1));
    let (code, verdict) = verified(&source, &folder.path().join("OUT.R10m.tif"));
    assert_eq!((code, verdict["changed"].as_u64()), (1, Some(1)), "changed in another part: {verdict}");
    fs::remove_file(part).unwrap();
    let (code, verdict) = verified(&source, &folder.path().join("OUT.R10m.tif"));
    assert!(code == 1 && verdict["problems"].to_string().contains("OUT.R20m.tif is missing"), "{verdict}");
}

#[test]
fn a_plain_export_has_the_sources_bands_and_its_marks_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.tif");
    Raster { width: 90, height: 70, ..Raster::default() }.write(&source, ramp);
    let output = declouded(&source, folder.path(), &["--plain"]);
    assert_eq!(opened(&output).bands.len(), 4);
    let marks = folder.path().join("OUT.synthetic.tif");
    for name in [&output, &marks] {
        assert_eq!(verified(&source, name).0, 0, "{}", name.display());
    }
    poke(&output, 1, (89, 69), 1_u16);
    assert_eq!(verified(&source, &output).0, 1, "a changed pixel");
    fs::remove_file(marks).unwrap();
    let (code, verdict) = verified(&source, &output);
    assert!(code == 1 && verdict["problems"].to_string().contains("no synthetic band"), "{verdict}");
}

#[test]
fn the_report_and_the_tags_state_the_same_facts() {
    let Some(data) = shared("betsiboka") else { return };
    let source = data.join("scene.tif");
    let folder = tempfile::tempdir().unwrap();
    let output = declouded(&source, folder.path(), &["--level", "L1C"]);
    let text = fs::read_to_string(folder.path().join("OUT.report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let tags = opened(&output).metadata;
    let tag = |key: &str| {
        let prefix = format!("DECLOUDER_{key}=");
        tags.iter()
            .find_map(|item| item.strip_prefix(&prefix))
            .unwrap_or_else(|| panic!("no tag {key}"))
            .to_owned()
    };
    assert_eq!(tag("ENGINE"), report["engine"]["name"].as_str().unwrap());
    assert_eq!(tag("MASK"), report["mask"]["source"].as_str().unwrap());
    assert_eq!(tag("LEVEL"), "L1C");
    assert_eq!(tag("ATTRIBUTION"), "Contains modified Copernicus Sentinel data");
    let listed = |key: &str| -> Vec<u64> {
        report["bands"].as_array().unwrap().iter().map(|band| band[key].as_u64().unwrap()).collect()
    };
    for (name, key) in [("COPIED", "copied"), ("MADE", "made"), ("NODATA", "nodata")] {
        let numbers: Vec<u64> = tag(name).split(',').map(|number| number.parse().unwrap()).collect();
        assert_eq!(numbers, listed(key), "{name}");
    }
    let totals: Vec<u64> = listed("copied")
        .iter()
        .zip(listed("made"))
        .zip(listed("nodata"))
        .map(|((a, b), c)| a + b + c)
        .collect();
    assert_eq!(totals, vec![512 * 856; 13]);
    let digest = report["source"]["files"][0]["sha256"].as_str().unwrap();
    let sum = std::process::Command::new("sha256sum").arg(&source).output().unwrap();
    assert!(String::from_utf8_lossy(&sum.stdout).starts_with(digest), "the digest is sha256sum's");

    let lie = text.replacen("\"made\": ", "\"made\": 1", 1);
    fs::write(folder.path().join("OUT.report.json"), lie).unwrap();
    let (code, verdict) = verified(&source, &output);
    assert!(code == 1 && verdict["problems"].to_string().contains("the report states"), "{verdict}");
}

#[test]
fn a_style_for_qgis_shows_true_colour_and_keeps_the_marks_visible() {
    let Some(source) = shared("s2-l1c-virginia-clear") else { return };
    let folder = tempfile::tempdir().unwrap();
    declouded(&source, folder.path(), &["--qml"]);
    let style = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
    let text = style("OUT.R10m.qml");
    let document = roxmltree::Document::parse_with_options(&text, options).unwrap();
    let element = |name: &str| document.descendants().find(|node| node.has_tag_name(name)).unwrap();
    let renderer = element("rasterrenderer");
    let part = opened(&folder.path().join("OUT.R10m.tif"));
    for (attribute, band) in [("redBand", "B04"), ("greenBand", "B03"), ("blueBand", "B02")] {
        let number: usize = renderer.attribute(attribute).unwrap().parse().unwrap();
        assert_eq!(part.bands[number - 1].name, band);
    }
    let white = element("redContrastEnhancement").children().find(|node| node.has_tag_name("maxValue"));
    assert_eq!(white.unwrap().text(), Some("3000"));
    let nodata: Vec<_> = document
        .descendants()
        .filter(|node| node.has_tag_name("noDataList"))
        .map(|node| node.attribute("useSrcNoData").unwrap())
        .collect();
    assert_eq!(nodata, ["1", "1", "1", "1", "0"], "0 is no nodata in synthetic");
    assert!(style("OUT.R20m.qml").contains("multibandcolor"), "short-wave infrared");
    assert!(style("OUT.R60m.qml").contains("singlebandgray"));
}

#[test]
fn a_stac_item_says_when_where_and_what() {
    let Some(patches) = shared("bigearthnet-v1/BigEarthNet-S2") else { return };
    let mut sources: Vec<_> = fs::read_dir(patches).unwrap().map(|entry| entry.unwrap().path()).collect();
    sources.retain(|path| path.is_dir());
    sources.sort();
    let source = &sources[0];
    let folder = tempfile::tempdir().unwrap();
    declouded(source, folder.path(), &["--stac"]);
    let text = fs::read_to_string(folder.path().join("OUT.stac.json")).unwrap();
    let item: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&item["type"], &item["stac_version"]), (&"Feature".into(), &"1.0.0".into()));
    let scene = opened(source);
    assert_eq!(item["properties"]["datetime"], scene.sensed.clone().unwrap());
    let (latitude, longitude) = declouder::raster::center_lat_lon(&scene.grid).unwrap();
    let bbox: Vec<f64> =
        item["bbox"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
    assert!(
        bbox[0] < longitude && longitude < bbox[2] && bbox[1] < latitude && latitude < bbox[3],
        "{bbox:?}"
    );
    for (key, file) in [("R10m", "OUT.R10m.tif"), ("R20m", "OUT.R20m.tif"), ("R60m", "OUT.R60m.tif")] {
        let asset = &item["assets"][key];
        assert_eq!(asset["href"], format!("./{file}"));
        assert_eq!(asset["file:size"], fs::metadata(folder.path().join(file)).unwrap().len());
        let bands = opened(&folder.path().join(file)).bands.len();
        assert_eq!(asset["raster:bands"].as_array().unwrap().len(), bands, "{key}");
        assert_eq!(asset["eo:bands"].as_array().unwrap().len(), bands, "{key}");
    }
    if let Ok(keep) = std::env::var("KEEP") {
        fs::write(Path::new(&keep).join("OUT.stac.json"), text).unwrap();
    }
}

#[test]
fn a_stac_item_of_a_scene_without_a_time_is_refused_before_any_work() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.tif");
    Raster::default().write(&source, ramp);
    let output = folder.path().join("OUT.tif");
    let run = declouder(&["decloud", source.to_str().unwrap(), "-o", output.to_str().unwrap(), "--stac"]);
    let (code, _, err) = outcome(&run);
    assert!(code == 2 && err.contains("--stac") && err.contains("sensed"), "{code} {err}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only the source is there");
}

/// Shown to a reader, a verdict names what matters first.
#[test]
fn a_verdict_begins_with_whether_it_is_proven() {
    let verdict = Verdict {
        proven: false,
        copied: 1,
        made: 1,
        changed: 2,
        first_difference: None,
        bands: Vec::new(),
        problems: vec!["x".into()],
        warnings: Vec::new(),
    };
    assert!(verdict.to_string().starts_with("NOT proven"));
}
