//! What an evaluation says: every image by every method, and means with intervals.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::bootstrap::{Interval, interval};
use crate::bands::Band;
use crate::metrics::{Comparison, Measure, Measures, Region};

/// Images with less cloud than this fraction are left out of means under cloud.
pub const MIN_COVER: f64 = 0.02;

/// How much of an image lies under cloud or shadow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cover {
    /// Any cover: all images.
    Any,
    /// Under 20 %.
    Low,
    /// 20 to 60 %.
    Middle,
    /// Over 60 %.
    High,
}

impl Cover {
    /// All images first, then the classes.
    pub const EVERY: [Self; 4] = [Self::Any, Self::Low, Self::Middle, Self::High];

    /// The class of a fraction.
    #[must_use]
    pub fn of(fraction: f64) -> Self {
        if fraction < 0.2 {
            Self::Low
        } else if fraction <= 0.6 {
            Self::Middle
        } else {
            Self::High
        }
    }

    /// The name in tables.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Low => "< 20 %",
            Self::Middle => "20–60 %",
            Self::High => "> 60 %",
        }
    }
}

/// One image by every method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageReport {
    /// The pair's name.
    pub name: String,
    /// The scene it was cut from, by its name: the unit of the intervals.
    pub scene: String,
    /// Fraction of its valid pixels under cloud or shadow, by the mask.
    pub cover: f64,
    /// Where the mask comes from.
    pub mask: String,
    /// The measures of each method.
    pub results: BTreeMap<String, Comparison>,
}

/// Means of one method over a group of images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupReport {
    /// Images of which cover.
    pub cover: Cover,
    /// Over which of their pixels.
    pub region: Region,
    /// Means over the images; a measure that no image has is left out.
    pub measures: BTreeMap<Measure, Interval>,
    /// Means of the difference to the baseline, image by image (method − baseline); empty for the
    /// baseline itself and where it was not run.
    pub against_baseline: BTreeMap<Measure, Interval>,
}

/// One method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MethodReport {
    /// Its name.
    pub name: String,
    /// What it is.
    pub summary: String,
    /// Its means, by cover and region; groups without an image are left out.
    pub groups: Vec<GroupReport>,
}

/// An evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version of the program.
    pub declouder: String,
    /// What was evaluated: `pairs`.
    pub kind: String,
    /// The data, as given.
    pub data: String,
    /// The parameters it was run with.
    pub config: super::PairsConfig,
    /// The bands measured.
    pub bands: Vec<Band>,
    /// The method that differences are taken to.
    pub baseline: String,
    /// How numbers were taken.
    pub notes: Vec<String>,
    /// What the analyst should know.
    pub warnings: Vec<String>,
    /// Every method.
    pub methods: Vec<MethodReport>,
    /// Every image.
    pub images: Vec<ImageReport>,
}

/// How every report takes its numbers, to be read beside them.
#[must_use]
pub fn notes() -> Vec<String> {
    [
        "reflectance clipped to 0..1; measures per image, then the mean over images",
        "every method's result is put into the cloudy image by the same composite (1 − m)·x + m·ŷ and measured against the clear date",
        "cloud = cloud or shadow by the mask, before feathering; clear = the rest of the valid pixels",
        "means under cloud leave out images with under 2 % of it",
        "intervals: 95 %, percentile bootstrap over scenes, 10 000 resamples; with few scenes they say little",
        "the dates of a pair lie apart: land changes, so even a perfect result does not score perfectly",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// The means of each method (name and summary) over the images.
#[must_use]
pub fn summarise(images: &[ImageReport], methods: &[(&str, &str)], baseline: &str) -> Vec<MethodReport> {
    let groups = |method: &str| {
        Cover::EVERY
            .into_iter()
            .flat_map(|cover| Region::EVERY.map(|region| (cover, region)))
            .map(|(cover, region)| group(images, method, baseline, cover, region))
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

fn group(images: &[ImageReport], method: &str, baseline: &str, cover: Cover, region: Region) -> GroupReport {
    let members: Vec<_> = images
        .iter()
        .filter(|image| cover == Cover::Any || cover == Cover::of(image.cover))
        .filter(|image| region != Region::Cloud || image.cover >= MIN_COVER)
        .map(|image| (scene_index(images, image), image))
        .collect();
    let result = |image: &ImageReport, method: &str| -> Option<Measures> {
        image.results.get(method).and_then(|comparison| comparison.region(region))
    };
    let means = |value: &dyn Fn(&ImageReport, Measure) -> Option<f64>| {
        let mean = |measure| {
            let values: Vec<_> =
                members.iter().filter_map(|&(scene, image)| Some((scene, value(image, measure)?))).collect();
            Some((measure, interval(&values)?))
        };
        Measure::EVERY.into_iter().filter_map(mean).collect::<BTreeMap<_, _>>()
    };
    let measures = means(&|image, measure| result(image, method)?.get(measure));
    let against_baseline = if method == baseline {
        BTreeMap::new()
    } else {
        means(&|image, measure| {
            Some(result(image, method)?.get(measure)? - result(image, baseline)?.get(measure)?)
        })
    };
    GroupReport { cover, region, measures, against_baseline }
}

/// A number for the scene an image belongs to.
fn scene_index(images: &[ImageReport], image: &ImageReport) -> usize {
    images.iter().position(|other| other.scene == image.scene).unwrap_or(images.len())
}

impl MethodReport {
    /// The means over one group of images.
    #[must_use]
    pub fn group(&self, cover: Cover, region: Region) -> Option<&GroupReport> {
        self.groups.iter().find(|group| (group.cover, group.region) == (cover, region))
    }
}
