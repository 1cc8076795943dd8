//! The bands of one raster file, with everything the file says about them.

use std::path::Path;

use gdal::{Dataset, Metadata};

use super::{intact, pam};
use crate::bands::Band;
use crate::raster::driver::{color_name, dtype_of, grid_of, metadata_of, open_raster, shown_path, zip_parts};
use crate::raster::{BandSource, Error, Grid, Nodata, Radiometry, RadiometrySource, Result, SceneBand};

/// More bands than any hyperspectral sensor has.
const MAX_BANDS: usize = 2000;

/// Band metadata that may hold a band's name.
const NAME_KEYS: [&str; 5] = ["BANDNAME", "BAND_NAME", "NAME", "LONG_NAME", "DESCRIPTION"];

/// All bands of one raster file, with what the file says about them.
pub(super) fn bands_of(dataset_name: &str) -> Result<(Dataset, Vec<SceneBand>)> {
    let dataset = open_raster(dataset_name)?;
    let path = shown_path(dataset_name);
    let grid = grid_of(&dataset);
    let count = dataset.raster_count();
    if count == 0 || grid.width == 0 || grid.height == 0 {
        return Err(Error::damaged(&path, "the file holds no raster band"));
    }
    if count > MAX_BANDS {
        return Err(Error::damaged(
            &path,
            format!("the file claims {count} bands; expected at most {MAX_BANDS}"),
        ));
    }
    if zip_parts(dataset_name).is_none() {
        intact::check(&dataset, &path)?;
    }
    let mut bands = (1..=count)
        .map(|index| band_of(&dataset, dataset_name, &path, &grid, index))
        .collect::<Result<Vec<_>>>()?;
    if bands.iter().any(|band| band.band.is_none()) {
        name_from_elsewhere(&mut bands, &dataset, &path)?;
    }
    Ok((dataset, bands))
}

/// Names bands that have no telling description: by their metadata, by the dataset's
/// (`Band_3=B04`), then by a sidecar.
fn name_from_elsewhere(bands: &mut [SceneBand], dataset: &Dataset, path: &Path) -> Result<()> {
    let dataset_metadata = metadata_of(dataset);
    let sidecar = pam::descriptions(path)?;
    for band in bands.iter_mut().filter(|band| band.band.is_none()) {
        let index = band.source.index;
        let stated = NAME_KEYS.iter().find_map(|key| Band::find_in(value_of(&band.metadata, key)?));
        let listed = || Band::find_in(value_of(&dataset_metadata, &format!("Band_{index}"))?);
        let beside = || Band::find_in(sidecar.get(&index)?);
        if let Some(found) = stated.or_else(listed).or_else(beside) {
            band.band = Some(found);
            found.name().clone_into(&mut band.name);
        }
    }
    Ok(())
}

/// The value of a key among `KEY=VALUE` items, whatever the key's case.
pub(super) fn value_of<'m>(metadata: &'m [String], key: &str) -> Option<&'m str> {
    metadata.iter().find_map(|item| {
        let (name, value) = item.split_once('=')?;
        name.eq_ignore_ascii_case(key).then_some(value)
    })
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
    if band.metadata_item("PIXELTYPE", "IMAGE_STRUCTURE").as_deref() == Some("SIGNEDBYTE") {
        let problem = format!(
            "band {index} has signed 8-bit values, which would be read as 0 to 255; store them as Int16 (gdal_translate)"
        );
        return Err(Error::damaged(path, problem));
    }
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
        name: match known {
            Some(band) => band.name().to_owned(),
            None if description.trim().is_empty() => format!("band {index}"),
            None => description.clone(),
        },
        description,
        source: BandSource { dataset: dataset_name.to_owned(), index },
        grid: grid.clone(),
        ratio: 1,
        dtype,
        nodata: Nodata::of(dtype, band.no_data_value(), radiometry.offset),
        radiometry,
        scale_tag,
        offset_tag,
        unit: band.unit(),
        color: color_name(band.color_interpretation()),
        metadata: metadata_of(&band),
    })
}
