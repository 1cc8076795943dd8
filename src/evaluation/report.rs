//! What an evaluation says: every image by every method, and means with intervals.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::bootstrap::Interval;
use super::honesty::Honesty;
pub use super::label_report::{LabelClass, LabelReport, MethodLabels, Part};
pub use super::provenance::ModelReport;
pub use super::subset::{MIN_COVER, Subset};
pub use super::summary::summarise;
use crate::bands::Band;
use crate::metrics::distribution::Distribution;
use crate::metrics::{Comparison, Measure, Region};
use crate::simulate::transplant::Placing;

/// Whose cloud lies over an image, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lent {
    /// The donor's name.
    pub donor: String,
    /// How it was turned and where it was put.
    #[serde(flatten)]
    pub placing: Placing,
}

/// Why a scene lends no cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LeftOut {
    /// Its mask has under 5 % of cloud.
    Clear,
    /// It hides the whole place: under 5 % of it is seen, in the clear or through thin cloud.
    Overcast,
    /// Its cloud hardly differs from its clear pixels: a mean visible excess under 0.03.
    Nothing,
}

/// A scene of the donors' folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DonorReport {
    /// Its name.
    pub name: String,
    /// The part of it under cloud.
    pub cover: f64,
    /// Mean visible excess of its cloud, where it was looked at.
    pub excess: Option<f64>,
    /// Where the spectrum of its thick cloud comes from.
    pub thick: Option<String>,
    /// Why it lends nothing; none for those that do.
    pub left_out: Option<LeftOut>,
}

/// Differences of one method to the baseline (method − baseline) on one image, by region and measure;
/// what either lacks is left out.
pub type Differences = BTreeMap<Region, BTreeMap<Measure, f64>>;

/// Where the dates of an image lie.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    /// The cloudy date; the donor's where cloud was transplanted.
    pub cloudy: PathBuf,
    /// The clear date.
    pub clear: PathBuf,
}

/// One image by every method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageReport {
    /// Its name.
    pub name: String,
    /// The scene it was cut from, by its name: the unit of the intervals.
    pub scene: String,
    /// Whose cloud lies over it, where that was transplanted; a unit of the intervals too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lent: Option<Lent>,
    /// Its files, where they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<Files>,
    /// Fraction of its valid pixels under cloud or shadow, by the mask.
    pub cover: f64,
    /// Mean visible excess of its cloud, 0..1: as transplanted, or told from B11 and B12 over the fill.
    pub excess: Option<f64>,
    /// Whether its cloud is thin ([`super::THIN_EXCESS`]).
    pub thin: Option<bool>,
    /// Where the mask comes from.
    pub mask: String,
    /// The measures of each method.
    pub results: BTreeMap<String, Comparison>,
    /// The differences of each method to the baseline; empty where that was not run.
    #[serde(default)]
    pub against_baseline: BTreeMap<String, Differences>,
}

/// Means of one method over a group of images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupReport {
    /// Over which images.
    pub subset: Subset,
    /// Over which of their pixels.
    pub region: Region,
    /// Means over the images; a measure that no image has is left out.
    pub measures: BTreeMap<Measure, Interval>,
    /// Means of the difference to the baseline, image by image (method − baseline); empty for the
    /// baseline itself and where it was not run.
    pub against_baseline: BTreeMap<Measure, Interval>,
    /// For errors: by how many per cent the mean lies above the baseline's mean over the same images.
    pub change_percent: BTreeMap<Measure, Interval>,
}

/// One method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MethodReport {
    /// Its name.
    pub name: String,
    /// What it is.
    pub summary: String,
    /// Its means, by subset and region; groups without an image are left out.
    pub groups: Vec<GroupReport>,
}

/// The crops that a method made under cloud as a whole, against those of the clear truth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DistributionReport {
    /// The method's name.
    pub method: String,
    /// Where the features come from.
    pub extractor: String,
    /// The distances, or why there are none.
    #[serde(flatten)]
    pub result: Distribution,
}

/// One test set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetReport {
    /// Its name.
    pub name: String,
    /// What was evaluated: `pairs`, or clear images under `transplanted` cloud.
    pub kind: String,
    /// The bands measured.
    pub bands: Vec<Band>,
    /// Every scene of the donors' folder, where cloud was transplanted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub donors: Vec<DonorReport>,
    /// Every method's crops under cloud as a distribution; empty where no image was looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distribution: Vec<DistributionReport>,
    /// What a land-cover classifier says before and after; none where it was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<LabelReport>,
    /// Every method.
    pub methods: Vec<MethodReport>,
    /// Every image.
    pub images: Vec<ImageReport>,
}

/// An evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version of the program.
    pub declouder: String,
    /// The parameters it was run with.
    pub config: super::EvaluateConfig,
    /// The method that differences are taken to.
    pub baseline: String,
    /// The models among the methods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<ModelReport>,
    /// How numbers were taken.
    pub notes: Vec<String>,
    /// What the analyst should know.
    pub warnings: Vec<String>,
    /// Every test set, apart.
    pub sets: Vec<SetReport>,
    /// The honesty tests, one entry a model; empty where they were not asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub honesty: Vec<Honesty>,
}

/// How every report takes its numbers, to be read beside them.
#[must_use]
pub fn notes() -> Vec<String> {
    [
        "reflectance clipped to 0..1; measures per image, then the mean over images",
        "every method's result is put into the cloudy image by the same composite (1 − m)·x + m·ŷ and measured against the clear date",
        "cloud = cloud or shadow by the mask, before feathering; clear = the rest of the valid pixels",
        "means under cloud leave out images with under 2 % of it",
        "differences are taken image by image (method − baseline); changes in per cent compare the means over the same images",
        "thin cloud: mean visible excess under 0.15, as transplanted, or on pairs told from B11 and B12 over the fill",
        "intervals: 95 %, percentile bootstrap over scenes (and donors of transplanted cloud), 10 000 resamples; with few scenes they say little",
        "the dates of a pair lie apart: land changes, so even a perfect result does not score perfectly; under transplanted cloud the truth is exact",
        "in the light of the cloudy date: the clear date of a pair moved by a number a band, the median difference between the dates where both are clear, 100 m or more from cloud; measured under cloud beside the plain figures, for every method alike",
        "distribution: crops of 64 px at least half under cloud, against the same crops of the clear truth, in principal components of the truth's features; comparable between methods of one set only",
    ]
    .map(str::to_owned)
    .to_vec()
}

impl MethodReport {
    /// The means over one group of images.
    #[must_use]
    pub fn group(&self, subset: Subset, region: Region) -> Option<&GroupReport> {
        self.groups.iter().find(|group| (group.subset, group.region) == (subset, region))
    }
}
