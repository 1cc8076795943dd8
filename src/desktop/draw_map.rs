//! What the map draws: layers, comparison, overlays, and the legend that explains them.

use egui::{Align2, Color32, Pos2, Rect, Stroke, Ui};

use crate::raster::Window;
use crate::view::{ColorMap, Overlay, OverlayStyle, Shading, TileDraw, paint};

use super::app::{App, Arrival};
use super::display::{Compare, Over};
use super::layer::LayerId;
use super::tokens;
use super::work::alpha;

/// What one half of the map shows.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Source,
    Result,
}

impl App {
    pub(super) fn draw_map(&mut self, ui: &Ui, rect: Rect) {
        let Some(source) = self.source_id() else { return };
        self.prepare_made(source);
        let seen = self.layer(source).map(|layer| self.camera.window(rect, &layer.scene.grid));
        let display = self.display.clone();
        let limits = self.layer_mut(source).map(|layer| display.limits(layer, seen)).unwrap_or_default();
        let shading = display.shading(limits);
        let comparing = self.has_result() && !self.map.flicker;
        match display.compare {
            Compare::Swipe if comparing => {
                let x = self.swipe_x();
                let (left, right) = (rect.with_max_x(x), rect.with_min_x(x));
                self.draw_side(ui, left, rect, Side::Source, shading);
                self.draw_side(ui, right, rect, Side::Result, shading);
                ui.painter_at(rect).vline(x, rect.y_range(), Stroke::new(tokens::SWIPE.0, tokens::ACCENT));
                tag(ui, rect, Align2::LEFT_TOP, "Source");
                tag(ui, rect, Align2::RIGHT_TOP, "Result");
            }
            Compare::SideBySide => {
                let (left, right) = self.halves(rect);
                self.draw_side(ui, left, left, Side::Source, shading);
                let side = if comparing { Side::Result } else { Side::Source };
                self.draw_side(ui, right, right, side, shading);
                ui.painter_at(rect).vline(right.left(), rect.y_range(), Stroke::new(1.0, tokens::ACCENT));
                tag(ui, left, Align2::LEFT_TOP, "Source");
                tag(ui, right, Align2::LEFT_TOP, if comparing { "Result" } else { "Source" });
            }
            Compare::Difference if comparing && self.result_id().is_some() => {
                self.draw_difference(ui, rect, source);
                self.legend(ui, rect);
            }
            _ => {
                let result = self.selected != Some(source) || self.preview_shown(source);
                let side = if result && !self.map.flicker { Side::Result } else { Side::Source };
                self.draw_side(ui, rect, rect, side, shading);
                if self.map.flicker {
                    tag(ui, rect, Align2::LEFT_TOP, "Source");
                }
            }
        }
        self.scale_bar(ui, rect, source);
    }

    /// Whether a preview takes the result's place while a source is selected.
    fn preview_shown(&self, source: LayerId) -> bool {
        self.result_id().is_none() && self.preview.as_ref().is_some_and(|preview| preview.of == source)
    }

    /// Draws a layer into `view`, of which only `clip` is shown.
    fn draw_side(&mut self, ui: &Ui, clip: Rect, view: Rect, side: Side, shading: Shading) {
        let Some(source) = self.source_id() else { return };
        let result = self.result_id();
        let shown = match side {
            Side::Source => source,
            Side::Result => result.unwrap_or(source),
        };
        let (mut overlay, style) = self.take_overlay(source);
        let (camera, ppp) = (self.camera, ui.ctx().pixels_per_point());
        let names = self.display.bands.clone();
        let mut tiles: Vec<TileDraw> = Vec::new();
        if let Some(layer) = self.layers.iter_mut().find(|layer| layer.id == shown) {
            let bands = layer.bands(&names);
            let draws = self.view.draws(&mut layer.tiles, bands, &camera, view, ppp, overlay.as_mut());
            tiles.extend(draws.into_iter().map(|(_, draw)| draw));
            let renderer = self.view.renderer().cloned();
            if let (Side::Result, None, Some(renderer), Some(preview)) =
                (side, result, renderer, &mut self.preview)
                && preview.of == source
            {
                let grid = layer.scene.grid.clone();
                tiles.extend(preview.draws(&renderer, &grid, bands, &camera, view));
            }
        }
        self.put_overlay(source, overlay);
        let Some(renderer) = self.view.renderer() else { return };
        let painter = ui.painter_at(self.map.rect).with_clip_rect(clip);
        painter.add(paint(view, renderer, tiles, shading, style));
    }

    fn draw_difference(&mut self, ui: &Ui, rect: Rect, source: LayerId) {
        let Some(result) = self.result_id() else { return };
        let (camera, ppp) = (self.camera, ui.ctx().pixels_per_point());
        let names = self.display.bands.clone();
        let Some(made) = self.layers.iter_mut().find(|layer| layer.id == result) else { return };
        let bands = made.bands(&names);
        let draws = self.view.draws(&mut made.tiles, bands, &camera, rect, ppp, None);
        let Some(layer) = self.layers.iter_mut().find(|layer| layer.id == source) else { return };
        let bands = layer.bands(&names);
        let mut tiles = Vec::with_capacity(draws.len());
        for (id, mut draw) in draws {
            draw.b = self.view.textures_at(&mut layer.tiles, bands, id);
            if draw.b.is_some() {
                tiles.push(draw);
            }
        }
        let Some(renderer) = self.view.renderer() else { return };
        let shading = self.display.difference_shading();
        ui.painter_at(rect).add(paint(
            rect,
            renderer,
            tiles,
            shading,
            OverlayStyle::Weights { color: tokens::MADE },
        ));
    }

    /// Has m made of the shown source's mask when it is to be shown and mask or settings have changed.
    fn prepare_made(&mut self, source: LayerId) {
        if self.display.over != Over::Made {
            return;
        }
        let config = self.decloud.mask.clone();
        let Some(layer) = self.layer_mut(source) else { return };
        let Some(mask) = &layer.mask else { return };
        if let Some(version) = layer.made.ask() {
            let mask = mask.mask();
            self.away(move || Arrival::Made { layer: source, version, alpha: alpha(&mask, &config) });
        }
    }

    /// Takes what lies over the map out of its layer for as long as it is drawn.
    fn take_overlay(&mut self, source: LayerId) -> (Option<Overlay>, OverlayStyle) {
        let classes = OverlayStyle::Classes { cloud: tokens::CLOUD, shadow: tokens::SHADOW };
        let over = self.display.over;
        let Some(layer) = self.layer_mut(source) else { return (None, classes) };
        match over {
            Over::Nothing => (None, classes),
            Over::Mask => (layer.mask.as_mut().map(super::mask_edit::MaskEdit::take_overlay), classes),
            Over::Made => (layer.made.overlay.take(), OverlayStyle::Weights { color: tokens::MADE }),
        }
    }

    fn put_overlay(&mut self, source: LayerId, overlay: Option<Overlay>) {
        let Some(overlay) = overlay else { return };
        let Some(layer) = self.layer_mut(source) else { return };
        if overlay.is_weights() {
            layer.made.overlay = Some(overlay);
        } else if let Some(mask) = &mut layer.mask {
            mask.overlay = overlay;
        }
    }

    /// The colours of a difference and what they stand for.
    fn legend(&self, ui: &Ui, rect: Rect) {
        let size = egui::vec2(200.0, 12.0);
        let bar = Rect::from_min_size(rect.left_top() + egui::vec2(16.0, 16.0), size);
        let painter = ui.painter_at(rect);
        painter.rect_filled(
            bar.expand2(egui::vec2(8.0, 8.0)).with_max_y(bar.bottom() + 24.0),
            f32::from(tokens::RADIUS),
            tokens::PLATE,
        );
        let steps = 64;
        for step in 0..steps {
            let [r, g, b] = ColorMap::Diverging.color((step as f32 + 0.5) / steps as f32);
            let x = bar.left() + size.x * step as f32 / steps as f32;
            let part =
                Rect::from_min_size(Pos2::new(x, bar.top()), egui::vec2(size.x / steps as f32 + 0.5, size.y));
            let byte = |value: f32| (255.0 * value).round() as u8;
            painter.rect_filled(part, 0.0, Color32::from_rgb(byte(r), byte(g), byte(b)));
        }
        let font = egui::TextStyle::Small.resolve(ui.style());
        let limit = self.display.difference;
        let words = [
            (0.0, Align2::LEFT_TOP, format!("−{limit}")),
            (0.5, Align2::CENTER_TOP, "result − source".into()),
            (1.0, Align2::RIGHT_TOP, format!("+{limit}")),
        ];
        for (place, align, text) in words {
            let at = Pos2::new(bar.left() + size.x * place, bar.bottom() + 4.0);
            painter.text(at, align, text, font.clone(), tokens::INK);
        }
    }

    /// A length on the ground, where the CRS counts in metres.
    fn scale_bar(&self, ui: &Ui, rect: Rect, source: LayerId) {
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

    /// What is under the pointer, in numbers.
    pub(super) fn position_words(&self) -> String {
        let Some(source) = self.source() else { return "no scene".into() };
        let zoom = zoom_words(self.camera.zoom * f64::from(self.context.pixels_per_point()));
        let Some((at, pixel)) = self.map.hover.and_then(|at| Some((at, self.pixel(at)?))) else {
            return zoom;
        };
        let mut words = format!("{zoom} · column {} row {}", pixel.0, pixel.1);
        if source.scene.grid.geotransform.is_some() {
            let (x, y) = source.scene.grid.world_from_pixel(at[0], at[1]);
            let digits =
                if source.crs.as_ref().is_some_and(|crs| crs.unit.starts_with("deg")) { 6 } else { 1 };
            words.push_str(&format!(" · x {x:.digits$} y {y:.digits$}"));
        }
        if let Some((latitude, longitude)) =
            source.locator.as_ref().and_then(|locator| locator.lat_lon(at[0], at[1]))
        {
            let (ns, ew) = (if latitude < 0.0 { 'S' } else { 'N' }, if longitude < 0.0 { 'W' } else { 'E' });
            words.push_str(&format!(" · {:.5}° {ns} {:.5}° {ew}", latitude.abs(), longitude.abs()));
        }
        if let Some(probe) = source.tiles.probed().filter(|probe| probe.at == pixel) {
            let count = self.display.channels();
            let mut shown: Vec<_> = source.bands(&self.display.bands)[..count].to_vec();
            shown.dedup();
            for band in shown.into_iter().filter_map(|band| probe.bands.get(band)) {
                let value = band.reflectance.map_or("nodata".to_owned(), |value| format!("{value:.4}"));
                words.push_str(&format!(" · {} {} / {value}", band.name, band.dn));
            }
        }
        words
    }

    /// The part of the shown source that is on the screen.
    pub(super) fn seen(&self) -> Option<Window> {
        Some(self.camera.window(self.map.rect, &self.source()?.scene.grid))
    }
}

/// A word in a corner of a view.
fn tag(ui: &Ui, view: Rect, corner: Align2, word: &str) {
    let painter = ui.painter_at(view);
    let font = egui::TextStyle::Body.resolve(ui.style());
    let at = corner.pos_in_rect(&view.shrink(10.0));
    let galley = painter.layout_no_wrap(word.to_owned(), font, tokens::INK);
    let rect = corner.anchor_size(at, galley.size()).expand2(egui::vec2(6.0, 3.0));
    painter.rect_filled(rect, f32::from(tokens::RADIUS), tokens::PLATE);
    painter.galley(rect.min + egui::vec2(6.0, 3.0), galley, tokens::INK);
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

/// Screen pixels to scene pixels.
fn zoom_words(zoom: f64) -> String {
    let number = |value: f64| {
        let text = format!("{value:.1}");
        text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
    };
    if zoom >= 1.0 { format!("{}:1", number(zoom)) } else { format!("1:{}", number(1.0 / zoom)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_zooms_are_round() {
        assert_eq!([round_length(7.3), round_length(234.0), round_length(1999.0)], [5.0, 200.0, 1000.0]);
        assert_eq!([zoom_words(1.0), zoom_words(0.5), zoom_words(4.0)], ["1:1", "1:2", "4:1"]);
    }
}
