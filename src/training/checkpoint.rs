//! Checkpoints: everything a [`Trainer`] changes, in one `.safetensors` that takes its name only
//! when it is complete. A run that goes on from one does what it would have done.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::config::Impossible;
use super::memory::{BankedCode, ReplayPool};
use super::optimiser::{Moments, Optimiser};
use super::step::{Family, Trainer};
use super::{Error, Result, TrainConfig};
use crate::networks::Encoding;
use crate::networks::file::{self, FileError};
use crate::networks::params::{self, Misfit, Named};

/// Key of the numbers beside the tensors.
const STATE: &str = "declouder.checkpoint";

/// What is known of the best model so far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Step after which it was found.
    pub step: u64,
    /// Its [`Validation::score`](super::validate::Validation::score).
    pub score: f64,
}

/// The numbers of a checkpoint that are no tensors.
#[derive(Debug, Serialize, Deserialize)]
struct State {
    step: u64,
    seconds: f64,
    best: Option<Best>,
    /// Adam's steps by parameter.
    times: BTreeMap<String, usize>,
    /// Places of the banked codes, with the side of their maps.
    places: Vec<(u64, usize)>,
    /// The networks' range, which is a model's where training began with one; older files lack it.
    #[serde(default)]
    encoding: Option<Encoding>,
    /// What it was trained by; older files lack it.
    #[serde(default)]
    config: Option<TrainConfig>,
}

/// What a checkpoint says beside the trainer's own state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resumed {
    /// Seconds trained so far.
    pub seconds: f64,
    /// The best model so far.
    pub best: Option<Best>,
}

/// Writes a checkpoint.
///
/// # Errors
/// [`Error::File`] where it cannot be written; the older one is untouched then.
pub fn save<F: Family>(trainer: &Trainer<F>, resumed: Resumed, path: &Path) -> Result<()> {
    let mut tensors = params::collect(&trainer.networks, "networks");
    tensors.extend(params::collect(&trainer.average, "average"));
    tensors.extend(params::collect(&trainer.critics, "critics"));
    let mut times = BTreeMap::new();
    for (name, optimiser) in [("generator", &trainer.generator), ("discriminator", &trainer.discriminator)] {
        put_moments(optimiser, name, &mut tensors, &mut times);
    }
    for (name, pool) in [("fake_cloudy", &trainer.fake_cloudy), ("fake_clear", &trainer.fake_clear)] {
        for (index, (image, mask)) in pool.items.iter().enumerate() {
            tensors.push(named(format!("{name}/{index:05}/image"), image));
            tensors.push(named(format!("{name}/{index:05}/mask"), mask));
        }
    }
    for (index, code) in trainer.bank.codes.iter().enumerate() {
        tensors.push(named(format!("bank/{index:05}/maps"), &code.maps));
        tensors.push(named(format!("bank/{index:05}/spectrum"), &code.spectrum));
    }
    let state = State {
        step: trainer.step,
        seconds: resumed.seconds,
        best: resumed.best,
        times,
        places: trainer.bank.codes.iter().map(|code| (code.place, code.side)).collect(),
        encoding: Some(trainer.encoding.clone()),
        config: Some(trainer.config.clone()),
    };
    let text = serde_json::to_string(&state).map_err(|error| damaged(path, error.to_string()))?;
    Ok(file::save_tensors(&tensors, BTreeMap::from([(STATE.to_owned(), text)]), path)?)
}

/// Adds an optimiser's state to a file's tensors, and its steps by parameter.
pub(super) fn put_moments(
    optimiser: &Optimiser,
    name: &str,
    tensors: &mut Vec<Named>,
    times: &mut BTreeMap<String, usize>,
) {
    for (parameter, moments) in &optimiser.moments {
        let full = format!("{name}/{parameter}");
        tensors.push(flat(format!("{full}/first"), moments.first.clone()));
        tensors.push(flat(format!("{full}/second"), moments.second.clone()));
        times.insert(full, moments.time);
    }
}

fn flat(name: String, tensor: Tensor<1>) -> Named {
    let values = tensor.into_data().try_to_vec().unwrap_or_default();
    Named { name, shape: vec![values.len()], values }
}

fn named(name: String, values: &[f32]) -> Named {
    Named { name, shape: vec![values.len()], values: values.to_vec() }
}

/// Brings a trainer of the same configuration to where a checkpoint was written.
///
/// # Errors
/// [`Error::File`] where the file is no checkpoint of this configuration, or damaged.
pub fn load<F: Family>(mut trainer: Trainer<F>, path: &Path) -> Result<(Trainer<F>, Resumed)> {
    let (tensors, texts) = file::load_tensors(path)?;
    let state = state(&texts, path)?;
    let mut source = Source::new(tensors);
    let misfit = |misfit: Misfit| damaged(path, format!("{misfit}; it belongs to another configuration"));
    trainer.networks = source.network(trainer.networks, "networks").map_err(misfit)?;
    trainer.average = source.network(trainer.average, "average").map_err(misfit)?;
    trainer.critics = source.network(trainer.critics, "critics").map_err(misfit)?;
    let device = trainer.device().clone().without_autodiff();
    source.moments(&mut trainer.generator, "generator", &state.times, &device).map_err(misfit)?;
    source.moments(&mut trainer.discriminator, "discriminator", &state.times, &device).map_err(misfit)?;
    source.pool(&mut trainer.fake_cloudy, "fake_cloudy").map_err(misfit)?;
    source.pool(&mut trainer.fake_clear, "fake_clear").map_err(misfit)?;
    for (index, &(place, side)) in state.places.iter().enumerate() {
        let maps = source.take(&format!("bank/{index:05}/maps")).map_err(misfit)?;
        let spectrum = source.take(&format!("bank/{index:05}/spectrum")).map_err(misfit)?;
        trainer.bank.keep(BankedCode { place, maps, side, spectrum });
    }
    trainer.step = state.step;
    Ok((trainer, Resumed { seconds: state.seconds, best: state.best }))
}

/// The networks' range that a training had when a checkpoint was written; none in files of older versions.
///
/// # Errors
/// [`Error::File`] where the file is no checkpoint, or damaged.
pub fn encoding(path: &Path) -> Result<Option<Encoding>> {
    Ok(state(&file::load_tensors(path)?.1, path)?.encoding)
}

/// Refuses to go on by another configuration than a run was begun with, but for what may change on the way: rates,
/// weights of losses, steps, and how often something is done.
///
/// # Errors
/// [`Error::Config`] naming the first field that differs; [`Error::File`] where the file is no checkpoint, or damaged.
pub fn check_config(path: &Path, config: &TrainConfig) -> Result<()> {
    let Some(begun) = state(&file::load_tensors(path)?.1, path)?.config else { return Ok(()) };
    let kept = |config: &TrainConfig| {
        serde_json::json!({
            "network": config.network,
            "learns": config.learns,
            "data": config.data,
            "full_every": config.full_every,
            "judge_composites": config.judge_composites,
            "seed": config.seed,
        })
    };
    let (begun, asked) = (kept(&begun), kept(config));
    let Some((field, was, is)) = difference("", &begun, &asked) else { return Ok(()) };
    let problem = format!(
        "{is}, but the run was begun with {was}; set it back in the run's config.toml, or train its model further in a new folder (--from)"
    );
    Err(Impossible { field, problem }.into())
}

/// The first field that two configurations have different values of: its name and both values.
fn difference(name: &str, was: &Value, is: &Value) -> Option<(String, Value, Value)> {
    let (Value::Object(fields), Value::Object(others)) = (was, is) else {
        // A number that was read may differ in its last digit from the one that was written.
        let same = match (was.as_f64(), is.as_f64()) {
            (Some(was), Some(is)) => (was - is).abs() <= 1e-12 * was.abs(),
            _ => was == is,
        };
        return (!same).then(|| (name.to_owned(), was.clone(), is.clone()));
    };
    let under = |field: &str| if name.is_empty() { field.to_owned() } else { format!("{name}.{field}") };
    fields.iter().find_map(|(field, value)| {
        difference(&under(field), value, others.get(field).unwrap_or(&Value::Null))
    })
}

fn state(texts: &HashMap<String, String>, path: &Path) -> Result<State> {
    let text = texts.get(STATE).ok_or_else(|| damaged(path, "it is no checkpoint of a training".into()))?;
    serde_json::from_str(text).map_err(|error| damaged(path, error.to_string()))
}

fn damaged(path: &Path, problem: String) -> Error {
    FileError::Invalid { path: path.to_owned(), problem }.into()
}

/// Tensors of a file, taken out one by one.
pub(super) struct Source(BTreeMap<String, Named>);

impl Source {
    /// Of a file's tensors.
    pub(super) fn new(tensors: Vec<Named>) -> Self {
        Self(tensors.into_iter().map(|named| (named.name.clone(), named)).collect())
    }

    /// Takes one out.
    pub(super) fn take(&mut self, name: &str) -> Result<Vec<f32>, Misfit> {
        let missing = || Misfit { name: name.to_owned(), problem: "it is missing".into() };
        self.0.remove(name).map(|named| named.values).ok_or_else(missing)
    }

    fn network<M: Module>(&mut self, network: M, name: &str) -> Result<M, Misfit> {
        params::set(network, name, &mut |name, _| self.take(name))
    }

    /// Takes an optimiser's state out.
    pub(super) fn moments(
        &mut self,
        optimiser: &mut Optimiser,
        name: &str,
        times: &BTreeMap<String, usize>,
        device: &Device,
    ) -> Result<(), Misfit> {
        let prefix = format!("{name}/");
        for (full, &time) in times {
            let Some(parameter) = full.strip_prefix(&prefix) else { continue };
            let mut tensor = |part: &str| {
                let values = self.take(&format!("{full}/{part}"))?;
                let length = values.len();
                Ok(Tensor::<1>::from_data(TensorData::new(values, [length]), device))
            };
            let moments = Moments { time, first: tensor("first")?, second: tensor("second")? };
            optimiser.moments.insert(parameter.to_owned(), moments);
        }
        Ok(())
    }

    fn pool(&mut self, pool: &mut ReplayPool, name: &str) -> Result<(), Misfit> {
        let prefix = format!("{name}/");
        let count = self.0.keys().filter(|key| key.starts_with(&prefix)).count() / 2;
        for index in 0..count {
            let image = self.take(&format!("{name}/{index:05}/image"))?;
            let mask = self.take(&format!("{name}/{index:05}/mask"))?;
            pool.items.push((image, mask));
        }
        Ok(())
    }
}
