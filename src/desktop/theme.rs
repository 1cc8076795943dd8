//! The look: quiet, so that colour means something.

use egui::{Color32, CornerRadius, Stroke, Theme, Visuals};

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
fn look(base: Visuals, greys: [u8; 6], selection: f32) -> Visuals {
    let [panel, window, fields, stripes, _, quiet] = greys.map(Color32::from_gray);
    let mut visuals = base;
    visuals.panel_fill = panel;
    visuals.window_fill = window;
    visuals.extreme_bg_color = fields;
    visuals.faint_bg_color = stripes;
    visuals.weak_text_color = Some(quiet);
    if !visuals.dark_mode {
        visuals.widgets.inactive.bg_stroke = Stroke::new(1.0, tokens::LIGHT_OUTLINE);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Contrast of two greys as WCAG 2 defines it.
    fn contrast(a: u8, b: u8) -> f64 {
        let luminance = |grey: u8| {
            let value = f64::from(grey) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let (high, low) = (luminance(a).max(luminance(b)), luminance(a).min(luminance(b)));
        (high + 0.05) / (low + 0.05)
    }

    #[test]
    fn quiet_words_can_be_read_in_both_looks() {
        for greys in [tokens::DARK, tokens::LIGHT] {
            let [panel, window, .., quiet] = greys;
            for behind in [panel, window] {
                assert!(contrast(quiet, behind) >= 4.5, "{quiet} on {behind}: {}", contrast(quiet, behind));
            }
        }
    }
}
