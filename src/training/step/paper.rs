//! A step of the presets `paper` and `cyclegan`: Augmented `CycleGAN` (Almahairi et al. 2018) on unpaired
//! images, its latents deterministic; without them, `CycleGAN` (Zhu et al. 2017).

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::batch::{Batch, normal};
use super::replay::replayed;
use super::report::{Losses, StepReport, Told, told};
use super::{Family, Trainer};
use crate::networks::declouder::{Discriminator, as_map};
use crate::networks::paper::{CodeCritic, Critics, Networks};
use crate::networks::{self, Clearing, NetworkConfig};
use crate::random::Stream;
use crate::training::losses::{l1, least_squares};
use crate::training::samples::StepData;

/// Purposes under which a step draws numbers.
const LAND: &str = "latent/land";
const CLOUD: &str = "latent/cloud";
const REAL_LAND: &str = "latent/land/real";
const REAL_CLOUD: &str = "latent/cloud/real";
const POOL_A: &str = "pool/a";
const POOL_B: &str = "pool/b";

/// The presets `paper` and `cyclegan`.
pub struct Paper;

/// Fakes of a step, without gradients, for the discriminators.
pub struct Fakes {
    cloudy: Tensor<4>,
    clear: Tensor<4>,
    /// What the encoders found in real images beside their fakes: cloud codes, land codes.
    codes: Option<[Tensor<2>; 2]>,
}

/// Both ways there and back.
struct Cycles {
    cloudy: Batch,
    clear: Batch,
    fake_clear: Tensor<4>,
    fake_cloudy: Tensor<4>,
    again_cloudy: Tensor<4>,
    again_clear: Tensor<4>,
    codes: Option<Codes>,
}

/// Codes of a step, `[N, Z]`; a drawn one steers the fake that is made of the other sort of image.
struct Codes {
    /// Drawn land codes, one a cloudy image.
    land: Tensor<2>,
    /// Drawn cloud codes, one a clear image.
    cloud: Tensor<2>,
    /// The land codes found again in the fake clear images.
    land_again: Tensor<2>,
    /// The cloud codes found again in the fake cloudy images.
    cloud_again: Tensor<2>,
    /// The land codes of the real clear images beside their fakes.
    land_of_real: Tensor<2>,
    /// The cloud codes of the real cloudy images beside their fakes.
    cloud_of_real: Tensor<2>,
}

impl Family for Paper {
    type Networks = Networks;
    type Critics = Critics;
    type Fakes = Fakes;

    fn networks(config: &NetworkConfig, seed: u64, device: &Device) -> Networks {
        Networks::new(config, seed, device)
    }

    fn critics(config: &NetworkConfig, seed: u64, device: &Device) -> Critics {
        Critics::new(config, seed, device)
    }

    fn generator_step(
        trainer: &mut Trainer<Self>,
        data: &StepData,
        scale: f64,
        report: &mut StepReport,
    ) -> Option<Fakes> {
        let cycles = trainer.cycles(data);
        let mut losses = Losses::new();
        trainer.cycle_losses(&cycles, &mut losses);
        if trainer.is_adversarial() {
            trainer.adversarial_losses(&cycles, &mut losses);
        }
        trainer.learn(losses, scale, report);
        let codes = cycles.codes.map(|codes| [codes.cloud_of_real.inner(), codes.land_of_real.inner()]);
        Some(Fakes { cloudy: cycles.fake_cloudy.inner(), clear: cycles.fake_clear.inner(), codes })
    }

    fn critic_step(
        trainer: &mut Trainer<Self>,
        data: &StepData,
        fakes: Fakes,
        scale: f64,
        report: &mut StepReport,
    ) {
        trainer.critics = trainer.critics.clone().refined();
        let mut losses = Losses::new();
        trainer.judge_images(data, fakes.cloudy, fakes.clear, &mut losses);
        if let Some(codes) = fakes.codes {
            trainer.judge_codes(data.step, codes, &mut losses);
        }
        trainer.learn_to_tell(losses, scale, report);
    }

    fn clearing(networks: &Networks) -> Clearing<'_> {
        Clearing::Image(&networks.g_ab)
    }

    fn put_over(networks: &Networks, cloudy: Tensor<4>, clear: Tensor<4>, ground: Tensor<4>) -> Tensor<4> {
        let code = networks.e_a.as_ref().map(|encoder| as_map(encoder.forward(cloudy, clear)));
        networks.g_ba.forward(ground, code.as_ref())
    }

    fn land_code(
        networks: &Networks,
        clear: Tensor<4>,
        cloudy: Tensor<4>,
        _mask: Tensor<4>,
    ) -> Option<Tensor<2>> {
        Some(networks.e_b.as_ref()?.forward(clear, cloudy))
    }

    fn export(networks: Networks) -> networks::Networks {
        networks::Networks::Paper(Box::new(networks))
    }
}

impl Trainer<Paper> {
    /// Numbers of the prior, a code an image; none without latents.
    fn drawn(&self, step: u64, purpose: &str, count: usize, numbers: usize) -> Option<Tensor<2>> {
        let mut stream = Stream::new(self.config.seed, step, purpose);
        (numbers > 0).then(|| normal(&mut stream, [count, numbers], &self.device))
    }

    /// Cloudy → clear → cloudy, and clear → cloudy → clear.
    fn cycles(&self, data: &StepData) -> Cycles {
        let cloudy = Batch::new(&data.cloudy, &self.device);
        let clear = Batch::new(&data.clear, &self.device);
        let (network, networks) = (&self.config.network, &self.networks);
        let land = self.drawn(data.step, LAND, cloudy.count, network.land_code());
        let cloud = self.drawn(data.step, CLOUD, clear.count, network.cloud_code());
        let map = |code: &Option<Tensor<2>>| code.clone().map(as_map);
        let fake_clear = networks.g_ab.forward(cloudy.image.clone(), map(&land).as_ref());
        let fake_cloudy = networks.g_ba.forward(clear.image.clone(), map(&cloud).as_ref());
        let codes =
            land.zip(cloud).map(|drawn| self.found(&cloudy, &clear, (&fake_clear, &fake_cloudy), drawn));
        let of_real =
            |pick: fn(&Codes) -> &Tensor<2>| codes.as_ref().map(|codes| as_map(pick(codes).clone()));
        let cloud = of_real(|codes| &codes.cloud_of_real);
        let land = of_real(|codes| &codes.land_of_real);
        Cycles {
            again_cloudy: networks.g_ba.forward(fake_clear.clone(), cloud.as_ref()),
            again_clear: networks.g_ab.forward(fake_cloudy.clone(), land.as_ref()),
            cloudy,
            clear,
            fake_clear,
            fake_cloudy,
            codes,
        }
    }

    /// The codes that the encoders find, real images and fakes in one pass.
    fn found(
        &self,
        cloudy: &Batch,
        clear: &Batch,
        (fake_clear, fake_cloudy): (&Tensor<4>, &Tensor<4>),
        (land, cloud): (Tensor<2>, Tensor<2>),
    ) -> Codes {
        let both = |real: &Batch, fake: &Tensor<4>| Tensor::cat(vec![real.image.clone(), fake.clone()], 0);
        let swapped = |fake: &Tensor<4>, real: &Batch| Tensor::cat(vec![fake.clone(), real.image.clone()], 0);
        let (Some(e_a), Some(e_b)) = (&self.networks.e_a, &self.networks.e_b) else {
            unreachable!("a preset with codes has encoders")
        };
        let clouds = e_a.forward(both(cloudy, fake_cloudy), swapped(fake_clear, clear));
        let lands = e_b.forward(both(clear, fake_clear), swapped(fake_cloudy, cloudy));
        let part = |codes: &Tensor<2>, from: usize, count: usize| codes.clone().narrow(0, from, count);
        Codes {
            cloud_of_real: part(&clouds, 0, cloudy.count),
            cloud_again: part(&clouds, cloudy.count, clear.count),
            land_of_real: part(&lands, 0, clear.count),
            land_again: part(&lands, clear.count, cloudy.count),
            land,
            cloud,
        }
    }

    /// What goes there and back must come back: images, and codes.
    fn cycle_losses(&self, cycles: &Cycles, losses: &mut Losses) {
        let weights = &self.config.weights;
        let Cycles { cloudy, clear, again_cloudy, again_clear, codes, .. } = cycles;
        let back =
            |again: &Tensor<4>, real: &Batch| l1(again.clone(), real.image.clone(), real.valid.clone());
        losses.add("cycle_a", weights.cycle_a, back(again_cloudy, cloudy));
        losses.add("cycle_b", weights.cycle_b, back(again_clear, clear));
        if let Some(codes) = codes {
            let missed = |again: &Tensor<2>, drawn: &Tensor<2>| (again.clone() - drawn.clone()).abs().mean();
            losses.add("recover_land", weights.recover_land, missed(&codes.land_again, &codes.land));
            losses.add("recover_cloud", weights.recover_cloud, missed(&codes.cloud_again, &codes.cloud));
        }
    }

    /// Fakes must pass for real, and the encoders' codes for drawn ones.
    fn adversarial_losses(&self, cycles: &Cycles, losses: &mut Losses) {
        let weights = &self.config.weights;
        let critics = self.critics.clone().no_grad();
        let fooled = |critic: &Discriminator, fake: &Tensor<4>| {
            least_squares(critic.forward(fake.clone(), None, None).logits, 1.0)
        };
        losses.add("adversarial_a", weights.adversarial_a, fooled(&critics.d_a, &cycles.fake_cloudy));
        losses.add("adversarial_b", weights.adversarial_b, fooled(&critics.d_b, &cycles.fake_clear));
        if let (Some(codes), Some(d_z_a), Some(d_z_b)) = (&cycles.codes, &critics.d_z_a, &critics.d_z_b) {
            let fooled =
                |critic: &CodeCritic, code: &Tensor<2>| least_squares(critic.forward(code.clone()), 1.0);
            let both = fooled(d_z_a, &codes.cloud_of_real) + fooled(d_z_b, &codes.land_of_real);
            losses.add("adversarial_z", weights.adversarial_z, both);
        }
    }

    /// Real images of the step against fakes of this one and earlier ones.
    fn judge_images(&mut self, data: &StepData, cloudy: Tensor<4>, clear: Tensor<4>, losses: &mut Losses) {
        let stream = |purpose| Stream::new(self.config.seed, data.step, purpose);
        let (mut draws_a, mut draws_b) = (stream(POOL_A), stream(POOL_B));
        let device = &self.device;
        // These presets know no mask: every part of an image counts.
        let weighed = |fake: Tensor<4>| {
            let weight = Tensor::ones([fake.dims()[0], 1, 1, 1], &fake.device());
            (fake, weight)
        };
        let (cloudy, _) = replayed(&mut self.fake_cloudy, weighed(cloudy), &mut draws_a, device);
        let (clear, _) = replayed(&mut self.fake_clear, weighed(clear), &mut draws_b, device);
        let mut judge = |critic: &Discriminator, real: Tensor<4>, fake: Tensor<4>, names: Told| {
            let look = |image| critic.forward(image, None, None).logits;
            judged(look(real), look(fake), &names, losses);
        };
        let (real_cloudy, real_clear) = (Batch::new(&data.cloudy, device), Batch::new(&data.clear, device));
        let names = told!("critic_a");
        judge(&self.critics.d_a, real_cloudy.image, cloudy, names);
        let names = told!("critic_b");
        judge(&self.critics.d_b, real_clear.image, clear, names);
    }

    /// Codes of the prior against those that the encoders found.
    fn judge_codes(&self, step: u64, [cloud, land]: [Tensor<2>; 2], losses: &mut Losses) {
        let mut judge = |critic: &Option<CodeCritic>, found: Tensor<2>, purpose, names: Told| {
            let [count, numbers] = found.dims();
            let drawn = self.drawn(step, purpose, count, numbers);
            if let (Some(critic), Some(drawn)) = (critic, drawn) {
                let found = match drawn.gradient_checkpointing_strategy() {
                    Some(strategy) => found.autodiff().with_gradient_checkpointing_strategy(strategy),
                    None => found.autodiff(),
                };
                judged(critic.forward(drawn), critic.forward(found), &names, losses);
            }
        };
        let names = told!("critic_z_a");
        judge(&self.critics.d_z_a, cloud, REAL_CLOUD, names);
        let names = told!("critic_z_b");
        judge(&self.critics.d_z_b, land, REAL_LAND, names);
    }
}

/// Adds a discriminator's loss: the least squares pair, halved so that it learns no faster than `CycleGAN`'s.
fn judged(real: Tensor<4>, fake: Tensor<4>, names: &Told, losses: &mut Losses) {
    let alike = |logits: &Tensor<4>| logits.clone().detach().ones_like();
    losses.watch_verdicts(names, (&real, &alike(&real)), (&fake, &alike(&fake)), 0.5);
    losses.add(names.loss, 1.0, (least_squares(real, 1.0) + least_squares(fake, 0.0)) * 0.5);
}
