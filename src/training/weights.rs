//! How much each loss counts.

use serde::{Deserialize, Serialize};

use crate::networks::Preset;

/// How much each loss counts. All losses are means over pixels, bands and images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// Supervised L1 under transplanted or simulated cloud.
    pub supervised: f64,
    /// How much a pixel outside the mask counts in the L1 of `supervised` and `cycle_b`, against 1 under it.
    pub outside: f64,
    /// Adversarial term of `G_land` (`G_AB`) against `D_B`.
    pub adversarial_b: f64,
    /// Adversarial term of `G_cloud` (`G_BA`) against `D_A`.
    pub adversarial_a: f64,
    /// Cycle A→B→A: L1 outside the mask.
    pub cycle_a: f64,
    /// Cycle A→B→A: `D_A`'s features under the mask.
    pub features: f64,
    /// Cycle B→A→B: L1.
    pub cycle_b: f64,
    /// Kullback-Leibler divergence of land codes from the standard normal.
    pub divergence: f64,
    /// Codes that the encoders find must pass for drawn ones (`paper`).
    pub adversarial_z: f64,
    /// Recovery of the land code from the surface it made.
    pub recover_land: f64,
    /// Recovery of the cloud code from the cloud it rendered.
    pub recover_cloud: f64,
    /// Cross entropy of `E_cloud`'s maps against the masks.
    pub mask: f64,
    /// Two land codes must give two surfaces.
    pub diversity: f64,
    /// A clear image must come through `G_land` as it is.
    pub identity: f64,
    /// `G_land`'s raw output outside the mask.
    pub raw: f64,
    /// Continuous ranked probability score of surfaces of drawn codes (`learns = "spread"`).
    pub crps: f64,
    /// What a cloud code renders changes the pixels that were masked and no others (`learns = "cloud_code"`).
    pub place: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            supervised: 1.0,
            outside: 0.05,
            adversarial_b: 0.02,
            adversarial_a: 0.1,
            cycle_a: 0.5,
            features: 0.2,
            cycle_b: 0.5,
            divergence: 0.005,
            adversarial_z: 0.0,
            recover_land: 0.02,
            recover_cloud: 0.5,
            mask: 0.2,
            diversity: 0.01,
            identity: 0.2,
            raw: 0.1,
            crps: 1.0,
            place: 0.1,
        }
    }
}

impl Weights {
    /// The weights of a preset: `λ_A = λ_B = 1` and `λ_z = 0.025` of Augmented `CycleGAN` for `paper`, the same
    /// without latents for `cyclegan`.
    #[must_use]
    pub fn of(preset: Preset) -> Self {
        if preset == Preset::Declouder {
            return Self::default();
        }
        let code = if preset.has_codes() { 1.0 } else { 0.0 };
        Self {
            adversarial_a: 1.0,
            adversarial_b: 1.0,
            adversarial_z: code,
            cycle_a: 1.0,
            cycle_b: 1.0,
            recover_land: 0.025 * code,
            recover_cloud: 0.025 * code,
            supervised: 0.0,
            outside: 0.0,
            features: 0.0,
            divergence: 0.0,
            mask: 0.0,
            diversity: 0.0,
            identity: 0.0,
            raw: 0.0,
            crps: 0.0,
            place: 0.0,
        }
    }

    /// Every weight with its name.
    #[must_use]
    pub fn named(&self) -> [(&'static str, f64); 17] {
        [
            ("supervised", self.supervised),
            ("outside", self.outside),
            ("adversarial_b", self.adversarial_b),
            ("adversarial_a", self.adversarial_a),
            ("cycle_a", self.cycle_a),
            ("features", self.features),
            ("cycle_b", self.cycle_b),
            ("divergence", self.divergence),
            ("adversarial_z", self.adversarial_z),
            ("recover_land", self.recover_land),
            ("recover_cloud", self.recover_cloud),
            ("mask", self.mask),
            ("diversity", self.diversity),
            ("identity", self.identity),
            ("raw", self.raw),
            ("crps", self.crps),
            ("place", self.place),
        ]
    }
}
