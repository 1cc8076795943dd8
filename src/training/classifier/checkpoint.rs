//! A classifier's checkpoint: everything a [`Learner`] changes, in one `.safetensors`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Learner;
use crate::networks::classifier::Network;
use crate::networks::file::{self, FileError};
use crate::networks::params::{Misfit, Named};
use crate::training::checkpoint::{Source, put_moments};
use crate::training::{Error, Result};

/// Key of the numbers beside the tensors.
const STATE: &str = "declouder.classifier-checkpoint";

/// The best classifier so far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Step after which it was found.
    pub step: u64,
    /// Its macro average precision on the validation patches.
    pub macro_ap: f64,
}

/// What a checkpoint says beside the learner's own state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Resumed {
    /// Seconds trained so far.
    pub seconds: f64,
    /// The best classifier so far.
    pub best: Option<Best>,
}

/// The numbers of a checkpoint that are no tensors.
#[derive(Serialize, Deserialize)]
struct State {
    step: u64,
    resumed: Resumed,
    /// Adam's steps by parameter.
    times: BTreeMap<String, usize>,
    /// Fingerprint of the store.
    fingerprint: String,
}

/// Writes a checkpoint.
pub(super) fn save(learner: &Learner, resumed: Resumed, fingerprint: &str, path: &Path) -> Result<()> {
    let mut tensors = prefixed(&learner.network, "network");
    tensors.extend(prefixed(&learner.average, "average"));
    let mut times = BTreeMap::new();
    put_moments(&learner.optimiser, "optimiser", &mut tensors, &mut times);
    let state = State { step: learner.step, resumed, times, fingerprint: fingerprint.to_owned() };
    let text = serde_json::to_string(&state).map_err(|error| damaged(path, error.to_string()))?;
    Ok(file::save_tensors(&tensors, BTreeMap::from([(STATE.to_owned(), text)]), path)?)
}

fn prefixed(network: &Network, name: &str) -> Vec<Named> {
    let named = network.collect().into_iter();
    named.map(|named| Named { name: format!("{name}.{}", named.name), ..named }).collect()
}

/// Brings a learner of the same configuration to where a checkpoint was written.
pub(super) fn load(mut learner: Learner, fingerprint: &str, path: &Path) -> Result<(Learner, Resumed)> {
    let (tensors, texts) = file::load_tensors(path)?;
    let text = texts.get(STATE).ok_or_else(|| damaged(path, "it is no checkpoint of a classifier".into()))?;
    let state: State = serde_json::from_str(text).map_err(|error| damaged(path, error.to_string()))?;
    if state.fingerprint != fingerprint {
        let problem = format!(
            "it belongs to the store {}, this one is {fingerprint}; give the store that the run began with",
            state.fingerprint
        );
        return Err(damaged(path, problem));
    }
    let mut source = Source::new(tensors);
    let misfit = |misfit: Misfit| damaged(path, format!("{misfit}; it belongs to another configuration"));
    learner.network = taken(learner.network, &mut source, "network").map_err(misfit)?;
    learner.average = taken(learner.average, &mut source, "average").map_err(misfit)?;
    let device = learner.device();
    source.moments(&mut learner.optimiser, "optimiser", &state.times, &device).map_err(misfit)?;
    learner.step = state.step;
    Ok((learner, state.resumed))
}

fn taken(network: Network, source: &mut Source, name: &str) -> Result<Network, Misfit> {
    network.set(&mut |parameter, _| source.take(&format!("{name}.{parameter}")))
}

fn damaged(path: &Path, problem: String) -> Error {
    FileError::Invalid { path: path.to_owned(), problem }.into()
}
