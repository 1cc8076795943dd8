//! Spectra under the cursor and at pins.

use egui_plot::{Legend, Line, LineStyle, MarkerShape, Plot, PlotPoints, Points};

use crate::view::Probe;

use super::tokens;

/// A pinned place.
#[derive(Debug, Clone)]
pub(super) struct Pin {
    /// Column and row in the source's grid.
    pub at: (usize, usize),
    pub source: Option<Probe>,
    pub result: Option<Probe>,
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
pub(super) fn plot(ui: &mut egui::Ui, cursor: (Option<&Probe>, Option<&Probe>), pins: &[Pin]) {
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

/// All pins as CSV: one line a band and image.
pub(super) fn csv(pins: &[Pin]) -> String {
    let mut text = String::from("pin,column,row,image,band,wavelength_nm,dn,reflectance\n");
    for (index, pin) in pins.iter().enumerate() {
        for (image, probe) in [("source", &pin.source), ("result", &pin.result)] {
            for band in probe.iter().flat_map(|probe| &probe.bands) {
                let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
                let name = &band.name;
                text.push_str(&format!(
                    "{},{},{},{image},{name},{},{},{}\n",
                    index + 1,
                    pin.at.0,
                    pin.at.1,
                    number(band.wavelength_nm),
                    band.dn,
                    band.reflectance.map_or(String::new(), |value| value.to_string()),
                ));
            }
        }
    }
    text
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
        let text = csv(&[Pin { at: (3, 4), source: Some(probe), result: None }]);
        assert_eq!(text.lines().nth(1), Some("1,3,4,source,B04,664.6,0,0.25"));
        assert_eq!(text.lines().nth(2), Some("1,3,4,source,B03,664.6,0,"));
        assert_eq!(text.lines().count(), 3);
    }
}
