//! The preset `declouder`: the fill as context, the cloud's place in a map of its own, no
//! normalisation that looks across space.

mod discriminator;
mod encoders;
mod g_cloud;
mod g_land;

use burn::module::Module;
use burn::tensor::Device;

pub use discriminator::{Discriminator, Verdict};
pub use encoders::{CloudEncoding, ECloud, ELand, LandCode, as_map};
pub use g_cloud::{CloudCode, GCloud};
pub use g_land::{Features, GLand, Land, LandInput, Optional};

use super::NetworkConfig;
use super::init::Init;

/// The networks that a model file holds.
#[derive(Module, Debug)]
pub struct Networks {
    /// Cloudy → clear.
    pub g_land: GLand,
    /// Clear → cloudy.
    pub g_cloud: GCloud,
    /// What lies under the cloud.
    pub e_land: ELand,
    /// Where and what the cloud is.
    pub e_cloud: ECloud,
}

/// The networks that only training needs.
#[derive(Module, Debug)]
pub struct Critics {
    /// Of cloudy images.
    pub d_a: Discriminator,
    /// Of clear images.
    pub d_b: Discriminator,
}

impl Networks {
    /// New networks, a function of the seed.
    #[must_use]
    pub fn new(config: &NetworkConfig, seed: u64, device: &Device) -> Self {
        let init = |name| Init::new(seed, name, device);
        Self {
            g_land: GLand::new(&mut init("g_land"), config),
            g_cloud: GCloud::new(&mut init("g_cloud"), config),
            e_land: ELand::new(&mut init("e_land"), config),
            e_cloud: ECloud::new(&mut init("e_cloud"), config),
        }
    }
}

impl Critics {
    /// New networks, a function of the seed.
    #[must_use]
    pub fn new(config: &NetworkConfig, seed: u64, device: &Device) -> Self {
        let init = |name| Init::new(seed, name, device);
        Self {
            d_a: Discriminator::new(&mut init("d_a"), config),
            d_b: Discriminator::new(&mut init("d_b"), config),
        }
    }

    /// One more round of every power iteration.
    #[must_use]
    pub fn refined(self) -> Self {
        Self { d_a: self.d_a.refined(), d_b: self.d_b.refined() }
    }
}
