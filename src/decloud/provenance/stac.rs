//! A STAC item (`OUT.stac.json`): the export as a catalogue wants it, version 1.0.0 with the
//! extensions eo, file, processing, projection and raster.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::{Report, file_name};
use crate::bands::Band;
use crate::raster::export::{OutputFile, footprint};
use crate::raster::{Dtype, Error, Result, Scene, SceneBand, crs_name};

/// Schemas of the extensions used.
const EXTENSIONS: [&str; 5] = [
    "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
    "https://stac-extensions.github.io/file/v2.1.0/schema.json",
    "https://stac-extensions.github.io/processing/v1.1.0/schema.json",
    "https://stac-extensions.github.io/projection/v1.1.0/schema.json",
    "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
];

/// Terms of use of Sentinel data.
const LICENSE: &str = "https://sentinels.copernicus.eu/documents/247904/690755/Sentinel_Data_Legal_Notice";

/// Whether an item can be made of a scene: STAC demands to know when it was sensed.
///
/// # Errors
/// [`Error::Option`] where that is unknown.
pub fn check_stac(scene: &Scene) -> Result<()> {
    if scene.sensed.as_deref().and_then(rfc_3339).is_some() {
        return Ok(());
    }
    Err(Error::Option {
        option: "--stac",
        problem: "a STAC item must state when the scene was sensed, and this one does not say; leave --stac out, or give the product itself (SAFE or BigEarthNet)".into(),
    })
}

/// The item of an export whose report is complete.
#[must_use]
pub fn stac_item(report: &Report, scene: &Scene, files: &[OutputFile], output: &Path, cog: bool) -> Value {
    let place = footprint(&scene.grid);
    let geometry = place.as_ref().map(|place| match place.rings.as_slice() {
        [ring] => json!({ "type": "Polygon", "coordinates": [ring] }),
        rings => json!({
            "type": "MultiPolygon",
            "coordinates": rings.iter().map(|ring| [ring]).collect::<Vec<_>>(),
        }),
    });
    let mut item = json!({
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": EXTENSIONS,
        "id": output.file_stem().unwrap_or_default().to_string_lossy(),
        "geometry": geometry,
        "properties": properties(report, scene),
        "links": [{ "rel": "license", "href": LICENSE, "title": report.attribution }],
        "assets": assets(report, scene, files, output, cog),
    });
    if let (Some(place), Some(item)) = (place, item.as_object_mut()) {
        item.insert("bbox".into(), json!(place.bbox));
    }
    item
}

fn properties(report: &Report, scene: &Scene) -> Value {
    let sum = |count: fn(&super::BandFacts) -> u64| report.bands.iter().map(count).sum::<u64>();
    let (made, measured) = (sum(|band| band.made), sum(|band| band.made + band.copied));
    let mut properties = json!({
        "datetime": scene.sensed.as_deref().and_then(rfc_3339),
        "created": report.created,
        "constellation": "sentinel-2",
        "instruments": ["msi"],
        "proj:epsg": epsg(scene),
        "processing:software": { "Declouder": report.version },
        "processing:lineage": format!(
            "{}: cloud and shadow from {}; engine {}",
            report.source.name, report.mask.source, report.engine.name
        ),
        "declouder:made_percent": if measured == 0 { 0.0 } else { 100.0 * made as f64 / measured as f64 },
        "declouder:source_sha256": report.source.digest(),
        "license": "proprietary",
        "description": report.attribution,
    });
    if let (Some(level), Some(properties)) = (report.source.level, properties.as_object_mut()) {
        properties.insert("processing:level".into(), json!(level.to_string()));
    }
    properties
}

/// When the scene was sensed, as RFC 3339 wants it: also from TIFF's `2020:01:02 03:04:05`, which is
/// taken for UTC.
fn rfc_3339(text: &str) -> Option<String> {
    let (date, time) = text.trim().split_once(['T', ' '])?;
    let date = date.replace(':', "-");
    let time = time.trim_end_matches('Z');
    let digits = |part: &str, pattern: &str| {
        part.len() >= pattern.len()
            && part.chars().zip(pattern.chars()).all(|(found, wanted)| match wanted {
                '0' => found.is_ascii_digit(),
                other => found == other,
            })
    };
    let fraction = time.get(8..)?;
    let fraction_fits = fraction.is_empty()
        || fraction.strip_prefix('.').is_some_and(|f| !f.is_empty() && f.bytes().all(|b| b.is_ascii_digit()));
    (date.len() == 10 && digits(&date, "0000-00-00") && digits(time, "00:00:00") && fraction_fits)
        .then(|| format!("{date}T{time}Z"))
}

/// The EPSG code as a number; null where the system has none, as the extension demands.
fn epsg(scene: &Scene) -> Option<u32> {
    crs_name(&scene.grid.crs_wkt)?.code?.strip_prefix("EPSG:")?.parse().ok()
}

fn assets(report: &Report, scene: &Scene, files: &[OutputFile], output: &Path, cog: bool) -> Value {
    let kind = if cog {
        "image/tiff; application=geotiff; profile=cloud-optimized"
    } else {
        "image/tiff; application=geotiff"
    };
    let mut assets = Map::new();
    for file in files {
        let key = if files.len() == 1 { "data".to_owned() } else { part_name(output, &file.path) };
        for (key, path, with_bands) in
            [(key.clone(), Some(&file.path), true), (format!("{key}-synthetic"), file.extras.as_ref(), false)]
        {
            let Some(path) = path else { continue };
            let name = file_name(path);
            let Some(facts) = report.outputs.iter().find(|facts| facts.name == name) else { continue };
            let mut asset = json!({
                "href": format!("./{name}"),
                "type": kind,
                "roles": [if with_bands { "data" } else { "metadata" }],
                "file:size": facts.bytes,
                "proj:shape": [file.grid.height, file.grid.width],
                "raster:bands": raster_bands(scene, file, &facts.bands, with_bands),
            });
            if let Some(asset) = asset.as_object_mut() {
                if let Some(g) = file.grid.geotransform {
                    asset.insert("proj:transform".into(), json!([g[1], g[2], g[0], g[4], g[5], g[3]]));
                }
                if with_bands {
                    asset.insert("eo:bands".into(), eo_bands(scene, file, &facts.bands));
                }
            }
            assets.insert(key, asset);
        }
    }
    assets.insert(
        "report".into(),
        json!({
            "href": format!("./{}", file_name(&crate::raster::export::beside(output, "report.json"))),
            "type": "application/json",
            "roles": ["metadata"],
            "title": "What was copied and what was made",
        }),
    );
    Value::Object(assets)
}

/// `R20m` of `OUT.R20m.tif`.
fn part_name(output: &Path, part: &Path) -> String {
    let stem = output.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = part.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    name.strip_prefix(&format!("{stem}.")).map_or(name.clone(), str::to_owned)
}

/// The scene's bands of a file, then `None` for each band the export added.
fn file_bands<'s>(
    scene: &'s Scene,
    file: &'s OutputFile,
    names: &'s [String],
    with_source: bool,
) -> impl Iterator<Item = (&'s str, Option<&'s SceneBand>)> {
    names.iter().enumerate().map(move |(index, name)| {
        let band = file.bands.get(index).and_then(|&band| scene.bands.get(band));
        (name.as_str(), band.filter(|_| with_source))
    })
}

fn raster_bands(scene: &Scene, file: &OutputFile, names: &[String], with_source: bool) -> Value {
    let dtype =
        file.bands.first().and_then(|&band| scene.bands.get(band)).map_or(Dtype::U16, |band| band.dtype);
    file_bands(scene, file, names, with_source)
        .map(|(_, band)| {
            let mut facts = json!({ "data_type": data_type(dtype) });
            if let (Some(band), Some(facts)) = (band, facts.as_object_mut()) {
                facts.insert("scale".into(), json!(band.radiometry.scale));
                facts.insert("offset".into(), json!(band.radiometry.offset));
                match band.nodata.declared {
                    Some(value) if value.is_nan() => facts.insert("nodata".into(), json!("nan")),
                    Some(value) => facts.insert("nodata".into(), json!(value)),
                    None => None,
                };
            }
            facts
        })
        .collect()
}

fn eo_bands(scene: &Scene, file: &OutputFile, names: &[String]) -> Value {
    file_bands(scene, file, names, true)
        .map(|(name, band)| match band.and_then(|band| band.band).filter(|band| band.is_optical()) {
            None => json!({ "name": name }),
            Some(known) => json!({
                "name": known.name(),
                "common_name": common_name(known),
                "center_wavelength": (known.wavelength_nm() * 10.0).round() / 10_000.0,
            }),
        })
        .collect()
}

fn data_type(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::U8 => "uint8",
        Dtype::U16 => "uint16",
        Dtype::I16 => "int16",
        Dtype::U32 => "uint32",
        Dtype::I32 => "int32",
        Dtype::F32 => "float32",
        Dtype::F64 => "float64",
    }
}

/// The eo extension's name of a Sentinel-2 band.
fn common_name(band: Band) -> Option<&'static str> {
    Some(match band {
        Band::B01 => "coastal",
        Band::B02 => "blue",
        Band::B03 => "green",
        Band::B04 => "red",
        Band::B05 | Band::B06 | Band::B07 => "rededge",
        Band::B08 => "nir",
        Band::B8A => "nir08",
        Band::B09 => "nir09",
        Band::B10 => "cirrus",
        Band::B11 => "swir16",
        Band::B12 => "swir22",
        Band::VV | Band::VH => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_become_rfc_3339_or_are_unknown() {
        assert_eq!(rfc_3339("2020:01:02 03:04:05").as_deref(), Some("2020-01-02T03:04:05Z"));
        assert_eq!(rfc_3339("2018-12-29T09:54:11.024Z").as_deref(), Some("2018-12-29T09:54:11.024Z"));
        for bad in ["", "2020", "2020-01-02", "20200102T030405", "2020-01-02T03:04", "2020-01-02T03:04:05+x"]
        {
            assert_eq!(rfc_3339(bad), None, "{bad}");
        }
    }
}
