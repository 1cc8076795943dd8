//! A step of the preset `declouder`.

mod cloud;
mod critics;
mod generators;
mod pass;
mod rendered;
mod spread;

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::{Family, StepReport, Trainer};
use crate::networks::declouder::{Critics, Networks};
use crate::networks::{self, Clearing, NetworkConfig};
use crate::training::config::Learns;
use crate::training::samples::StepData;

/// Purposes under which a step draws numbers.
const PRIOR: &str = "latent/prior";
const POSTERIOR: &str = "latent/posterior";
const ZERO: &str = "latent/zero";
const OTHER: &str = "latent/other";
const SPREAD: &str = "latent/spread";
const NOISE_A: &str = "noise/a";
const NOISE_B: &str = "noise/b";
const LEND: &str = "bank/lend";
const POOL_A: &str = "pool/a";
const POOL_B: &str = "pool/b";

/// The preset `declouder`.
pub struct Declouder;

impl Family for Declouder {
    type Networks = Networks;
    type Critics = Critics;
    type Fakes = generators::Fakes;

    fn networks(config: &NetworkConfig, seed: u64, device: &Device) -> Networks {
        Networks::new(config, seed, device)
    }

    fn held(networks: Networks, learns: Learns) -> Networks {
        match learns {
            Learns::All => networks,
            Learns::CloudCode => {
                Networks { g_land: networks.g_land.no_grad(), e_land: networks.e_land.no_grad(), ..networks }
            }
            Learns::LandCode | Learns::Spread => Networks {
                g_land: if learns == Learns::Spread {
                    networks.g_land.codes_learn()
                } else {
                    networks.g_land.no_grad()
                },
                g_cloud: networks.g_cloud.no_grad(),
                e_cloud: networks.e_cloud.no_grad(),
                e_land: if learns == Learns::LandCode { networks.e_land } else { networks.e_land.no_grad() },
            },
        }
    }

    fn critics(config: &NetworkConfig, seed: u64, device: &Device) -> Critics {
        Critics::new(config, seed, device)
    }

    fn generator_step(
        trainer: &mut Trainer<Self>,
        data: &StepData,
        scale: f64,
        report: &mut StepReport,
    ) -> Option<Self::Fakes> {
        trainer.make(data, scale, report)
    }

    fn critic_step(
        trainer: &mut Trainer<Self>,
        data: &StepData,
        fakes: Self::Fakes,
        scale: f64,
        report: &mut StepReport,
    ) {
        trainer.tell(data, fakes, scale, report);
    }

    fn clearing(networks: &Networks) -> Clearing<'_> {
        Clearing::Land(&networks.g_land)
    }

    fn put_over(networks: &Networks, cloudy: Tensor<4>, clear: Tensor<4>, ground: Tensor<4>) -> Tensor<4> {
        let code = networks.e_cloud.forward(cloudy, clear).code.quantised();
        networks.g_cloud.forward(ground, &code)
    }

    fn land_code(
        networks: &Networks,
        clear: Tensor<4>,
        cloudy: Tensor<4>,
        mask: Tensor<4>,
    ) -> Option<Tensor<2>> {
        Some(networks.e_land.forward(clear, cloudy, mask).mean)
    }

    fn export(networks: Networks) -> networks::Networks {
        networks::Networks::Declouder(Box::new(networks))
    }
}
