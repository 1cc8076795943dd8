//! The look: quiet, so that colour means something.

use egui::{Color32, CornerRadius, Stroke, Theme, Visuals};

use super::tokens;

/// Sets both looks of a window.
pub(super) fn apply(context: &egui::Context) {
    context.set_visuals_of(Theme::Dark, look(Visuals::dark(), tokens::DARK, 0.55, tokens::DARK_WORDS));
    context.set_visuals_of(Theme::Light, look(Visuals::light(), tokens::LIGHT, 0.45, tokens::LIGHT_WORDS));
    context.all_styles_mut(|style| {
        style.spacing.item_spacing = egui::vec2(tokens::GAP, tokens::GAP);
        style.spacing.button_padding = egui::vec2(8.0, 3.0);
        style.spacing.interact_size.y = 22.0;
        style.interaction.tooltip_delay = 0.4;
        style.text_styles.insert(egui::TextStyle::Small, egui::FontId::proportional(tokens::SMALL_TEXT));
    });
}

/// A look in the greys of the tokens, with the accent where something is selected.
fn look(base: Visuals, greys: [u8; 6], selection: f32, [warning, error, _]: [Color32; 3]) -> Visuals {
    let [panel, window, fields, stripes, _, quiet] = greys.map(Color32::from_gray);
    let mut visuals = base;
    visuals.panel_fill = panel;
    visuals.window_fill = window;
    visuals.extreme_bg_color = fields;
    visuals.faint_bg_color = stripes;
    visuals.weak_text_color = Some(quiet);
    (visuals.warn_fg_color, visuals.error_fg_color) = (warning, error);
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

/// The colour of words that say that a goal was met.
pub(super) fn met(visuals: &Visuals) -> Color32 {
    if visuals.dark_mode { tokens::DARK_WORDS[2] } else { tokens::LIGHT_WORDS[2] }
}

/// The colour behind the map: neutral, so that it does not shift how a composite is seen.
pub(super) fn map_background(visuals: &Visuals) -> Color32 {
    Color32::from_gray(if visuals.dark_mode { tokens::DARK[4] } else { tokens::LIGHT[4] })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contrast of two colours as WCAG 2 defines it.
    fn contrast(a: Color32, b: Color32) -> f64 {
        let linear = |byte: u8| {
            let value = f64::from(byte) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let luminance = |color: Color32| {
            0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
        };
        let (high, low) = (luminance(a).max(luminance(b)), luminance(a).min(luminance(b)));
        (high + 0.05) / (low + 0.05)
    }

    #[test]
    fn quiet_and_coloured_words_can_be_read_in_both_looks() {
        for (greys, colors) in [(tokens::DARK, tokens::DARK_WORDS), (tokens::LIGHT, tokens::LIGHT_WORDS)] {
            let [panel, window, .., quiet] = greys.map(Color32::from_gray);
            for words in colors.into_iter().chain([quiet]) {
                for behind in [panel, window] {
                    let found = contrast(words, behind);
                    assert!(found >= 4.5, "{words:?} on {behind:?}: {found}");
                }
            }
        }
    }
}
