//! What the donor's cloud would reflect if it were thick everywhere.

use super::super::measured::{Cluster, MEASURED, index_of};
use super::{Optics, VISIBLE, places};
use crate::bands::{Band, Level};
use crate::mask::{self, CLEAR, CLOUD, Mask};
use crate::raster::Plane;

/// How far inside the mask its core begins, in pixels: masks are dilated, and their rims are thin.
const CORE_PX: u32 = 3;
/// A core of fewer pixels gives way to the whole cloud.
const MIN_CORE: usize = 64;
/// The part of the core, the brightest, that stands for thick cloud.
const BRIGHTEST: f64 = 0.1;
/// Mean visible reflectance from which the brightest core is taken for opaque: a little below the
/// greyest measured kind of thick cloud.
const OPAQUE: f32 = 0.42;
/// B10 of thick cloud from which its top is of ice (measured: 0.002 to 0.02 below, 0.1 above).
const ICE_B10: f32 = 0.03;

/// The thick cloud of a donor.
#[derive(Debug, Clone)]
pub(super) struct Thick {
    /// Reflectance, a number a band (0 for radar).
    pub reflectance: Vec<f32>,
    /// Where it comes from, for reports.
    pub source: &'static str,
    /// Whether its top is of ice, which the cirrus band sees.
    pub ice: bool,
}

impl Thick {
    /// The median of the brightest tenth of the mask's core where that is bright enough to be opaque;
    /// else the measured kind of cloud that explains its colours best. None where there is no cloud
    /// that was measured in all bands, or no visible band.
    pub(super) fn of(
        bands: &[Band],
        cloudy: &[Plane<f32>],
        ground: &[Plane<f32>],
        codes: &Plane<u8>,
    ) -> Option<Self> {
        let visible = places(bands, &VISIBLE);
        if visible.is_empty() {
            return None;
        }
        let brightness =
            |i: usize| visible.iter().map(|&b| cloudy[b].data[i]).sum::<f32>() / visible.len() as f32;
        let mut bright = core(cloudy, codes);
        bright.sort_unstable_by(|&a, &b| brightness(b).total_cmp(&brightness(a)).then(a.cmp(&b)));
        bright.truncate(((bright.len() as f64 * BRIGHTEST).ceil() as usize).max(MIN_CORE / 4));
        if bright.is_empty() {
            return None;
        }
        let own: Vec<f32> =
            cloudy.iter().map(|plane| median(bright.iter().map(|&i| plane.data[i]))).collect();
        if visible.iter().map(|&b| own[b]).sum::<f32>() / visible.len() as f32 >= OPAQUE {
            let ice = bands.iter().position(|&band| band == Band::B10).is_some_and(|b| own[b] > ICE_B10);
            return Some(Self { reflectance: own, source: "its own brightest core", ice });
        }
        let under: Vec<f32> =
            ground.iter().map(|plane| median(bright.iter().map(|&i| plane.data[i]))).collect();
        Some(Self::measured(bands, &own, &under))
    }

    /// The measured kind whose thin form over `ground` comes nearest to what was seen.
    fn measured(bands: &[Band], seen: &[f32], ground: &[f32]) -> Self {
        let misfit = |cluster: &Cluster| {
            let ice = cluster.is_ice();
            (1..100)
                .map(|e| distance(cluster, ice, e as f32 / 100.0, bands, seen, ground))
                .fold(f32::MAX, f32::min)
        };
        let best = MEASURED.clusters.iter().min_by(|a, b| misfit(a).total_cmp(&misfit(b)));
        let reflectance = |band: Band| match (best, index_of(band)) {
            (Some(cluster), Some(index)) => cluster.log_mean[index].exp(),
            _ => 0.0,
        };
        Self {
            reflectance: bands.iter().map(|&band| reflectance(band)).collect(),
            source: best.map_or("", |cluster| cluster.name.as_str()),
            ice: best.is_some_and(Cluster::is_ice),
        }
    }
}

/// Sum over bands of the squared difference between what was seen and a cloud of visible excess
/// `excess`, in parts of a tenth of the change (and of 0.02, what the ground may be off by).
fn distance(cluster: &Cluster, ice: bool, excess: f32, bands: &[Band], seen: &[f32], ground: &[f32]) -> f32 {
    let one = |((&band, &seen), &ground): ((&Band, &f32), &f32)| {
        let (Some(optics), Some(index)) = (Optics::of(band, ice, Some(Level::L1C)), index_of(band)) else {
            return 0.0;
        };
        let e = optics.excess(excess);
        let model = (1.0 - e) * ground + e * cluster.log_mean[index].exp();
        let scale = 0.1 * (seen - ground).abs() + if band == Band::B10 { 0.002 } else { 0.02 };
        ((seen - model) / scale).powi(2)
    };
    bands.iter().zip(seen).zip(ground).map(one).sum()
}

/// Cloud pixels that were measured in all bands: those well inside, or all where these are few.
fn core(cloudy: &[Plane<f32>], codes: &Plane<u8>) -> Vec<usize> {
    let outside = codes.map(|code| if code == CLOUD { CLEAR } else { CLOUD });
    let rim = mask::alpha(&Mask { codes: outside, source: String::new() }, CORE_PX, 0).0;
    let all: Vec<usize> = (0..codes.data.len())
        .filter(|&i| codes.data[i] == CLOUD && cloudy.iter().all(|plane| !plane.data[i].is_nan()))
        .collect();
    let inner: Vec<usize> = all.iter().copied().filter(|&i| rim.data[i] == 0).collect();
    if inner.len() < MIN_CORE { all } else { inner }
}

/// The middle value; 0 for none.
pub(super) fn median(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}
