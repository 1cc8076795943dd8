//! Where a training begins: at random weights, or at those of a model that is trained further.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::Device;

use super::folder::Parent;
use super::step::{Family, Trainer};
use super::{Error, Result, TrainConfig};
use crate::networks::file::{self, FileError, Loaded};
use crate::networks::params::{self, Misfit, Named};
use crate::networks::{Encoding, Model, NetworkConfig};

/// Ways in that a model may lack where it was trained without the input: they begin at random.
const OPTIONAL_WAYS: [&str; 2] = ["g_land.stem_s1.", "g_land.stem_reference."];

/// A model whose weights a training begins with.
#[derive(Debug)]
pub struct Start {
    path: PathBuf,
    model: Model,
    sha256: String,
}

impl Start {
    /// Reads the model. Its networks have to be those of `config`, but for optional inputs and the way features
    /// are enlarged, which has no weights.
    ///
    /// # Errors
    /// [`FileError`] where it is no model; [`Error::Start`] naming what differs.
    pub fn open(path: &Path, config: &TrainConfig, device: &Device) -> Result<Self> {
        let Loaded { model, sha256 } = file::load(path, device)?;
        let same = |network: &NetworkConfig| NetworkConfig {
            s1: false,
            reference: false,
            upsampling: config.network.upsampling,
            conditioning: Vec::new(),
            ..network.clone()
        };
        let (asked, found) = (same(&config.network), same(&model.config));
        if asked != found {
            let text = |network: &NetworkConfig| serde_json::to_string(network).unwrap_or_default();
            let problem =
                format!("its networks are {}, those of the training {}", text(&found), text(&asked));
            return Err(Error::Start { path: path.to_owned(), problem });
        }
        Ok(Self { path: path.to_owned(), model, sha256 })
    }

    /// What the new model owes to it.
    #[must_use]
    pub fn parent(&self) -> Parent {
        let info = &self.model.info;
        Parent {
            sha256: self.sha256.clone(),
            step: info.step,
            training: info.training.clone(),
            data: info.data.clone(),
        }
    }

    /// The range of values that its networks know; the training keeps to it.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.model.encoding.clone()
    }

    /// A trainer whose networks, and their average, have the model's weights. Discriminators begin anew: a model
    /// file holds none.
    ///
    /// # Errors
    /// [`FileError::Invalid`] naming the parameter that does not fit.
    pub fn give<F: Family>(&self, mut trainer: Trainer<F>) -> Result<Trainer<F>> {
        let fresh = params::collect(&trainer.average, "");
        let ways =
            fresh.into_iter().filter(|named| OPTIONAL_WAYS.iter().any(|way| named.name.starts_with(way)));
        let all = ways.chain(self.model.networks.collect());
        let weights: BTreeMap<String, Named> = all.map(|named| (named.name.clone(), named)).collect();
        let mut source = |name: &str, shape: &[usize]| match weights.get(name) {
            Some(named) if named.shape == shape => Ok(named.values.clone()),
            Some(named) => Err(Misfit {
                name: name.to_owned(),
                problem: format!("{:?}, expected {shape:?}", named.shape),
            }),
            None => Err(Misfit { name: name.to_owned(), problem: "it is missing".into() }),
        };
        let misfit =
            |misfit: Misfit| FileError::Invalid { path: self.path.clone(), problem: misfit.to_string() };
        trainer.networks = params::set(trainer.networks, "", &mut source).map_err(misfit)?;
        trainer.average = params::set(trainer.average, "", &mut source).map_err(misfit)?;
        Ok(trainer)
    }
}
