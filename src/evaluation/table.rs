//! A report as Markdown tables, for the terminal, the README and people.

use std::fmt::Write;

use super::bootstrap::Interval;
use super::report::{Cover, MethodReport, Report};
use crate::metrics::{Measure, Region};

impl Report {
    /// The tables: all pixels, under cloud, in the clear; then by cover.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        let mut scenes: Vec<_> = self.images.iter().map(|image| image.scene.as_str()).collect();
        scenes.sort_unstable();
        scenes.dedup();
        let _ = writeln!(
            text,
            "{} of {}, {}; 95 % intervals over scenes in brackets.",
            counted(self.images.len(), "image"),
            counted(scenes.len(), "scene"),
            counted(self.bands.len(), "band")
        );
        for region in Region::EVERY {
            self.region_table(&mut text, region);
        }
        self.cover_table(&mut text);
        text
    }

    fn has_baseline(&self) -> bool {
        self.methods.iter().any(|method| method.name == self.baseline)
    }

    fn region_table(&self, text: &mut String, region: Region) {
        let images = self
            .methods
            .iter()
            .filter_map(|method| method.group(Cover::Any, region))
            .filter_map(|group| group.measures.get(&Measure::Mae))
            .map(|interval| interval.images)
            .max();
        let Some(images) = images else { return };
        let title = match region {
            Region::All => "All pixels",
            Region::Cloud => "Under cloud",
            Region::Clear => "In the clear",
        };
        let _ = write!(text, "\n**{title}** ({})\n\n| method |", counted(images, "image"));
        for measure in Measure::EVERY {
            let _ = write!(text, " {} |", measure.title());
        }
        if self.has_baseline() {
            let _ = write!(text, " PSNR − {} |", self.baseline);
        }
        let columns = Measure::EVERY.len() + usize::from(self.has_baseline());
        let _ = writeln!(text, "\n|---|{}", "--:|".repeat(columns));
        for method in &self.methods {
            let _ = write!(text, "| {} |", method.name);
            let group = method.group(Cover::Any, region);
            for measure in Measure::EVERY {
                let mean = group.and_then(|group| group.measures.get(&measure));
                let cell = if measure == Measure::Psnr {
                    with_interval(mean, measure.digits())
                } else {
                    mean_only(mean, measure.digits())
                };
                let _ = write!(text, " {cell} |");
            }
            if self.has_baseline() {
                let difference = group.and_then(|group| group.against_baseline.get(&Measure::Psnr));
                let _ = write!(text, " {} |", with_interval(difference, 2));
            }
            let _ = writeln!(text);
        }
    }

    fn cover_table(&self, text: &mut String) {
        let _ = write!(
            text,
            "\n**By cover** (PSNR in dB and MAE: all pixels · under cloud)\n\n| cover | images |"
        );
        for method in &self.methods {
            let _ = write!(text, " {} |", method.name);
        }
        let _ = writeln!(text, "\n|---|--:|{}", "--:|".repeat(self.methods.len()));
        for cover in Cover::EVERY {
            let images = self
                .images
                .iter()
                .filter(|image| cover == Cover::Any || cover == Cover::of(image.cover))
                .count();
            if images == 0 {
                let _ = writeln!(text, "| {} | 0 |{}", cover.title(), " – |".repeat(self.methods.len()));
                continue;
            }
            let _ = write!(text, "| {} | {images} |", cover.title());
            for method in &self.methods {
                let psnr = both_regions(method, cover, Measure::Psnr);
                let mae = both_regions(method, cover, Measure::Mae);
                let _ = write!(text, " {psnr}, {mae} |");
            }
            let _ = writeln!(text);
        }
    }
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn both_regions(method: &MethodReport, cover: Cover, measure: Measure) -> String {
    let mean = |region| {
        let interval = method.group(cover, region).and_then(|group| group.measures.get(&measure));
        mean_only(interval, measure.digits())
    };
    format!("{} · {}", mean(Region::All), mean(Region::Cloud))
}

fn mean_only(interval: Option<&Interval>, digits: usize) -> String {
    interval.map_or_else(|| "–".to_owned(), |interval| format!("{:.digits$}", interval.mean))
}

fn with_interval(interval: Option<&Interval>, digits: usize) -> String {
    let mean = mean_only(interval, digits);
    match interval.and_then(|interval| interval.low.zip(interval.high)) {
        Some((low, high)) => format!("{mean} [{low:.digits$}, {high:.digits$}]"),
        None => mean,
    }
}
