//! What `info` says, as a structure for `--json` and as text for people.

use std::fmt::Write;

use serde::Serialize;

use crate::bands::{Band, Level};
use crate::mask::Cover;
use crate::raster::{
    Grid, ProductMask, RadiometrySource, Scene, SceneBand, SceneKind, Sun, center_lat_lon, crs_name,
};

/// Everything `info` says; its JSON is this very structure.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    path: String,
    kind: SceneKind,
    level: Option<Level>,
    baseline: Option<String>,
    sensed: Option<String>,
    sun: Option<Sun>,
    width: usize,
    height: usize,
    pixel_size: Option<[f64; 2]>,
    crs: Option<String>,
    crs_name: Option<String>,
    crs_unit: Option<String>,
    center_lat_lon: Option<(f64, f64)>,
    bands: Vec<BandRow>,
    product_masks: Vec<&'static str>,
    /// Fractions under the product's own mask.
    cover: Option<Cover>,
    cloud_percent_stated: Option<f64>,
    warnings: Vec<String>,
}

/// One line of the table of bands.
#[derive(Debug, Serialize)]
struct BandRow {
    name: String,
    role: Option<&'static str>,
    wavelength_nm: Option<f64>,
    width: usize,
    height: usize,
    pixel_size: Option<f64>,
    dtype: crate::raster::Dtype,
    nodata: Option<f64>,
    zero_is_nodata: bool,
    scale: f64,
    offset: f64,
    radiometry: String,
    radiometry_source: RadiometrySource,
    #[serde(skip)]
    is_radar: bool,
    #[serde(skip)]
    is_layer: bool,
}

impl Report {
    pub(super) fn of(scene: &Scene) -> Self {
        let crs = crs_name(&scene.grid.crs_wkt);
        Self {
            path: scene.path.display().to_string(),
            kind: scene.kind,
            level: scene.level,
            baseline: scene.baseline.clone(),
            sensed: scene.sensed.clone(),
            sun: scene.sun,
            width: scene.grid.width,
            height: scene.grid.height,
            pixel_size: pixel_size(&scene.grid),
            crs: crs.as_ref().and_then(|crs| crs.code.clone()),
            crs_unit: crs.as_ref().map(|crs| crs.unit.clone()),
            crs_name: crs.map(|crs| crs.name),
            center_lat_lon: center_lat_lon(&scene.grid),
            bands: scene.bands.iter().map(BandRow::of).collect(),
            product_masks: scene.masks.iter().map(mask_name).collect(),
            cover: None,
            cloud_percent_stated: scene.cloud_percent,
            warnings: scene.warnings.clone(),
        }
    }

    /// Adds what the product's masks show, or why they cannot be read.
    pub(super) fn set_cover(&mut self, cover: &crate::mask::Result<Cover>) {
        match cover {
            Ok(cover) => self.cover = Some(*cover),
            Err(error) => self.warnings.push(format!("the product's cloud mask cannot be used: {error}")),
        }
    }

    /// The same for people.
    pub(super) fn to_text(&self) -> String {
        let mut text = format!("{}\n\n", self.path);
        for (label, value) in self.facts() {
            let _ = writeln!(text, "  {label:<11}{value}");
        }
        text.push('\n');
        text.push_str(&table(&self.band_rows()));
        for warning in &self.warnings {
            let _ = write!(text, "\nwarning: {warning}");
        }
        text
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let unknown = || "unknown".to_owned();
        let radar_only = self.bands.iter().all(|band| band.is_radar);
        let level = match (self.level, &self.baseline) {
            (None, _) if radar_only => "none (radar)".to_owned(),
            (None, _) => "unknown; give --level L1C or L2A".to_owned(),
            (Some(level), None) => level.to_string(),
            (Some(level), Some(baseline)) => format!("{level}, processing baseline {baseline}"),
        };
        let mut facts = vec![
            ("Kind", kind_name(self.kind).to_owned()),
            ("Level", level),
            ("Sensed", self.sensed.clone().unwrap_or_else(unknown)),
        ];
        if let Some(sun) = self.sun {
            let elevation = 90.0 - sun.zenith_deg;
            facts.push((
                "Sun",
                format!(
                    "azimuth {:.1}°, elevation {elevation:.1}° (zenith {:.1}°)",
                    sun.azimuth_deg, sun.zenith_deg
                ),
            ));
        }
        facts.push(("Size", self.size()));
        facts.push(("CRS", self.crs_text()));
        if let Some((latitude, longitude)) = self.center_lat_lon {
            facts.push(("Centre", lat_lon(latitude, longitude)));
        }
        facts.push(("Clouds", self.clouds()));
        facts
    }

    fn size(&self) -> String {
        let unit = match self.crs_unit.as_deref() {
            Some("metre") => " m",
            Some("degree") => "°",
            _ => "",
        };
        let pixel = self.pixel_size.map(|[x, y]| {
            let (x, y) = (short(x), short(y));
            if x == y {
                format!(", pixels of {x}{unit}")
            } else {
                format!(", pixels of {x}{unit} × {y}{unit}")
            }
        });
        format!("{} × {} pixels{}", self.width, self.height, pixel.unwrap_or_default())
    }

    fn crs_text(&self) -> String {
        match (&self.crs_name, &self.crs) {
            (Some(name), Some(code)) => format!("{name} ({code})"),
            (Some(name), None) => name.clone(),
            (None, _) => "none".to_owned(),
        }
    }

    fn clouds(&self) -> String {
        let mut parts = Vec::new();
        if let Some(cover) = self.cover {
            let shadow = if cover.shadow > 0.0 {
                format!(", shadow {:.1} %", cover.shadow * 100.0)
            } else {
                String::new()
            };
            let mask = self.product_masks.first().copied().unwrap_or_default();
            parts.push(format!("{:.1} %{shadow} by the product's {mask}", cover.cloud * 100.0));
        }
        if let Some(percent) = self.cloud_percent_stated {
            parts.push(format!("{percent:.1} % of the whole tile stated by the product"));
        }
        if parts.is_empty() {
            parts.push("not measured; see declouder mask".into());
        }
        parts.join("; ")
    }

    fn band_rows(&self) -> Vec<[String; 7]> {
        let mut rows =
            vec![["Band", "Wavelength", "Size", "Pixel", "Type", "Nodata", "Reflectance"].map(str::to_owned)];
        rows.extend(self.bands.iter().map(BandRow::cells));
        rows
    }
}

impl BandRow {
    fn of(band: &SceneBand) -> Self {
        Self {
            name: band.name.clone(),
            role: band.band.map(Band::role),
            wavelength_nm: band.band.map(Band::wavelength_nm).filter(|&nm| nm > 0.0),
            width: band.grid.width,
            height: band.grid.height,
            pixel_size: pixel_size(&band.grid).map(|[x, _]| x),
            dtype: band.dtype,
            nodata: band.nodata.declared.filter(|value| value.is_finite()),
            zero_is_nodata: band.nodata.zero,
            scale: band.radiometry.scale,
            offset: band.radiometry.offset,
            radiometry: band.radiometry.to_string(),
            radiometry_source: band.radiometry.source,
            is_radar: band.band.is_some_and(|band| !band.is_optical()),
            is_layer: band.is_layer(),
        }
    }

    fn cells(&self) -> [String; 7] {
        let nodata = match (self.nodata, self.zero_is_nodata) {
            (Some(value), true) if value != 0.0 => format!("0, {}", short(value)),
            (Some(value), _) => short(value),
            (None, true) => "0".into(),
            (None, false) => "NaN".into(),
        };
        let radiometry = self.radiometry.strip_prefix("reflectance = ").unwrap_or(&self.radiometry);
        [
            self.name.clone(),
            self.wavelength_nm.map_or_else(|| "–".into(), |nm| format!("{nm:.0} nm")),
            format!("{} × {}", self.width, self.height),
            self.pixel_size.map_or_else(|| "–".into(), short),
            format!("{:?}", self.dtype).to_lowercase(),
            nodata,
            if self.is_radar {
                "backscatter in dB".into()
            } else if self.is_layer {
                "no reflectance by its name; copied".into()
            } else {
                format!("{radiometry}  ({})", source_name(self.radiometry_source))
            },
        ]
    }
}

/// Lines up cells in columns; the last column runs free.
fn table(rows: &[[String; 7]]) -> String {
    let widths: Vec<usize> =
        (0..7).map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
        let _ = writeln!(text, "  {}", cells.join("  ").trim_end());
    }
    text
}

fn pixel_size(grid: &Grid) -> Option<[f64; 2]> {
    grid.geotransform.map(|g| [g[1].hypot(g[4]), g[2].hypot(g[5])])
}

/// A number without needless zeros: `10`, `10.006`, `0.000101411`.
fn short(value: f64) -> String {
    if value.abs() >= 0.01 || value == 0.0 {
        let text = format!("{value:.3}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        format!("{value:.3e}")
    }
}

fn lat_lon(latitude: f64, longitude: f64) -> String {
    let side = |value: f64, plus: char, minus: char| if value < 0.0 { minus } else { plus };
    format!(
        "{:.5}° {}, {:.5}° {}",
        latitude.abs(),
        side(latitude, 'N', 'S'),
        longitude.abs(),
        side(longitude, 'E', 'W')
    )
}

fn kind_name(kind: SceneKind) -> &'static str {
    match kind {
        SceneKind::GeoTiff => "single raster file",
        SceneKind::Safe => "Sentinel-2 product (SAFE)",
        SceneKind::BigEarthNet => "BigEarthNet patch",
        SceneKind::BandFolder => "folder of band files",
        SceneKind::Memory => "arrays in memory",
    }
}

fn source_name(source: RadiometrySource) -> &'static str {
    match source {
        RadiometrySource::Product => "product",
        RadiometrySource::Tags => "tags",
        RadiometrySource::Option => "--radiometry",
        RadiometrySource::Default => "assumed",
    }
}

fn mask_name(mask: &ProductMask) -> &'static str {
    match mask {
        ProductMask::Scl { .. } => "scene classification",
        ProductMask::CloudGml { .. } => "cloud polygons",
        ProductMask::CloudRaster { .. } => "cloud raster",
    }
}
