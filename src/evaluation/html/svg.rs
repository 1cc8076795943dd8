//! Plots as inline SVG: colours come from the page's style sheet, every mark has its numbers as a tooltip.

use super::text::{escape, number};

/// Height of a row of keys.
pub(super) const KEY: f64 = 16.0;

/// A linear or logarithmic axis from values to picture units.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    log: bool,
}

impl Scale {
    /// An axis over values, with some room; `from` and `to` are where its ends lie in the picture.
    pub fn over(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let (low, high) = extent(values);
        let room = if high > low { 0.04 * (high - low) } else { low.abs().max(1.0) * 0.1 };
        Self { low: low - room, high: high + room, from, to, log: false }
    }

    /// An axis from one value to another, both on it.
    pub fn between((low, high): (f64, f64), from: f64, to: f64) -> Self {
        Self { low, high, from, to, log: false }
    }

    /// A logarithmic axis over values above 0.
    pub fn log_over(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let (low, high) = extent(values.filter(|value| *value > 0.0).map(f64::log10));
        let room = if high > low { 0.04 * (high - low) } else { 0.5 };
        Self { low: low - room, high: high + room, from, to, log: true }
    }

    /// Where a value lies in the picture.
    pub fn at(&self, value: f64) -> f64 {
        let value = if self.log { value.max(f64::MIN_POSITIVE).log10() } else { value };
        self.from + (value - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// Round values along the axis, about `count` of them, with their words.
    pub fn ticks(&self, count: usize) -> Vec<(f64, String)> {
        if self.log {
            let decades = (self.low.ceil() as i32)..=(self.high.floor() as i32);
            return decades.map(|power| (10_f64.powi(power), format!("1e{power}"))).collect();
        }
        let raw = (self.high - self.low) / count.max(1) as f64;
        let power = 10_f64.powf(raw.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|step| *step >= raw * 0.999);
        let step = step.unwrap_or(10.0 * power);
        let digits = (-step.log10().floor()).max(0.0) as usize;
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step).floor() as i64;
        (first..=last).map(|i| (i as f64 * step, number(i as f64 * step, digits))).collect()
    }
}

fn extent(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values.filter(|value| value.is_finite()) {
        low = low.min(value);
        high = high.max(value);
    }
    if low <= high { (low, high) } else { (0.0, 1.0) }
}

/// A plot that is drawn into.
pub(super) struct Plot {
    body: String,
    numbers: String,
    width: f64,
    height: f64,
}

impl Plot {
    pub fn new(width: f64, height: f64) -> Self {
        Self { body: String::new(), numbers: String::new(), width, height }
    }

    /// Says the plot's numbers to those who cannot see it.
    pub fn describe(&mut self, numbers: impl Into<String>) {
        self.numbers = numbers.into();
    }

    /// Adds an element as it is.
    pub fn add(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    pub fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        self.add(&format!(
            "<line class=\"{class}\" x1=\"{x1:.2}\" y1=\"{y1:.2}\" x2=\"{x2:.2}\" y2=\"{y2:.2}\"/>"
        ));
    }

    pub fn text(&mut self, class: &str, (x, y): (f64, f64), words: &str) {
        self.add(&format!("<text class=\"{class}\" x=\"{x:.2}\" y=\"{y:.2}\">{}</text>", escape(words)));
    }

    pub fn circle(&mut self, class: &str, (x, y): (f64, f64), radius: f64, words: &str) {
        self.add(&format!(
            "<circle class=\"{class}\" cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{radius}\"><title>{}</title></circle>",
            escape(words)
        ));
    }

    /// A bar of a corner and a size.
    pub fn bar(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64), words: &str) {
        self.add(&format!(
            "<rect class=\"{class}\" x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\"><title>{}</title></rect>",
            escape(words)
        ));
    }

    /// A line through points; those that are no numbers are left out.
    pub fn polyline(&mut self, class: &str, points: impl Iterator<Item = (f64, f64)>, words: &str) {
        let points: Vec<_> = points
            .filter(|(x, y)| x.is_finite() && y.is_finite())
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        self.add(&format!(
            "<polyline class=\"{class}\" points=\"{}\"><title>{}</title></polyline>",
            points.join(" "),
            escape(words)
        ));
    }

    /// What lines mean, one below the other: the class of each and its words.
    pub fn line_keys<'k>(&mut self, (x, y): (f64, f64), keys: impl Iterator<Item = (String, &'k str)>) {
        for (place, (class, words)) in keys.enumerate() {
            let y = y + KEY * place as f64;
            self.line(&class, (x, y), (x + 26.0, y));
            self.text("legend", (x + 33.0, y + 4.0), words);
        }
    }

    /// What bars mean, one below the other.
    pub fn bar_keys<'k>(&mut self, (x, y): (f64, f64), keys: impl Iterator<Item = (String, &'k str)>) {
        for (place, (class, words)) in keys.enumerate() {
            let y = y + KEY * place as f64;
            self.bar(&class, (x, y - 5.0), (14.0, 9.0), words);
            self.text("legend", (x + 21.0, y + 4.0), words);
        }
    }

    /// Vertical lines at round values with their words below `bottom`.
    pub fn x_axis(&mut self, scale: &Scale, (top, bottom): (f64, f64), count: usize, title: &str) {
        for (value, words) in scale.ticks(count) {
            let x = scale.at(value);
            self.line("grid", (x, top), (x, bottom));
            self.text("tick tick-x", (x, bottom + 14.0), &words);
        }
        self.text("axis axis-x", (f64::midpoint(scale.from, scale.to), bottom + 31.0), title);
    }

    /// Horizontal lines at round values with their words left of `left`.
    pub fn y_axis(&mut self, scale: &Scale, (left, right): (f64, f64), count: usize, title: &str) {
        for (value, words) in scale.ticks(count) {
            let y = scale.at(value);
            self.line("grid", (left, y), (right, y));
            self.text("tick tick-y", (left - 6.0, y + 3.5), &words);
        }
        let middle = f64::midpoint(scale.from, scale.to);
        self.add(&format!(
            "<text class=\"axis axis-y\" transform=\"translate({:.2} {middle:.2}) rotate(-90)\">{}</text>",
            left - 40.0,
            escape(title)
        ));
    }

    /// The plot as a figure with a caption; `alt` says what it shows to those who cannot see it.
    pub fn figure(&self, class: &str, alt: &str, caption: &str) -> String {
        let (width, height) = (self.width, self.height);
        let (alt, numbers) = (escape(alt), escape(&self.numbers));
        let numbers = if numbers.is_empty() { numbers } else { format!("<desc>{numbers}</desc>\n") };
        format!(
            "<figure class=\"{class}\">\n<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"{alt}\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\">\n<title>{alt}</title>\n{numbers}{}</svg>\n<figcaption>{}</figcaption>\n</figure>\n",
            self.body,
            escape(caption)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let scale = Scale::over([-0.31, 1.02].into_iter(), 0.0, 100.0);
        let words: Vec<_> = scale.ticks(5).into_iter().map(|(_, words)| words).collect();
        assert_eq!(words, ["0.0", "0.5", "1.0"]);
        assert!((scale.at(-0.31) - 3.7).abs() < 0.1 && scale.at(1.02) < 100.0);
        let one = Scale::over([5.0].into_iter(), 0.0, 10.0);
        assert!((one.at(5.0) - 5.0).abs() < 1e-9 && !one.ticks(4).is_empty());
        let none = Scale::over(std::iter::empty(), 0.0, 10.0);
        assert!(none.at(0.5).is_finite());
        let log = Scale::log_over([0.01, 100.0, 0.0].into_iter(), 0.0, 100.0);
        assert_eq!(log.ticks(5).len(), 5);
        assert!((log.at(1.0) - 50.0).abs() < 1e-9);
    }
}
