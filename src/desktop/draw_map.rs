//! What the map draws: layers, comparison, overlays, and the legend that explains them.

use egui::{Align2, Rect, Stroke, Ui};

use crate::view::{ColorMap, OverlayStyle, Shading, TileDraw, paint};

use super::app::App;
use super::display::Compare;
use super::layer::LayerId;
use super::legend::legend;
use super::marks::tag;
use super::preview_layer::PreviewLayer;
use super::tokens;

/// What one half of the map shows.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Source,
    Result,
}

impl App {
    pub(super) fn draw_map(&mut self, ui: &Ui, rect: Rect) {
        let Some(source) = self.source_id() else { return };
        self.map.overlaid = false;
        self.prepare_made(source);
        self.prepare_result_overlay();
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
                tag(ui, rect, Align2::RIGHT_TOP, self.made_words(source));
            }
            Compare::SideBySide => {
                let (left, right) = self.halves(rect);
                self.draw_side(ui, left, left, Side::Source, shading);
                let side = if comparing { Side::Result } else { Side::Source };
                self.draw_side(ui, right, right, side, shading);
                ui.painter_at(rect).vline(right.left(), rect.y_range(), Stroke::new(1.0, tokens::ACCENT));
                tag(ui, left, Align2::LEFT_TOP, "Source");
                let words = if comparing { self.made_words(source) } else { "Source" };
                tag(ui, right, Align2::LEFT_TOP, words);
            }
            Compare::Difference if comparing && self.result_id().is_some() => {
                self.draw_difference(ui, rect, source);
                let limit = self.display.difference;
                let words = [format!("−{limit}"), "result − source".into(), format!("+{limit}")];
                legend(ui, rect, ColorMap::Diverging, words);
            }
            _ => {
                let result = self.selected != Some(source) || self.preview_shown(source);
                let side = if result && !self.map.flicker { Side::Result } else { Side::Source };
                self.draw_side(ui, rect, rect, side, shading);
                if self.map.flicker {
                    tag(ui, rect, Align2::LEFT_TOP, "Source");
                } else if self.preview_shown(source) {
                    tag(ui, rect, Align2::LEFT_TOP, self.made_words(source));
                }
            }
        }
        self.trust_map_ui(ui, rect);
        self.explored_ui(ui, rect);
        if self.map.overlaid {
            self.overlay_legend(ui, rect);
        }
        self.scale_bar(ui, rect, source);
    }

    /// What is shown beside the source.
    fn made_words(&self, source: LayerId) -> &'static str {
        let preview = self.preview.as_ref().filter(|_| self.preview_shown(source));
        match (preview, &self.explorer.sky.shown) {
            (None, _) => "Result",
            (Some(preview), Some(_)) if preview.explored => "Rendered cloud, no result",
            (Some(preview), None) if preview.explored && self.explorer.shown.is_none() => "Mean of samples",
            (Some(preview), None) if preview.explored => "Surface of the code",
            (Some(_), _) => "Preview",
        }
    }

    /// Whether a preview takes the result's place while a source is selected.
    fn preview_shown(&self, source: LayerId) -> bool {
        let shown =
            |preview: &PreviewLayer| preview.of == source && (preview.explored || self.result_id().is_none());
        self.preview.as_ref().is_some_and(shown)
    }

    /// Draws a layer into `view`, of which only `clip` is shown.
    fn draw_side(&mut self, ui: &Ui, clip: Rect, view: Rect, side: Side, shading: Shading) {
        let Some(source) = self.source_id() else { return };
        let result = self.result_id();
        let shown = match side {
            Side::Source => source,
            Side::Result => result.unwrap_or(source),
        };
        // The bands of a result say nothing about the source beside it.
        let bare = side == Side::Source && self.display.over.result_band().is_some();
        let (mut overlay, style) =
            if bare { (None, self.display.over.style()) } else { self.take_overlay(source) };
        let (camera, ppp) = (self.camera, ui.ctx().pixels_per_point());
        let names = self.display.bands.clone();
        let mut tiles: Vec<TileDraw> = Vec::new();
        let mut hidden = false;
        let of_source = self.layer(source).map(|layer| layer.bands(&names)).unwrap_or_default();
        if let Some(layer) = self.layers.iter_mut().find(|layer| layer.id == shown) {
            let bands = layer.bands(&names);
            let draws = self.view.draws(&mut layer.tiles, bands, &camera, view, ppp, overlay.as_mut());
            tiles.extend(draws.into_iter().map(|(_, draw)| draw));
            let renderer = self.view.renderer().cloned();
            let grid = layer.scene.grid.clone();
            if let (Side::Result, Some(renderer), Some(preview)) = (side, renderer, &mut self.preview)
                && preview.of == source
                && (result.is_none() || preview.explored)
            {
                let over = preview.draws(&renderer, &grid, of_source, &camera, view);
                hidden = !over.is_empty() && preview.covers(camera.window_within(view, clip, &grid));
                tiles.extend(over);
            }
        }
        self.map.overlaid |= overlay.is_some() && !hidden;
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
}
