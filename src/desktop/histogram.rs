//! How the shown bands are spread, with the limits of the display, which can be dragged.

use egui_plot::{Line, Plot, PlotPoints, VLine};

use crate::view::Statistics;

use super::tokens;

/// How near the pointer must come to a limit to take it, as a share of the plot's width.
const GRAB: f64 = 0.04;

/// A channel of the histogram.
pub(super) struct Channel<'a> {
    pub name: String,
    pub color: egui::Color32,
    pub statistics: Option<&'a Statistics>,
    pub limits: [f32; 2],
}

/// Draws the histogram; returns the channel, which of its limits (0 low, 1 high) and the reflectance it
/// was dragged to.
pub(super) fn plot(ui: &mut egui::Ui, channels: &[Channel<'_>]) -> Option<(usize, usize, f32)> {
    let lines: Vec<_> = channels
        .iter()
        .map(|channel| (channel.name.clone(), channel.color, bars(channel.statistics), channel.limits))
        .collect();
    let response = Plot::new("histogram")
        .show_axes([true, false])
        .show_grid([true, false])
        .allow_drag(false)
        .allow_scroll(false)
        .allow_zoom(false)
        .allow_boxed_zoom(false)
        .x_axis_label("reflectance")
        .include_y(0.0)
        .show(ui, |plot| {
            for (name, color, points, limits) in lines {
                plot.line(
                    Line::new(name.clone(), PlotPoints::from(points)).color(color).fill(0.0).fill_alpha(0.15),
                );
                for (limit, end) in limits.into_iter().zip(["low", "high"]) {
                    plot.vline(VLine::new(format!("{name} {end}"), f64::from(limit)).color(color).width(1.5));
                }
            }
            (plot.pointer_coordinate().map(|point| point.x), plot.plot_bounds().width())
        });
    let (pointer, width) = response.inner;
    let memory = response.response.id.with("held");
    let pointer = pointer?;
    if response.response.drag_started() {
        let held = nearest(channels, pointer).filter(|(_, _, distance)| *distance <= GRAB * width);
        ui.data_mut(|data| data.insert_temp(memory, held.map(|(channel, end, _)| (channel, end))));
    }
    if response.response.dragged() {
        let held: Option<(usize, usize)> = ui.data(|data| data.get_temp(memory)).flatten();
        return held.map(|(channel, end)| (channel, end, pointer as f32));
    }
    if response.response.hovered()
        && nearest(channels, pointer).is_some_and(|(_, _, distance)| distance <= GRAB * width)
    {
        ui.ctx().set_cursor_icon(egui::CursorIcon::ResizeHorizontal);
    }
    None
}

/// The limit nearest to a reflectance: its channel, its end, and how far it is.
fn nearest(channels: &[Channel<'_>], at: f64) -> Option<(usize, usize, f64)> {
    channels
        .iter()
        .enumerate()
        .flat_map(|(index, channel)| {
            channel
                .limits
                .iter()
                .enumerate()
                .map(move |(end, &limit)| (index, end, (f64::from(limit) - at).abs()))
        })
        .min_by(|a, b| a.2.total_cmp(&b.2))
}

/// The outline of a histogram's bars, the highest 1.
fn bars(statistics: Option<&Statistics>) -> Vec<[f64; 2]> {
    let Some(statistics) = statistics else { return Vec::new() };
    let most = statistics.histogram.iter().copied().max().unwrap_or(1).max(1);
    let [low, high] = statistics.limits.map(f64::from);
    let step = (high - low) / statistics.histogram.len() as f64;
    let bar = |(index, &count): (usize, &u32)| {
        [low + (index as f64 + 0.5) * step, f64::from(count) / f64::from(most)]
    };
    statistics.histogram.iter().enumerate().map(bar).collect()
}

/// The colour of a channel among `count`.
pub(super) fn color(channel: usize, count: usize) -> egui::Color32 {
    if count == 3 { tokens::CHANNELS[channel] } else { tokens::MONO }
}
