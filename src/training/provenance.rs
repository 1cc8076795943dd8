//! What a model's file says of how it was made.

use std::collections::BTreeMap;

use super::TrainConfig;
use super::dataset::Dataset;
use super::folder::Parent;
use super::validate::Validation;
use crate::networks::{DataSource, ModelInfo};

/// After `step` steps on a data set; `parent` is the model that was trained further, whose data are the new one's too.
pub(super) fn info(
    config: &TrainConfig,
    step: u64,
    dataset: &Dataset,
    validation: &Validation,
    parent: Option<&Parent>,
) -> ModelInfo {
    let mut data = sources(dataset);
    let mut training = serde_json::to_value(config).unwrap_or_default();
    if let Some(parent) = parent {
        let owed: Vec<_> = parent.data.iter().filter(|source| !data.contains(source)).cloned().collect();
        data.extend(owed);
        training["from"] = serde_json::json!({
            "sha256": parent.sha256, "step": parent.step, "training": parent.training,
        });
    }
    ModelInfo {
        declouder: env!("CARGO_PKG_VERSION").to_owned(),
        step,
        seed: config.seed,
        training,
        data,
        fingerprint: dataset.fingerprint(),
        metrics: metrics(validation),
        licence: String::new(),
    }
}

fn sources(dataset: &Dataset) -> Vec<DataSource> {
    let sources = dataset.stores().iter().flat_map(|store| &store.manifest().sources);
    let source = sources.map(|source| DataSource {
        name: source.name.clone(),
        licence: source.licence.clone().unwrap_or_default(),
        attribution: source.attribution.clone(),
        patches: source.rows as u64,
    });
    source.collect()
}

/// What the validation found, by name.
fn metrics(validation: &Validation) -> BTreeMap<String, f64> {
    let mut metrics = BTreeMap::new();
    for (kind, part) in [("real", validation.real), ("lent", validation.lent)] {
        for (method, scores) in part.iter().flat_map(|part| [("model", part.model), ("fill", part.fill)]) {
            metrics.insert(format!("validation/{kind}/cloud/mae/{method}"), scores.mae);
            metrics.insert(format!("validation/{kind}/cloud/psnr/{method}"), scores.psnr);
        }
    }
    metrics
}
