//! The look: quiet, so that colour means something.

use egui::{Color32, CornerRadius, Theme, Visuals};

use super::tokens;

/// Sets both looks of a window.
pub(super) fn apply(context: &egui::Context) {
    context.set_visuals_of(Theme::Dark, dark());
    context.set_visuals_of(Theme::Light, light());
    context.all_styles_mut(|style| {
        style.spacing.item_spacing = egui::vec2(tokens::GAP, tokens::GAP);
        style.spacing.button_padding = egui::vec2(8.0, 3.0);
        style.spacing.interact_size.y = 22.0;
        style.interaction.tooltip_delay = 0.4;
    });
}

fn dark() -> Visuals {
    let mut visuals = Visuals::dark();
    visuals.panel_fill = Color32::from_gray(24);
    visuals.window_fill = Color32::from_gray(30);
    visuals.extreme_bg_color = Color32::from_gray(14);
    visuals.faint_bg_color = Color32::from_gray(30);
    visuals.selection.bg_fill = tokens::ACCENT.gamma_multiply(0.55);
    visuals.hyperlink_color = tokens::ACCENT;
    rounded(visuals)
}

fn light() -> Visuals {
    let mut visuals = Visuals::light();
    visuals.panel_fill = Color32::from_gray(246);
    visuals.window_fill = Color32::from_gray(252);
    visuals.extreme_bg_color = Color32::from_gray(255);
    visuals.selection.bg_fill = tokens::ACCENT.gamma_multiply(0.45);
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
    if visuals.dark_mode { Color32::from_gray(38) } else { Color32::from_gray(210) }
}
