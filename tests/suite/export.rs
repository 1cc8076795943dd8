//! Exports: what a file carries from its source, that it appears whole or not at all, and that
//! `declouder verify` proves or refutes it.

use std::path::Path;

use declouder::progress::Silent;
use declouder::raster::export::{Format, OutputBand, OutputSpec, RasterWriter, commit};
use declouder::raster::{Dtype, Result, Samples, Scene, SceneOptions, SceneReader, open};

use super::support::shared;

fn pairs(items: &[String]) -> Vec<(String, String)> {
    items
        .iter()
        .filter_map(|item| item.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// Exports a single-size scene unchanged, with an empty `synthetic` band.
fn export_unchanged(scene: &Scene, path: &Path, format: Format, overwrite: bool) -> Result<()> {
    let mut bands: Vec<_> = scene.bands.iter().map(OutputBand::like).collect();
    bands.push(OutputBand::synthetic(bands[0].dtype));
    let spec = OutputSpec {
        path: path.to_owned(),
        grid: scene.grid.clone(),
        bands,
        metadata: pairs(&scene.metadata),
        format,
    };
    let mut writer = RasterWriter::create(spec, overwrite)?;
    let mut reader = SceneReader::new(scene);
    for strip in scene.grid.strips(512) {
        for band in 0..scene.bands.len() {
            writer.write(band, strip, &reader.samples(band, strip)?)?;
        }
        writer.write(scene.bands.len(), strip, &zeros(scene.bands[0].dtype, strip.len()))?;
    }
    commit(vec![writer.finish(&Silent)?]).map(drop)
}

fn zeros(dtype: Dtype, len: usize) -> Samples {
    Samples::zeros(dtype, len)
}

#[test]
fn an_export_carries_all_that_the_source_says() {
    let Some(data) = shared("betsiboka") else { return };
    let scene = open(&data.join("scene.tif"), &SceneOptions::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, format) in [("out.tif", Format::GeoTiff), ("cog.tif", Format::Cog)] {
        let path = folder.path().join(name);
        export_unchanged(&scene, &path, format, false).unwrap();
        let copy = open(&path, &SceneOptions::default()).unwrap();
        assert_eq!(copy.grid, scene.grid);
        assert_eq!(copy.bands.len(), scene.bands.len() + 1);
        if let Ok(keep) = std::env::var("KEEP") {
            std::fs::copy(&path, Path::new(&keep).join(name)).unwrap();
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "only the outputs are there");
}

/// `EXPORT_FROM=scene.tif EXPORT_TO=copy.tif cargo test --release export_speed -- --ignored`: the
/// time of the writer alone can be compared with `gdal_translate`'s for the same options.
#[test]
#[ignore = "a measurement, not a proof"]
fn export_speed() {
    let (Ok(from), Ok(to)) = (std::env::var("EXPORT_FROM"), std::env::var("EXPORT_TO")) else { return };
    let scene = open(Path::new(&from), &SceneOptions::default()).unwrap();
    let start = std::time::Instant::now();
    export_unchanged(&scene, Path::new(&to), Format::GeoTiff, true).unwrap();
    eprintln!("{:.1} s", start.elapsed().as_secs_f64());
}
