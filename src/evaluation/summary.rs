//! Means over images, differences to the baseline, and their intervals.

use std::collections::{BTreeMap, HashMap};

use super::bootstrap::{Unit, change, interval};
use super::report::{Differences, GroupReport, ImageReport, MIN_COVER, MethodReport, Subset};
use crate::metrics::{Comparison, Measure, Measures, Region};

/// The differences of each method to the baseline on one image.
#[must_use]
pub(super) fn differences(
    results: &BTreeMap<String, Comparison>,
    baseline: &str,
) -> BTreeMap<String, Differences> {
    let Some(base) = results.get(baseline) else { return BTreeMap::new() };
    let in_region = |result: &Comparison, region: Region| {
        let (a, b) = (result.region(region)?, base.region(region)?);
        let one = |measure| Some((measure, a.get(measure)? - b.get(measure)?));
        Some((region, Measure::EVERY.into_iter().filter_map(one).collect()))
    };
    let of = |result: &Comparison| -> Differences {
        Region::EVERY.into_iter().filter_map(|region| in_region(result, region)).collect()
    };
    let others = results.iter().filter(|(name, _)| *name != baseline);
    others.map(|(name, result)| (name.clone(), of(result))).collect()
}

/// The means of each method (name and summary) over the images.
#[must_use]
pub fn summarise(images: &[ImageReport], methods: &[(&str, &str)], baseline: &str) -> Vec<MethodReport> {
    let images = with_units(images);
    let groups = |method: &str| {
        Subset::EVERY
            .into_iter()
            .flat_map(|subset| Region::EVERY.map(|region| (subset, region)))
            .map(|(subset, region)| group(&images, method, baseline, subset, region))
            .filter(|group| !group.measures.is_empty())
            .collect()
    };
    methods
        .iter()
        .map(|&(name, summary)| MethodReport {
            name: name.to_owned(),
            summary: summary.to_owned(),
            groups: groups(name),
        })
        .collect()
}

fn group(
    images: &[(Unit, &ImageReport)],
    method: &str,
    baseline: &str,
    subset: Subset,
    region: Region,
) -> GroupReport {
    let members: Vec<_> = images
        .iter()
        .copied()
        .filter(|(_, image)| subset.has(image))
        .filter(|(_, image)| !region.is_cloud() || image.cover >= MIN_COVER)
        .collect();
    let value = |image: &ImageReport, method: &str, measure| {
        let measures: Measures = image.results.get(method)?.region(region)?;
        measures.get(measure)
    };
    let both = |image: &ImageReport, measure| {
        Some((value(image, method, measure)?, value(image, baseline, measure)?))
    };
    let means = |of: &dyn Fn(&ImageReport, Measure) -> Option<f64>| {
        let mean = |measure| {
            let values: Vec<_> =
                members.iter().filter_map(|&(unit, image)| Some((unit, of(image, measure)?))).collect();
            Some((measure, interval(&values)?))
        };
        Measure::EVERY.into_iter().filter_map(mean).collect::<BTreeMap<_, _>>()
    };
    let measures = means(&|image, measure| value(image, method, measure));
    if method == baseline {
        let none = BTreeMap::new();
        return GroupReport {
            subset,
            region,
            measures,
            against_baseline: none.clone(),
            change_percent: none,
        };
    }
    let against_baseline = means(&|image, measure| both(image, measure).map(|(own, base)| own - base));
    let percent = |measure: Measure| {
        let values: Vec<_> = members
            .iter()
            .filter_map(|&(unit, image)| both(image, measure).map(|(own, base)| (unit, own, base)))
            .collect();
        Some((measure, change(&values)?))
    };
    let errors = Measure::EVERY.into_iter().filter(|measure| measure.is_error());
    GroupReport {
        subset,
        region,
        measures,
        against_baseline,
        change_percent: errors.filter_map(percent).collect(),
    }
}

/// Images with numbers for their scenes and donors: the place of the first image that has the same.
fn with_units(images: &[ImageReport]) -> Vec<(Unit, &ImageReport)> {
    let (mut scenes, mut donors) = (HashMap::new(), HashMap::new());
    let mut units = Vec::with_capacity(images.len());
    for (index, image) in images.iter().enumerate() {
        let scene = *scenes.entry(image.scene.as_str()).or_insert(index);
        let donor = image.lent.as_ref().map(|lent| *donors.entry(lent.donor.as_str()).or_insert(index));
        units.push((Unit { scene, donor }, image));
    }
    units
}
