//! What limits the findings of a report, in plain words.

use super::honesty;
use super::report::{ImageReport, MIN_COVER, MethodReport, Report, SetReport, Subset};
use super::verdict::{Finding, Judgement};
use crate::metrics::{Measure, Region};

/// With fewer scenes than this a bootstrap interval tends to be too narrow (Cameron, Gelbach and Miller 2008 draw
/// the line at 5 to 30 clusters).
pub(super) const FEW_SCENES: usize = 20;

pub(super) fn cautions(report: &Report, judgements: &[Judgement]) -> Vec<String> {
    let mut cautions = Vec::new();
    let few: Vec<_> = report.sets.iter().filter_map(few_scenes).collect();
    if !few.is_empty() {
        cautions.push(format!(
            "Few scenes: {}. Bootstrap intervals over so few tend to be too narrow; what is found here should be confirmed on more.",
            few.join(", ")
        ));
    }
    let findings = judgements
        .iter()
        .filter(|judgement| {
            matches!(judgement.finding, Finding::Better | Finding::Worse | Finding::Undecided)
        })
        .count();
    if findings > 1 {
        cautions.push(format!(
            "{findings} comparisons were made, each at 95 %: of twenty that differ in nothing, one would seem to differ by chance alone. No correction for that was made."
        ));
    }
    if report.sets.iter().any(|set| set.kind == "pairs") {
        cautions.push("The dates of real pairs lie apart, and land changes meanwhile: part of every method's error is no error. Under transplanted cloud the truth is exact.".to_owned());
        cautions.extend(report.sets.iter().filter_map(|set| between_dates(report, set)));
    }
    for set in &report.sets {
        cautions.extend(stronger(report, set));
    }
    cautions.extend(honesty::cautions(&report.honesty));
    cautions
}

fn few_scenes(set: &SetReport) -> Option<String> {
    let mut scenes: Vec<&str> = set.images.iter().map(|image| image.scene.as_str()).collect();
    scenes.sort_unstable();
    scenes.dedup();
    (scenes.len() < FEW_SCENES).then(|| format!("{} in {}", scenes.len(), set.name))
}

/// How far the dates of real pairs lie apart where no cloud is: so much every method is blamed for that keeps to the
/// light and the season of the cloudy date.
fn between_dates(report: &Report, set: &SetReport) -> Option<String> {
    let mae = |image: &ImageReport, method: &str, region| image.results.get(method)?.region(region)?.mae;
    let both = |image: &ImageReport| {
        Some((mae(image, "input", Region::Clear)?, mae(image, &report.baseline, Region::Cloud)?))
    };
    let counted = |image: &&ImageReport| set.kind == "pairs" && image.cover >= MIN_COVER;
    let found: Vec<_> = set.images.iter().filter(counted).filter_map(both).collect();
    let mean =
        |values: &dyn Fn(&(f64, f64)) -> f64| found.iter().map(values).sum::<f64>() / found.len() as f64;
    let (clear, under) = (mean(&|pair| pair.0), mean(&|pair| pair.1));
    (!found.is_empty()).then(|| {
        format!(
            "On {} the two dates differ by MAE {clear:.4} where the mask calls both clear, without any cloud to take away; under cloud {} misses the clear date by {under:.4}. What lies near that difference measures the time between the dates as much as a method.",
            set.name, report.baseline
        )
    })
}

/// Where another baseline is stronger than the one that differences are taken to, beating that is no feat.
fn stronger(report: &Report, set: &SetReport) -> Option<String> {
    let psnr = |method: &MethodReport| {
        let group = method.group(Subset::Any, Region::Cloud)?;
        group.measures.get(&Measure::Psnr).map(|interval| interval.mean)
    };
    let known = super::methods::baseline_names();
    let own = psnr(set.methods.iter().find(|method| method.name == report.baseline)?)?;
    let others = set.methods.iter().filter(|method| known.contains(&method.name.as_str()));
    let best = others
        .filter_map(|method| Some((method, psnr(method)?)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .filter(|(method, value)| method.name != report.baseline && *value > own)?;
    Some(format!(
        "On {} the baseline {} is stronger than {} ({:.2} against {own:.2} dB under cloud): compare with that too.",
        set.name, best.0.name, report.baseline, best.1
    ))
}
