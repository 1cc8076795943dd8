//! The look: quiet, so that colour means something.

use egui::{Color32, CornerRadius, Theme, Visuals};

use super::tokens;

/// Sets both looks of a window.
pub(super) fn apply(context: &egui::Context) {
    context.set_visuals_of(Theme::Dark, look(Visuals::dark(), tokens::DARK, 0.55));
    context.set_visuals_of(Theme::Light, look(Visuals::light(), tokens::LIGHT, 0.45));
    context.all_styles_mut(|style| {
        style.spacing.item_spacing = egui::vec2(tokens::GAP, tokens::GAP);
        style.spacing.button_padding = egui::vec2(8.0, 3.0);
        style.spacing.interact_size.y = 22.0;
        style.interaction.tooltip_delay = 0.4;
        style.text_styles.insert(egui::TextStyle::Small, egui::FontId::proportional(tokens::SMALL_TEXT));
    });
}

/// A look in the greys of the tokens, with the accent where something is selected.
fn look(base: Visuals, greys: [u8; 5], selection: f32) -> Visuals {
    let [panel, window, fields, stripes, _] = greys.map(Color32::from_gray);
    let mut visuals = base;
    visuals.panel_fill = panel;
    visuals.window_fill = window;
    visuals.extreme_bg_color = fields;
    visuals.faint_bg_color = stripes;
    visuals.selection.bg_fill = tokens::ACCENT.gamma_multiply(selection);
    visuals.hyperlink_color = tokens::ACCENT;
    rounded(visuals)
}

fn rounded(mut visuals: Visuals) -> Visuals {
    let radius = CornerRadius::same(tokens::RADIUS);
    let widgets = &mut visuals.widgets;
    for state in [
        &mut widgets.noninteractive,
        &mut widgets.inactive,
        &mut widgets.hovered,
        &mut widgets.active,
        &mut widgets.open,
    ] {
        state.corner_radius = radius;
    }
    visuals.window_corner_radius = CornerRadius::same(tokens::RADIUS * 2);
    visuals
}

/// The colour behind the map: neutral, so that it does not shift how a composite is seen.
pub(super) fn map_background(visuals: &Visuals) -> Color32 {
    Color32::from_gray(if visuals.dark_mode { tokens::DARK[4] } else { tokens::LIGHT[4] })
}
