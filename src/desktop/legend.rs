//! What explains the map: colours in numbers, a length on the ground.

use egui::{Align2, Color32, Pos2, Rect, Stroke, Ui};

use crate::view::ColorMap;

use super::app::App;
use super::display::Over;
use super::layer::LayerId;
use super::tokens;

impl App {
    /// What the colours over the map stand for, in the lower left corner.
    pub(super) fn overlay_legend(&self, ui: &Ui, rect: Rect) {
        let entries: Vec<([u8; 4], String)> = match self.display.over {
            Over::Nothing => return,
            Over::Mask => vec![(tokens::CLOUD, "cloud".into()), (tokens::SHADOW, "shadow".into())],
            Over::Made => vec![(tokens::MADE, "would be made anew".into())],
            Over::Synthetic => vec![(tokens::MADE, "was made anew".into())],
            Over::Spread => {
                vec![(tokens::SPREAD, format!("samples differ by {} or more", tokens::SPREAD_FULL))]
            }
        };
        let font = egui::TextStyle::Small.resolve(ui.style());
        let painter = ui.painter_at(rect);
        let galleys: Vec<_> = entries
            .into_iter()
            .map(|(color, words)| (color, painter.layout_no_wrap(words, font.clone(), tokens::INK)))
            .collect();
        let (side, gap) = (10.0, tokens::GAP);
        let width = galleys.iter().map(|(_, galley)| side + 3.0 * gap + galley.size().x).sum::<f32>();
        let height = galleys.iter().map(|(_, galley)| galley.size().y).fold(side, f32::max) + 2.0 * gap;
        let plate = Rect::from_min_size(
            rect.left_bottom() + egui::vec2(10.0, -10.0 - height),
            egui::vec2(width + gap, height),
        );
        painter.rect_filled(plate, f32::from(tokens::RADIUS), tokens::PLATE);
        let mut x = plate.left() + gap;
        for ([r, g, b, _], galley) in galleys {
            let swatch =
                Rect::from_min_size(Pos2::new(x, plate.center().y - side / 2.0), egui::vec2(side, side));
            painter.rect_filled(swatch, 2.0, Color32::from_rgb(r, g, b));
            x += side + gap;
            let advance = galley.size().x;
            painter.galley(Pos2::new(x, plate.center().y - galley.size().y / 2.0), galley, tokens::INK);
            x += advance + 2.0 * gap;
        }
    }

    /// A length on the ground, where the CRS counts in metres.
    pub(super) fn scale_bar(&self, ui: &Ui, rect: Rect, source: LayerId) {
        let Some(layer) = self.layer(source) else { return };
        let (Some(g), Some(crs)) = (layer.scene.grid.geotransform, &layer.crs) else { return };
        if !crs.unit.starts_with("met") || layer.scene.grid.is_rotated() {
            return;
        }
        let metres_per_point = g[1].abs() / self.camera.zoom;
        let length = round_length(metres_per_point * 120.0);
        let width = (length / metres_per_point) as f32;
        let painter = ui.painter_at(rect);
        let end = rect.right_bottom() - egui::vec2(16.0, 14.0);
        let start = end - egui::vec2(width, 0.0);
        for (color, shift) in [(tokens::OUTLINE, 1.0), (tokens::INK, 0.0)] {
            let (a, b) = (start + egui::vec2(0.0, shift), end + egui::vec2(0.0, shift));
            painter.line_segment([a, b], Stroke::new(2.0, color));
        }
        let text = if length >= 1000.0 { format!("{} km", length / 1000.0) } else { format!("{length} m") };
        let font = egui::TextStyle::Small.resolve(ui.style());
        for (color, shift) in [(tokens::OUTLINE, 1.0), (tokens::INK, 0.0)] {
            painter.text(
                end + egui::vec2(shift, shift - 3.0),
                Align2::RIGHT_BOTTOM,
                &text,
                font.clone(),
                color,
            );
        }
    }
}

/// The colours of a map and what its ends and its middle stand for.
pub(super) fn legend(ui: &Ui, rect: Rect, map: ColorMap, words: [String; 3]) {
    let size = egui::vec2(240.0, 12.0);
    let bar = Rect::from_min_size(rect.left_top() + egui::vec2(16.0, 16.0), size);
    let painter = ui.painter_at(rect);
    painter.rect_filled(
        bar.expand2(egui::vec2(8.0, 8.0)).with_max_y(bar.bottom() + 24.0),
        f32::from(tokens::RADIUS),
        tokens::PLATE,
    );
    let steps = 64;
    for step in 0..steps {
        let [r, g, b] = map.color((step as f32 + 0.5) / steps as f32);
        let x = bar.left() + size.x * step as f32 / steps as f32;
        let part =
            Rect::from_min_size(Pos2::new(x, bar.top()), egui::vec2(size.x / steps as f32 + 0.5, size.y));
        let byte = |value: f32| (255.0 * value).round() as u8;
        painter.rect_filled(part, 0.0, Color32::from_rgb(byte(r), byte(g), byte(b)));
    }
    let font = egui::TextStyle::Small.resolve(ui.style());
    let places = [(0.0, Align2::LEFT_TOP), (0.5, Align2::CENTER_TOP), (1.0, Align2::RIGHT_TOP)];
    for ((place, align), text) in places.into_iter().zip(words) {
        let at = Pos2::new(bar.left() + size.x * place, bar.bottom() + 4.0);
        painter.text(at, align, text, font.clone(), tokens::INK);
    }
}

/// A length of one leading digit 1, 2 or 5.
fn round_length(length: f64) -> f64 {
    let power = 10_f64.powf(length.log10().floor());
    let lead = length / power;
    power
        * if lead >= 5.0 {
            5.0
        } else if lead >= 2.0 {
            2.0
        } else {
            1.0
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_round() {
        assert_eq!([round_length(7.3), round_length(234.0), round_length(1999.0)], [5.0, 200.0, 1000.0]);
    }
}
