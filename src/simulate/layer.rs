//! One layer of cloud: where it is, how opaque, how high, of which spectrum.

use super::measured::{Cluster, MEASURED, lookup};
use super::noise::{Fractal, Octave, Shape};
use super::{Site, Variety};
use crate::bands::L1C;
use crate::random::Stream;

/// Entries of the table from noise to rank.
const RANKS: usize = 257;

/// A layer before its cover is known.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    variety: Variety,
    fractal: Fractal,
    spectrum: Spectrum,
    height_m: f64,
    lift: Octave,
    /// Quantiles of the excess inside the layer's cloud.
    excess: Vec<f32>,
}

/// A layer of cloud over a whole scene.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    draft: Draft,
    /// Quantiles of the noise above the threshold, evenly spaced; the first is the threshold.
    ranks: Vec<f32>,
}

/// Log-reflectance of the layer's thick cloud and how it varies from place to place.
#[derive(Debug, Clone)]
struct Spectrum {
    cluster: &'static Cluster,
    /// The whole layer's place on the cluster's axes.
    scene: [f32; 3],
    /// Its change from cloud to cloud.
    local: [Octave; 3],
}

/// Shares of the cluster's variance between scenes and inside one (they add to 1 in square).
const BETWEEN: f32 = 0.8;
const WITHIN: f32 = 0.6;

impl Draft {
    /// Draws a layer of a variety.
    pub(super) fn new(seed: u64, variety: Variety, site: &Site) -> Self {
        let stream = &mut Stream::new(seed, 0, variety.purpose());
        // A scene smaller than a cloud would be all or nothing: the field's scale follows it.
        let side_m = site.width.min(site.height) as f64 * site.pixel_m;
        let longest = |low: f64, high: f64, stream: &mut Stream| {
            stream.between(low, high).min((side_m * 0.7).max(site.pixel_m * 24.0))
        };
        let angle = stream.between(0.0, std::f64::consts::PI);
        let finest_m = site.pixel_m * 2.0;
        let shape = match variety {
            Variety::Cumulus => Shape {
                wavelength_m: longest(900.0, 3_000.0, stream),
                finest_m,
                gain: stream.between(0.58, 0.66) as f32,
                puff: stream.between(0.5, 1.0) as f32,
                stretch: 1.0,
                direction: angle,
                bend: 0.023,
            },
            Variety::Sheet => Shape {
                wavelength_m: longest(3_000.0, 12_000.0, stream),
                finest_m,
                gain: stream.between(0.54, 0.62) as f32,
                puff: stream.between(0.2, 0.6) as f32,
                stretch: stream.between(1.0, 2.5),
                direction: angle,
                bend: 0.030,
            },
            Variety::Cirrus => Shape {
                wavelength_m: longest(1_500.0, 5_000.0, stream),
                finest_m: finest_m * 2.0,
                gain: stream.between(0.50, 0.60) as f32,
                puff: 0.0,
                stretch: stream.between(2.5, 6.0),
                direction: angle,
                bend: 0.053,
            },
            Variety::Haze => Shape {
                wavelength_m: longest(3_000.0, 9_000.0, stream),
                finest_m: finest_m * 2.0,
                gain: stream.between(0.45, 0.55) as f32,
                puff: stream.between(0.0, 0.3) as f32,
                stretch: stream.between(1.0, 2.0),
                direction: angle,
                bend: 0.046,
            },
        };
        let (low, high) = variety.heights_m();
        let depth = stream.uniform_f32();
        let measured = &MEASURED.excess;
        let excess = if variety.is_thin() { measured.thin.at(depth) } else { measured.thick.at(depth) };
        Self {
            fractal: Fractal::new(stream, &shape),
            spectrum: Spectrum::draw(stream, variety),
            height_m: stream.between(low, high),
            lift: Octave::new(stream, 9_000.0, 1.0, 0.0),
            excess,
            variety,
        }
    }

    /// The noise at a place.
    pub(super) fn noise(&self, x_m: f64, y_m: f64) -> f32 {
        self.fractal.at(x_m, y_m)
    }

    /// The layer that covers exactly the places whose noise is above all but the given ones:
    /// `above` holds the noise at the covered sample places.
    pub(super) fn covering(self, mut above: Vec<f32>) -> Option<Layer> {
        let last = above.len().checked_sub(1)?;
        above.sort_unstable_by(f32::total_cmp);
        let ranks = (0..RANKS)
            .map(|i| {
                let position = i as f64 / (RANKS - 1) as f64 * last as f64;
                let (low, weight) = (position as usize, position.fract() as f32);
                above[low] + weight * (above[(low + 1).min(last)] - above[low])
            })
            .collect();
        Some(Layer { draft: self, ranks })
    }
}

impl Spectrum {
    fn draw(stream: &mut Stream, variety: Variety) -> Self {
        let clusters = &MEASURED.clusters;
        let weights: Vec<f64> = clusters
            .iter()
            .map(|cluster| if cluster.is_ice() == variety.is_ice() { cluster.weight } else { 0.0 })
            .collect();
        let cluster = &clusters[stream.weighted(&weights).unwrap_or(0)];
        Self {
            cluster,
            scene: [(); 3].map(|()| stream.normal().clamp(-2.0, 2.0) as f32 * BETWEEN),
            local: [(); 3].map(|()| Octave::new(stream, 3_500.0, 1.0, 0.7)),
        }
    }
}

impl Layer {
    /// What it is.
    pub(super) fn variety(&self) -> Variety {
        self.draft.variety
    }

    /// The measured cluster its spectrum comes from.
    pub(super) fn cluster(&self) -> &'static str {
        &self.draft.spectrum.cluster.name
    }

    /// Its mean height above ground, metres.
    pub(super) fn height_m(&self) -> f64 {
        self.draft.height_m
    }

    /// Excess in the visible, 0 exactly where there is no cloud: the noise's rank among the cloud's
    /// own places picks the measured quantile.
    #[inline]
    pub(super) fn excess(&self, x_m: f64, y_m: f64) -> f32 {
        let noise = self.draft.noise(x_m, y_m);
        let rank = self.ranks.partition_point(|&quantile| quantile <= noise);
        if rank == 0 {
            return 0.0;
        }
        let u = if rank >= RANKS {
            1.0
        } else {
            let (low, high) = (self.ranks[rank - 1], self.ranks[rank]);
            (rank as f32 - 1.0 + (noise - low) / (high - low).max(f32::MIN_POSITIVE)) / (RANKS - 1) as f32
        };
        lookup(&self.draft.excess, u).clamp(0.0, 0.99)
    }

    /// Height above ground of the cloud whose shadow may fall near a place; it changes slowly.
    #[inline]
    pub(super) fn height_near_m(&self, x_m: f64, y_m: f64) -> f64 {
        let lift = f64::from(self.draft.lift.at(x_m, y_m)).clamp(-2.0, 2.0);
        self.draft.height_m * (1.0 + 0.12 * lift)
    }

    /// Where the thick cloud stands on its cluster's axes at a place.
    #[inline]
    pub(super) fn axes(&self, x_m: f64, y_m: f64) -> [f32; 3] {
        let spectrum = &self.draft.spectrum;
        [0, 1, 2].map(|i| spectrum.scene[i] + WITHIN * spectrum.local[i].at(x_m, y_m).clamp(-2.5, 2.5))
    }

    /// Reflectance of the layer's thick cloud in one band (index into [`L1C`]) on given axes.
    #[inline]
    pub(super) fn reflectance(&self, band: usize, axes: [f32; 3]) -> f32 {
        debug_assert!(band < L1C.len());
        let cluster = self.draft.spectrum.cluster;
        let offset: f32 = (0..3).map(|i| axes[i] * cluster.log_axes[i][band]).sum();
        (cluster.log_mean[band] + offset).exp()
    }

    /// β of a band over the visible one.
    #[inline]
    pub(super) fn beta_ratio(&self, band: usize) -> f32 {
        let model = &MEASURED.model;
        if self.draft.variety.is_ice() { model.beta_ice[band] } else { model.beta_low[band] }
    }
}
