//! Spectra under the cursor and at pins.

use egui_plot::{Legend, Line, LineStyle, MarkerShape, Plot, PlotPoints, Points};

use crate::view::Probe;

use super::layer::LayerId;
use super::tokens;

/// A pinned place.
#[derive(Debug, Clone)]
pub(super) struct Pin {
    /// The scene it lies in.
    pub of: LayerId,
    /// Column and row in the scene's grid.
    pub at: (usize, usize),
    pub source: Option<Probe>,
    pub result: Option<Probe>,
    /// Whether its values, or those of a newer result, are still to be read.
    pub awaits: bool,
}

/// A pin's scene and place in words, for a table.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    pub scene: String,
    /// x and y in the scene's CRS.
    pub world: Option<(f64, f64)>,
    pub lat_lon: Option<(f64, f64)>,
}

impl Pin {
    pub fn color(index: usize) -> egui::Color32 {
        tokens::PINS[index % tokens::PINS.len()]
    }
}

/// Wavelength (nm) and reflectance of a probe's optical bands, by wavelength.
fn curve(probe: &Probe) -> Vec<[f64; 2]> {
    let mut points: Vec<_> = probe
        .bands
        .iter()
        .filter_map(|band| Some([band.wavelength_nm?, f64::from(band.reflectance?)]))
        .collect();
    points.sort_by(|a, b| a[0].total_cmp(&b[0]));
    points
}

/// The plot: the cursor grey, pins in their colours, results dashed.
pub(super) fn plot(ui: &mut egui::Ui, cursor: (Option<&Probe>, Option<&Probe>), pins: &[&Pin]) {
    let weak = ui.visuals().weak_text_color();
    let mut lines = Vec::new();
    let mut add = |name: String, probe: Option<&Probe>, color, style| {
        if let Some(points) = probe.map(curve).filter(|points| !points.is_empty()) {
            lines.push((name, points, color, style));
        }
    };
    add("cursor".into(), cursor.0, weak, LineStyle::Solid);
    add("cursor, result".into(), cursor.1, weak, LineStyle::dashed_loose());
    for (index, pin) in pins.iter().enumerate() {
        add(format!("pin {}", index + 1), pin.source.as_ref(), Pin::color(index), LineStyle::Solid);
        let name = format!("pin {}, result", index + 1);
        add(name, pin.result.as_ref(), Pin::color(index), LineStyle::dashed_loose());
    }
    Plot::new("spectra")
        .legend(Legend::default().text_style(egui::TextStyle::Small).background_alpha(0.6))
        .x_axis_label("wavelength (nm)")
        .y_axis_label("reflectance")
        .include_y(0.0)
        .include_y(0.3)
        .include_x(400.0)
        .include_x(2300.0)
        .allow_scroll(false)
        .show(ui, |plot| {
            for (name, points, color, style) in lines {
                plot.points(
                    Points::new(name.clone(), PlotPoints::from(points.clone()))
                        .color(color)
                        .shape(MarkerShape::Circle)
                        .radius(2.5),
                );
                plot.line(Line::new(name, PlotPoints::from(points)).color(color).style(style));
            }
        });
}

/// Pins with their places as CSV: one line a band and image.
pub(super) fn csv(pins: &[(&Pin, Place)]) -> String {
    let mut text =
        String::from("pin,scene,column,row,x,y,latitude,longitude,image,band,wavelength_nm,dn,reflectance\n");
    let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    for (index, (pin, place)) in pins.iter().enumerate() {
        let where_it_is = format!(
            "{},{},{},{},{},{},{},{}",
            index + 1,
            quoted(&place.scene),
            pin.at.0,
            pin.at.1,
            number(place.world.map(|(x, _)| x)),
            number(place.world.map(|(_, y)| y)),
            number(place.lat_lon.map(|(latitude, _)| latitude)),
            number(place.lat_lon.map(|(_, longitude)| longitude)),
        );
        for (image, probe) in [("source", &pin.source), ("result", &pin.result)] {
            for band in probe.iter().flat_map(|probe| &probe.bands) {
                text.push_str(&format!(
                    "{where_it_is},{image},{},{},{},{}\n",
                    quoted(&band.name),
                    number(band.wavelength_nm),
                    band.dn,
                    band.reflectance.map_or(String::new(), |value| value.to_string()),
                ));
            }
        }
    }
    text
}

/// A field of a table, in quotes where it needs them.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::ProbedBand;

    #[test]
    fn csv_has_a_line_for_every_band_and_leaves_nodata_empty() {
        let band = |name: &str, reflectance| ProbedBand {
            name: name.into(),
            wavelength_nm: Some(664.6),
            dn: 0.0,
            reflectance,
        };
        let probe = Probe { at: (3, 4), bands: vec![band("B04", Some(0.25)), band("B03", None)] };
        let pin = Pin { of: 1, at: (3, 4), source: Some(probe), result: None, awaits: false };
        let place = Place { scene: "a,b.tif".into(), world: Some((600_035.0, 4.5)), lat_lon: None };
        let text = csv(&[(&pin, place)]);
        assert_eq!(text.lines().nth(1), Some("1,\"a,b.tif\",3,4,600035,4.5,,,source,B04,664.6,0,0.25"));
        assert_eq!(text.lines().nth(2), Some("1,\"a,b.tif\",3,4,600035,4.5,,,source,B03,664.6,0,"));
        assert_eq!(text.lines().count(), 3);
    }
}
