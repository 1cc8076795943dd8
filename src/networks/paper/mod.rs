//! The presets `paper` and `cyclegan`: Augmented `CycleGAN` as close as its sources allow, with two latent
//! vectors and without any.
//!
//! Both see the image only and normalise over the whole of it, so they run on patches and are never tiled.

mod encoder;
mod generator;
pub mod layers;

use burn::module::Module;
use burn::tensor::Device;

pub use encoder::{CodeCritic, Encoder};
pub use generator::Generator;

use super::NetworkConfig;
use super::declouder::Discriminator;
use super::init::Init;

/// The networks that a model file holds.
#[derive(Module, Debug)]
pub struct Networks {
    /// Cloudy → clear, steered by the land code.
    pub g_ab: Generator,
    /// Clear → cloudy, steered by the cloud code.
    pub g_ba: Generator,
    /// The cloud code of a cloudy image beside a clear one; none in `cyclegan`.
    pub e_a: Option<Encoder>,
    /// The land code of a clear image beside a cloudy one; none in `cyclegan`.
    pub e_b: Option<Encoder>,
}

/// The networks that only training needs.
#[derive(Module, Debug)]
pub struct Critics {
    /// Of cloudy images.
    pub d_a: Discriminator,
    /// Of clear images.
    pub d_b: Discriminator,
    /// Of cloud codes; none in `cyclegan`.
    pub d_z_a: Option<CodeCritic>,
    /// Of land codes; none in `cyclegan`.
    pub d_z_b: Option<CodeCritic>,
}

impl Networks {
    /// New networks, a function of the seed.
    #[must_use]
    pub fn new(config: &NetworkConfig, seed: u64, device: &Device) -> Self {
        let init = |name| Init::new(seed, name, device);
        let (c, w) = (config.channels(), config.width);
        let (cloud, land) = (config.cloud_code(), config.land_code());
        let encoder = |name, code| (code > 0).then(|| Encoder::new(&mut init(name), c, w, code));
        Self {
            g_ab: Generator::new(&mut init("g_ab"), c, w, land),
            g_ba: Generator::new(&mut init("g_ba"), c, w, cloud),
            e_a: encoder("e_a", cloud),
            e_b: encoder("e_b", land),
        }
    }
}

impl Critics {
    /// New networks, a function of the seed.
    #[must_use]
    pub fn new(config: &NetworkConfig, seed: u64, device: &Device) -> Self {
        let init = |name| Init::new(seed, name, device);
        let (cloud, land) = (config.cloud_code(), config.land_code());
        let critic = |name, code| (code > 0).then(|| CodeCritic::new(&mut init(name), code));
        Self {
            d_a: Discriminator::new(&mut init("d_a"), config),
            d_b: Discriminator::new(&mut init("d_b"), config),
            d_z_a: critic("d_z_a", cloud),
            d_z_b: critic("d_z_b", land),
        }
    }

    /// One more round of every power iteration.
    #[must_use]
    pub fn refined(self) -> Self {
        Self {
            d_a: self.d_a.refined(),
            d_b: self.d_b.refined(),
            d_z_a: self.d_z_a.map(CodeCritic::refined),
            d_z_b: self.d_z_b.map(CodeCritic::refined),
        }
    }
}
