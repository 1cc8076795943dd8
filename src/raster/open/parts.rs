//! What all readers share: bands of a raster file, and a scene assembled from bands.

use std::path::Path;

use gdal::{Dataset, Metadata};

use crate::bands::{Band, Level};
use crate::raster::driver::{color_name, dtype_of, grid_of, metadata_of, open_raster, shown_path};
use crate::raster::{
    BandSource, Error, Grid, Nodata, Radiometry, RadiometrySource, Result, Scene, SceneBand, SceneKind,
    SceneOptions,
};

/// All bands of one raster file, with what the file says about them.
pub(super) fn bands_of(dataset_name: &str) -> Result<(Dataset, Vec<SceneBand>)> {
    let dataset = open_raster(dataset_name)?;
    let path = shown_path(dataset_name);
    let grid = grid_of(&dataset);
    let count = dataset.raster_count();
    if count == 0 || grid.width == 0 || grid.height == 0 {
        return Err(Error::damaged(&path, "the file holds no raster band"));
    }
    let bands = (1..=count)
        .map(|index| band_of(&dataset, dataset_name, &path, &grid, index))
        .collect::<Result<_>>()?;
    Ok((dataset, bands))
}

fn band_of(
    dataset: &Dataset,
    dataset_name: &str,
    path: &Path,
    grid: &Grid,
    index: usize,
) -> Result<SceneBand> {
    let band = dataset
        .rasterband(index)
        .map_err(|error| Error::damaged(path, format!("band {index} cannot be read ({error})")))?;
    let dtype = dtype_of(band.band_type(), path, index)?;
    let description = band.description().unwrap_or_default();
    // GDAL answers 1 and 0 for "not set" as well as for tags that say so; both mean the same.
    let scale_tag = band.scale().filter(|&scale| scale != 1.0);
    let offset_tag = band.offset().filter(|&offset| offset != 0.0);
    let radiometry = if scale_tag.is_some() || offset_tag.is_some() {
        Radiometry {
            scale: scale_tag.unwrap_or(1.0),
            offset: offset_tag.unwrap_or(0.0),
            source: RadiometrySource::Tags,
        }
    } else {
        Radiometry::assumed(dtype)
    };
    if !radiometry.scale.is_finite() || radiometry.scale <= 0.0 || !radiometry.offset.is_finite() {
        return Err(Error::damaged(
            path,
            format!(
                "band {index} has scale {} and offset {}; expected a positive scale and a finite offset",
                radiometry.scale, radiometry.offset
            ),
        ));
    }
    let known = Band::find_in(&description);
    Ok(SceneBand {
        band: known,
        name: known.map_or_else(|| format!("band {index}"), |band| band.name().to_owned()),
        description,
        source: BandSource { dataset: dataset_name.to_owned(), index },
        grid: grid.clone(),
        ratio: 1,
        dtype,
        nodata: Nodata { declared: band.no_data_value(), zero: dtype.is_integer() },
        radiometry,
        scale_tag,
        offset_tag,
        unit: band.unit(),
        color: color_name(band.color_interpretation()),
        metadata: metadata_of(&band),
    })
}

/// Everything a reader knows besides the bands.
pub(super) struct Origin<'a> {
    pub path: &'a Path,
    pub kind: SceneKind,
    pub level: Option<Level>,
}

/// Makes a scene of bands: applies the analyst's options, finds the reference grid, checks that
/// the grids nest, and sorts the bands into the project's order.
pub(super) fn assemble(
    origin: &Origin<'_>,
    mut bands: Vec<SceneBand>,
    options: &SceneOptions,
) -> Result<Scene> {
    name_bands(&mut bands, options)?;
    refuse_duplicates(origin.path, &bands)?;
    if let Some(option) = options.radiometry {
        for band in bands.iter_mut().filter(|band| band.band.is_none_or(Band::is_optical)) {
            band.radiometry = option.radiometry();
        }
    }
    let grid = finest_grid(&bands, origin.path)?;
    for band in &mut bands {
        band.ratio = ratio_to(&grid, band, origin.path)?;
    }
    if origin.kind != SceneKind::GeoTiff {
        // A single file keeps its own band order: its export has the same bands in the same place.
        bands.sort_by_key(|band| band.band.map_or((1, 0), |known| (0, known as u8)));
    }
    let mut scene = Scene {
        path: origin.path.to_owned(),
        kind: origin.kind,
        level: options.level.or(origin.level),
        baseline: None,
        sensed: None,
        sun: None,
        grid,
        bands,
        masks: Vec::new(),
        metadata: Vec::new(),
        warnings: Vec::new(),
    };
    scene.warnings = warnings_about(&scene);
    Ok(scene)
}

fn name_bands(bands: &mut [SceneBand], options: &SceneOptions) -> Result<()> {
    let Some(names) = &options.bands else { return Ok(()) };
    if names.len() != bands.len() {
        return Err(Error::Option {
            option: "--bands",
            problem: format!("{} names were given for a scene of {} bands", names.len(), bands.len()),
        });
    }
    for (band, &name) in bands.iter_mut().zip(names) {
        band.band = Some(name);
        name.name().clone_into(&mut band.name);
    }
    Ok(())
}

fn refuse_duplicates(path: &Path, bands: &[SceneBand]) -> Result<()> {
    for (index, band) in bands.iter().enumerate() {
        if band.band.is_some() && bands[..index].iter().any(|other| other.band == band.band) {
            return Err(Error::damaged(
                path,
                format!("band {} occurs twice; name the bands in order with --bands", band.name),
            ));
        }
    }
    Ok(())
}

fn finest_grid(bands: &[SceneBand], path: &Path) -> Result<Grid> {
    bands
        .iter()
        .max_by_key(|band| (band.grid.width, !band.grid.crs_wkt.is_empty()))
        .map(|band| band.grid.clone())
        .ok_or_else(|| Error::NotAScene { path: path.to_owned(), reason: "it holds no band".into() })
}

/// How many reference pixels lie along one pixel of a band.
fn ratio_to(grid: &Grid, band: &SceneBand, path: &Path) -> Result<usize> {
    let ratio = (grid.width as f64 / band.grid.width as f64).round() as usize;
    let fits = |fine: usize, coarse: usize| ratio > 0 && fine.div_ceil(ratio) == coarse;
    if fits(grid.width, band.grid.width) && fits(grid.height, band.grid.height) {
        return Ok(ratio);
    }
    Err(Error::GridMismatch {
        path: path.to_owned(),
        problem: format!(
            "band {} has {} × {} pixels, which does not nest in the finest band's {} × {}; expected the same size or a whole fraction of it",
            band.name, band.grid.width, band.grid.height, grid.width, grid.height
        ),
    })
}

fn warnings_about(scene: &Scene) -> Vec<String> {
    let mut warnings = Vec::new();
    if scene.grid.geotransform.is_none() || scene.grid.crs_wkt.is_empty() {
        warnings
            .push("the scene has no coordinate reference system; the result will have none either".into());
    }
    if scene.grid.is_rotated() {
        warnings.push("the geotransform is rotated; the result keeps it as it is".into());
    }
    if scene.level.is_none() {
        warnings.push("the processing level is unknown; give --level L1C or L2A".into());
    }
    let unknown: Vec<_> =
        scene.bands.iter().filter(|band| band.band.is_none()).map(|band| band.name.as_str()).collect();
    if !unknown.is_empty() {
        warnings.push(format!(
            "not recognised as Sentinel bands: {}; name them with --bands",
            unknown.join(", ")
        ));
    }
    warnings
}
