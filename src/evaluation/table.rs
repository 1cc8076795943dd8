//! A report as Markdown tables, for the terminal, the README and people.

use std::fmt::Write;

use super::bootstrap::Interval;
use super::honesty;
use super::report::{ImageReport, LeftOut, MethodReport, Report, SetReport, Subset};
use crate::metrics::{Measure, Region};

impl Report {
    /// The tables of every set, under its name where there are several.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        for set in &self.sets {
            if self.sets.len() > 1 {
                let _ = writeln!(text, "{}## {}\n", if text.is_empty() { "" } else { "\n" }, set.name);
            }
            text.push_str(&set.markdown(&self.baseline));
        }
        text.push_str(&honesty::markdown(&self.honesty));
        text
    }
}

impl SetReport {
    /// The tables of one set: all pixels, under cloud, in the clear; differences to the baseline; then by
    /// cover, and image by image.
    #[must_use]
    pub fn markdown(&self, baseline: &str) -> String {
        let mut text = String::new();
        let scenes = distinct(self.images.iter().map(|image| image.scene.as_str()));
        let donors =
            distinct(self.images.iter().filter_map(|image| Some(image.lent.as_ref()?.donor.as_str())));
        let lent = if donors > 0 {
            format!(" under the cloud of {}", counted(donors, "donor"))
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "{} of {}{lent}, {}; 95 % intervals over scenes{} in brackets.",
            counted(self.images.len(), "image"),
            counted(scenes, "scene"),
            counted(self.bands.len(), "band"),
            if donors > 0 { " and donors" } else { "" },
        );
        self.donor_line(&mut text);
        let with_baseline = self.methods.iter().any(|method| method.name == baseline);
        for region in Region::EVERY {
            self.region_table(&mut text, region, baseline, with_baseline);
        }
        if with_baseline && self.methods.len() > 1 {
            self.difference_tables(&mut text, baseline);
        }
        self.subset_table(&mut text);
        self.distribution_table(&mut text);
        self.label_table(&mut text);
        self.image_table(&mut text, baseline, with_baseline);
        text
    }

    /// Which scenes of the donors' folder lent their cloud, and why the others did not.
    fn donor_line(&self, text: &mut String) {
        if self.donors.is_empty() {
            return;
        }
        let count = |why: Option<LeftOut>| self.donors.iter().filter(|donor| donor.left_out == why).count();
        let _ = writeln!(
            text,
            "\n{} of {} scenes lent their cloud; left out: {} with under 5 % of cloud, {} that hide the whole place, {} whose cloud hardly shows.",
            count(None),
            self.donors.len(),
            count(Some(LeftOut::Clear)),
            count(Some(LeftOut::Overcast)),
            count(Some(LeftOut::Nothing)),
        );
    }

    fn region_table(&self, text: &mut String, region: Region, baseline: &str, with_baseline: bool) {
        let images = self
            .methods
            .iter()
            .filter_map(|method| method.group(Subset::Any, region))
            .filter_map(|group| group.measures.get(&Measure::Mae))
            .map(|interval| interval.images)
            .max();
        let Some(images) = images else { return };
        let _ = write!(text, "\n**{}** ({})\n\n| method |", title(region), counted(images, "image"));
        for measure in Measure::EVERY {
            let _ = write!(text, " {} |", measure.title());
        }
        if with_baseline {
            let _ = write!(text, " PSNR − {baseline} | MAE (%) |");
        }
        let columns = Measure::EVERY.len() + 2 * usize::from(with_baseline);
        let _ = writeln!(text, "\n|---|{}", "--:|".repeat(columns));
        for method in &self.methods {
            let _ = write!(text, "| {} |", method.name);
            let group = method.group(Subset::Any, region);
            for measure in Measure::EVERY {
                let mean = group.and_then(|group| group.measures.get(&measure));
                let cell = if measure == Measure::Psnr {
                    with_interval(mean, measure.digits())
                } else {
                    mean_only(mean, measure.digits())
                };
                let _ = write!(text, " {cell} |");
            }
            if with_baseline {
                let difference = group.and_then(|group| group.against_baseline.get(&Measure::Psnr));
                let change = group.and_then(|group| group.change_percent.get(&Measure::Mae));
                let _ = write!(text, " {} | {} |", with_interval(difference, 2), signed(change, 1));
            }
            let _ = writeln!(text);
        }
    }

    /// Every measure against the baseline's on the same images, under cloud: of all images, and of those
    /// under thin cloud.
    fn difference_tables(&self, text: &mut String, baseline: &str) {
        for subset in [Subset::Any, Subset::Thin] {
            let groups: Vec<_> = self
                .methods
                .iter()
                .filter(|method| method.name != baseline)
                .filter_map(|method| Some((method, method.group(subset, Region::Cloud)?)))
                .filter(|(_, group)| !group.against_baseline.is_empty())
                .collect();
            let images = groups.iter().filter_map(|(_, group)| group.against_baseline.get(&Measure::Mae));
            let Some(images) = images.map(|interval| interval.images).max() else { continue };
            let place = if subset == Subset::Thin { "Under thin cloud" } else { "Under cloud" };
            let _ = write!(
                text,
                "\n**{place}, against {baseline}** ({})\n\n| method |",
                counted(images, "image")
            );
            for measure in Measure::EVERY {
                let _ = write!(text, " {} |", measure.title());
            }
            let _ = writeln!(text, " MAE (%) |\n|---|{}", "--:|".repeat(Measure::EVERY.len() + 1));
            for (method, group) in groups {
                let _ = write!(text, "| {} |", method.name);
                for measure in Measure::EVERY {
                    let _ =
                        write!(text, " {} |", signed(group.against_baseline.get(&measure), measure.digits()));
                }
                let _ = writeln!(text, " {} |", signed(group.change_percent.get(&Measure::Mae), 1));
            }
        }
    }

    fn subset_table(&self, text: &mut String) {
        let _ = write!(
            text,
            "\n**By cover** (PSNR in dB and MAE: all pixels · under cloud)\n\n| cover | images |"
        );
        for method in &self.methods {
            let _ = write!(text, " {} |", method.name);
        }
        let _ = writeln!(text, "\n|---|--:|{}", "--:|".repeat(self.methods.len()));
        for subset in Subset::EVERY {
            let images = self.images.iter().filter(|image| subset.has(image)).count();
            if images == 0 {
                let _ = writeln!(text, "| {} | 0 |{}", subset.title(), " – |".repeat(self.methods.len()));
                continue;
            }
            let _ = write!(text, "| {} | {images} |", subset.title());
            for method in &self.methods {
                let psnr = both_regions(method, subset, Measure::Psnr);
                let mae = both_regions(method, subset, Measure::Mae);
                let _ = write!(text, " {psnr}, {mae} |");
            }
            let _ = writeln!(text);
        }
    }

    /// Each image: PSNR and MAE of every method under cloud (of all pixels where there is none), and the
    /// PSNR's difference to the baseline.
    fn image_table(&self, text: &mut String, baseline: &str, with_baseline: bool) {
        let difference = if with_baseline { format!(" (PSNR − {baseline})") } else { String::new() };
        let _ = write!(
            text,
            "\n**Image by image** (PSNR in dB{difference}, MAE under cloud)\n\n| image | cover | excess |"
        );
        for method in &self.methods {
            let _ = write!(text, " {} |", method.name);
        }
        let _ = writeln!(text, "\n|---|--:|--:|{}", "--:|".repeat(self.methods.len()));
        for image in &self.images {
            let lent = image.lent.as_ref().map_or_else(String::new, |lent| format!(" under {}", lent.donor));
            let excess = image.excess.map_or_else(|| "–".to_owned(), |excess| format!("{excess:.2}"));
            let thin = if Subset::Thin.has(image) { " thin" } else { "" };
            let cover = 100.0 * image.cover;
            let _ = write!(text, "| {}{lent} | {cover:.1} % | {excess}{thin} |", image.name);
            for method in &self.methods {
                let _ = write!(text, " {} |", image_cell(image, &method.name));
            }
            let _ = writeln!(text);
        }
    }
}

fn image_cell(image: &ImageReport, method: &str) -> String {
    let Some(cloud) = image.results.get(method).and_then(|result| result.region(Region::Cloud)) else {
        return "–".to_owned();
    };
    let number =
        |value: Option<f64>, digits: usize| value.map_or_else(|| "–".to_owned(), |v| format!("{v:.digits$}"));
    let difference = image
        .against_baseline
        .get(method)
        .and_then(|regions| regions.get(&Region::Cloud)?.get(&Measure::Psnr))
        .map_or_else(String::new, |difference| format!(" ({difference:+.2})"));
    format!("{}{difference}, {}", number(cloud.psnr, 2), number(cloud.mae, 4))
}

fn title(region: Region) -> &'static str {
    match region {
        Region::All => "All pixels",
        Region::Cloud => "Under cloud",
        Region::Clear => "In the clear",
        Region::Aligned => "Under cloud, against the clear date in the light of the cloudy one",
    }
}

fn distinct<'n>(names: impl Iterator<Item = &'n str>) -> usize {
    names.collect::<std::collections::BTreeSet<_>>().len()
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn both_regions(method: &MethodReport, subset: Subset, measure: Measure) -> String {
    let mean = |region| {
        let interval = method.group(subset, region).and_then(|group| group.measures.get(&measure));
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

/// A difference with its sign.
fn signed(interval: Option<&Interval>, digits: usize) -> String {
    let Some(interval) = interval else { return "–".to_owned() };
    match interval.low.zip(interval.high) {
        Some((low, high)) => format!("{:+.digits$} [{low:+.digits$}, {high:+.digits$}]", interval.mean),
        None => format!("{:+.digits$}", interval.mean),
    }
}
