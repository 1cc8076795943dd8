//! A plot of some curves of some runs.

use egui::{Color32, RichText, Ui};
use egui_plot::{HoverPosition, Line, LineStyle, Plot, PlotPoints, VLine};

use super::run::Run;
use super::state::Look;
use crate::desktop::tokens;

/// Points of a curve that are drawn; more nobody sees.
const POINTS: usize = 400;
/// Height of a plot.
const HEIGHT: f32 = 170.0;

/// A curve as it is drawn: steps and values (their decimal logarithms on a log axis).
pub(super) struct Drawn(pub Vec<[f64; 2]>);

/// Smooths and thins a curve.
///
/// Smoothing is an exponential average without its bias towards 0 at the beginning, as `TensorBoard` does it; thinning
/// takes means of as many points as there are too many.
pub(super) fn prepared(curve: &[[f64; 2]], log: bool, smoothing: f32) -> Drawn {
    let weight = f64::from(smoothing.clamp(0.0, 0.999));
    let (mut mean, mut known) = (0.0, 0.0);
    let finite = curve.iter().filter(|point| point[1].is_finite() && (!log || point[1] > 0.0));
    let smooth: Vec<[f64; 2]> = finite
        .map(|&[step, value]| {
            mean = weight * mean + (1.0 - weight) * value;
            known = weight * known + (1.0 - weight);
            [step, mean / known]
        })
        .collect();
    let portion = smooth.len().div_ceil(POINTS).max(1);
    let thin = smooth.chunks(portion).map(|points| {
        let count = points.len() as f64;
        let value = points.iter().map(|point| point[1]).sum::<f64>() / count;
        [points[points.len() - 1][0], if log { value.log10() } else { value }]
    });
    Drawn(thin.collect())
}

/// What a plot shows.
pub(super) struct Card<'a> {
    pub title: &'a str,
    pub about: &'a str,
    /// Curves: full name, and what it is called here.
    pub curves: Vec<(String, String)>,
    pub log: bool,
    /// Whether they are smoothed: what is measured at each step is, what is measured seldom is not.
    pub smooth: bool,
}

/// Draws a card; curves can be switched off by their names.
pub(super) fn card_ui(ui: &mut Ui, card: &Card<'_>, runs: &[&Run], best: Option<u64>, look: &mut Look) {
    ui.label(RichText::new(card.title).strong()).on_hover_text(card.about);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = tokens::GAP;
        for (index, (name, short)) in card.curves.iter().enumerate() {
            let hidden = look.hidden.contains(name);
            let (weak, words) = (ui.visuals().weak_text_color(), ui.visuals().text_color());
            let (mark, color, words) =
                if hidden { ("◦", weak, weak) } else { ("•", color(index), words) };
            // The curve's colour is on the mark alone: as words some could not be read in the light look.
            let mut text = egui::text::LayoutJob::default();
            for part in
                [RichText::new(mark).color(color), RichText::new(format!(" {short}")).small().color(words)]
            {
                part.append_to(&mut text, ui.style(), egui::FontSelection::Default, egui::Align::Center);
            }
            let response = ui.add(egui::Label::new(text).extend().sense(egui::Sense::click()));
            response.widget_info(|| {
                egui::WidgetInfo::selected(egui::Role::CheckBox, true, !hidden, name.as_str())
            });
            if response.on_hover_text("Show or hide this curve").clicked() && !look.hidden.remove(name) {
                look.hidden.insert(name.clone());
            }
        }
    });
    let smoothing = look.smoothing;
    let unsmoothed = if card.smooth { smoothing } else { 0.0 };
    look.smoothing = unsmoothed;
    let mut lines = Vec::new();
    for (number, run) in runs.iter().enumerate() {
        for (index, (name, short)) in
            card.curves.iter().enumerate().filter(|(_, c)| !look.hidden.contains(&c.0))
        {
            let Some(drawn) = run.drawn(name, card.log, look) else { continue };
            let title = if runs.len() > 1 { format!("{short} · {}", run.name) } else { short.clone() };
            lines.push((title, drawn, color(index), style(number)));
        }
    }
    look.smoothing = smoothing;
    let log = card.log;
    let value = move |y: f64| if log { number(10_f64.powf(y)) } else { number(y) };
    Plot::new(card.title)
        .height(HEIGHT)
        .y_axis_min_width(44.0)
        .allow_scroll(false)
        .show_grid([false, true])
        .y_axis_formatter(move |mark, _| value(mark.value))
        .label_formatter(move |hover| match hover {
            HoverPosition::NearDataPoint { plot_name, position, .. } => {
                Some(format!("{plot_name}\nstep {:.0}: {}", position.x, value(position.y)))
            }
            HoverPosition::Elsewhere { .. } => None,
        })
        .show(ui, |plot| {
            for (title, drawn, color, style) in &lines {
                let points = PlotPoints::from(drawn.0.clone());
                plot.line(Line::new(title.clone(), points).color(*color).style(*style).width(1.5));
            }
            if let Some(step) = best {
                let line = VLine::new("best model", step as f64).color(tokens::MONO);
                plot.vline(line.style(LineStyle::dotted_dense()).width(1.0));
            }
        });
    ui.add_space(tokens::GAP);
}

fn color(index: usize) -> Color32 {
    tokens::PINS[index % tokens::PINS.len()]
}

fn style(run: usize) -> LineStyle {
    match run {
        0 => LineStyle::Solid,
        1 => LineStyle::dashed_dense(),
        _ => LineStyle::dotted_dense(),
    }
}

/// A number in few digits.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if !(1e-3..1e5).contains(&size) {
        format!("{value:.1e}")
    } else if size >= 100.0 {
        format!("{value:.0}")
    } else if size >= 1.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.4}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_smoothed_without_bias_and_thinned_to_means() {
        let constant: Vec<_> = (0..10).map(|step| [f64::from(step), 3.0]).collect();
        assert!(prepared(&constant, false, 0.9).0.iter().all(|point| (point[1] - 3.0).abs() < 1e-12));
        let many: Vec<_> = (0..4000).map(|step| [f64::from(step), f64::from(step % 2)]).collect();
        let thin = prepared(&many, false, 0.0).0;
        assert!(thin.len() <= POINTS && thin.iter().all(|point| (point[1] - 0.5).abs() < 1e-12));
        let holes = [[0.0, 1.0], [1.0, f64::NAN], [2.0, -1.0], [3.0, 100.0]];
        assert_eq!(prepared(&holes, true, 0.0).0, [[0.0, 0.0], [3.0, 2.0]]);
    }

    #[test]
    fn numbers_are_short() {
        let numbers: Vec<_> = [0.0, 2e-4, 0.0321, 1.5, 12_345.0, 1e6].map(number).to_vec();
        assert_eq!(numbers, ["0", "2.0e-4", "0.0321", "1.50", "12345", "1.0e6"]);
    }
}
