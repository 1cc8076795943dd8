//! The course of a training: step after step, with what is told, validated and kept on the way.

use std::path::Path;
use std::time::{Duration, Instant};

use super::checkpoint::{self, Best, Resumed};
use super::config::Learns;
use super::dataset::Dataset;
use super::events::{Events, Rates, Told};
use super::folder::Parent;
use super::refused::Refused;
use super::run::{Listener, Outcome, RunOptions};
use super::samples::StepData;
use super::step::{Family, StepReport, Trainer};
use super::validate::{self, Validation, ValidationPair, ValidationSet};
use super::{Claim, Error, Result, best, latent, placing, provenance, show};
use crate::metrics::distribution::Evaluated;
use crate::networks::Model;
use crate::networks::file;
use crate::patches::Prefetch;
use crate::progress::Monitor;

/// How long a training that rests waits before it looks again.
const REST: Duration = Duration::from_millis(50);

/// A training under way.
pub(super) struct Run<'a, F: Family> {
    /// Keeps others out of the folder.
    #[expect(dead_code, reason = "it is held, not asked")]
    pub claim: Claim,
    pub trainer: Trainer<F>,
    pub resumed: Resumed,
    pub folder: &'a Path,
    pub options: &'a RunOptions,
    pub set: ValidationSet,
    pub dataset: Dataset,
    pub events: Events,
    pub monitor: &'a dyn Monitor,
    pub listener: &'a dyn Listener,
    pub last: Option<Validation>,
    /// What the distribution metrics said so far.
    pub judged: Vec<Evaluated>,
    /// The model it began with.
    pub from: Option<Parent>,
    /// Why the last checkpoint could not be kept.
    pub refused: Refused,
}

impl<F: Family> Run<'_, F> {
    /// Goes on until the last step, the time limit or cancellation.
    pub fn until_done(mut self, mut batches: Prefetch<StepData>) -> Result<Outcome> {
        let steps = self.trainer.config.steps;
        self.monitor.stage("training", steps);
        self.monitor.advance(self.trainer.step);
        let (mut started, before) = (Instant::now(), self.resumed.seconds);
        let mut stopped = false;
        while self.trainer.step < steps {
            // What was rested is no time trained.
            started += self.rest();
            let over = self.options.limit.is_some_and(|limit| started.elapsed() >= limit);
            if over || self.monitor.is_cancelled() {
                stopped = true;
                break;
            }
            let data = batches.next()?;
            let report = self.trainer.step(&data);
            if let Some((loss, value)) = report.diverged() {
                return Err(Error::Diverged { step: report.step, loss, value });
            }
            self.resumed.seconds = before + started.elapsed().as_secs_f64();
            self.after(&report)?;
            self.monitor.advance(1);
        }
        if self.last.is_none() || !self.trainer.step.is_multiple_of(self.trainer.config.validate_every) {
            self.validate()?;
        }
        self.checkpoint();
        Ok(Outcome {
            model: self.folder.join("model.safetensors"),
            step: self.trainer.step,
            stopped,
            validation: self.last,
            best: self.resumed.best,
            seconds: self.resumed.seconds,
        })
    }

    /// Waits while the work is to rest, and says for how long. Who rests may never be woken: what was learned is
    /// kept first.
    fn rest(&self) -> Duration {
        if !self.monitor.is_paused() {
            return Duration::ZERO;
        }
        self.checkpoint();
        let began = Instant::now();
        while self.monitor.is_paused() && !self.monitor.is_cancelled() {
            std::thread::sleep(REST);
        }
        began.elapsed()
    }

    /// What follows a step: its event, and now and then a validation, samples, a checkpoint.
    fn after(&mut self, report: &StepReport) -> Result<()> {
        let scale = self.trainer.config.schedule(report.step);
        let rates = Rates {
            generator: self.trainer.config.generator.rate * scale,
            discriminator: Some(self.trainer.config.discriminator.rate * scale),
        };
        self.events.step(report, rates, self.resumed.seconds)?;
        self.listener.stepped(report, rates.generator);
        let due = |every: u64| self.trainer.step.is_multiple_of(every);
        let config = &self.trainer.config;
        let (validate, sample, keep) =
            (due(config.validate_every), due(config.sample_every), due(config.checkpoint_every));
        if validate {
            self.validate()?;
        }
        if sample {
            let strip = show::show(&self.trainer, &self.set, &self.folder.join("samples"))?;
            if let Some(strip) = strip {
                self.events.strip(self.trainer.step, &strip)?;
            }
        }
        if keep {
            self.checkpoint();
        }
        Ok(())
    }

    /// Validates the average, and keeps it as the model where it is the best so far.
    fn validate(&mut self) -> Result<()> {
        let trainer = &self.trainer;
        let network = F::clearing(&trainer.average);
        let land_of = |pair: &ValidationPair| latent::land_of(trainer, pair);
        let mut validation =
            validate::validate(&self.set, network, &trainer.encoding, &trainer.config, &land_of);
        if trainer.config.learns == Learns::CloudCode {
            validation.placed = placing::placed(trainer, &self.set);
        }
        let (step, score) = (trainer.step, validation.goal(trainer.config.learns));
        self.last = Some(validation);
        self.judged.extend(validation.distribution.and_then(|judged| judged.evaluated(step)));
        let is_best = best::is_best(&self.judged, score, self.resumed.best);
        if score.is_some() {
            let told = Told { validation: &validation, best: is_best };
            self.events.validation(step, &told, self.resumed.seconds)?;
            self.listener.validated(step, &validation);
        }
        if is_best {
            file::save(&self.model(), &self.folder.join("model.safetensors"))?;
            self.resumed.best = score.map(|score| Best { step, score }).or(self.resumed.best);
        }
        Ok(())
    }

    /// The average as a model that says where it comes from.
    fn model(&self) -> Model {
        let trainer = &self.trainer;
        let validation = self.last.unwrap_or_default();
        Model {
            config: trainer.config.network.clone(),
            encoding: trainer.encoding.clone(),
            info: provenance::info(
                &trainer.config,
                trainer.step,
                &self.dataset,
                &validation,
                self.from.as_ref(),
            ),
            networks: F::export(trainer.average.clone()),
        }
    }

    /// Keeps where training stands. A full disk does not end it: the last good checkpoint stays.
    fn checkpoint(&self) {
        let path = self.folder.join("checkpoint.safetensors");
        let saved = checkpoint::save(&self.trainer, self.resumed, &path);
        self.refused.tell(saved, &path, self.monitor);
    }
}
