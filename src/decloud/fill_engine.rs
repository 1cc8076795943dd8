//! The engine `fill`: the multi-scale fill of clear pixels, with nothing learned but two means.

use super::provenance::EngineFacts;
use super::{DecloudConfig, Engine, Error, Result, Surface};
use crate::fill::FillContext;
use crate::mask::Alpha;
use crate::progress::Monitor;
use crate::raster::{Plane, Scene, Window};

/// The engine.
pub(super) struct Fill;

impl Engine for Fill {
    fn name(&self) -> &'static str {
        "fill"
    }

    fn summary(&self) -> &'static str {
        "smooth continuation of the clear pixels around a cloud; needs no model"
    }

    fn check(&self, _scene: &Scene, config: &DecloudConfig) -> Result<()> {
        if config.model.is_some() {
            return Err(Error::Option {
                option: "--model",
                problem: "the engine fill needs no model; leave --engine or --model out".into(),
            });
        }
        let beside = [("--s1", &config.s1), ("--reference", &config.reference)];
        if let Some((option, _)) = beside.into_iter().find(|(_, path)| path.is_some()) {
            return Err(Error::Option {
                option,
                problem: "the engine fill looks at the scene only; leave the option out, or name a model that takes it (--model)".into(),
            });
        }
        if config.latent.is_some() {
            return Err(Error::Option {
                option: "--latent",
                problem: "the engine fill has no land code; leave the option out, or name a model (--model)"
                    .into(),
            });
        }
        if config.samples > 0 {
            return Err(Error::Option {
                option: "--samples",
                problem:
                    "the engine fill makes one surface, so there is nothing to sample; leave the option out"
                        .into(),
            });
        }
        Ok(())
    }

    fn prepare<'s>(
        &self,
        scene: &'s Scene,
        alpha: &'s Alpha,
        config: &DecloudConfig,
        monitor: &'s dyn Monitor,
    ) -> Result<Box<dyn Surface + 's>> {
        self.check(scene, config)?;
        Ok(Box::new(Filled(FillContext::build(scene, alpha, monitor)?)))
    }
}

struct Filled(FillContext);

impl Surface for Filled {
    fn render(&self, bands: &[usize], window: Window) -> Result<Vec<Plane<f32>>> {
        Ok(self.0.render(bands, window))
    }

    fn facts(&self) -> EngineFacts {
        EngineFacts { name: "fill".into(), model: None, model_sha256: None, seed: None, latent: None }
    }

    fn warnings(&self) -> Vec<String> {
        little_clear(self.0.clear_fraction()).into_iter().collect()
    }
}

/// What to say of a scene, of which so much is clear, 0 to 1: the fill, and a model over it, rest on clear pixels.
pub(super) fn little_clear(clear: f64) -> Option<String> {
    if clear == 0.0 {
        return Some(
            "NOT ONE CLEAR PIXEL: under cloud the result rests on the average of other places and shows nothing of this one".into(),
        );
    }
    (clear < 0.05).then(|| {
        format!(
            "only {:.1} % of the scene is clear; far from it the result is little more than the average of other places",
            100.0 * clear
        )
    })
}
