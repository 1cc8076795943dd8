//! A classifier's file: one `.safetensors`, as every model of ours, marked as a classifier.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use burn::tensor::Device;
use safetensors::tensor::SafeTensors;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Classifier, ClassifierConfig, Network};
use crate::networks::file::{FileError, digest, filled, parsed, read, save_tensors};

/// Version of the layout of classifier files.
const FORMAT: &str = "1";
/// The key that only a classifier's file has.
const MARK: &str = "declouder.classifier";

/// A classifier and the digest of its file.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The classifier.
    pub classifier: Classifier,
    /// SHA-256 of the file, in hexadecimal digits.
    pub sha256: String,
}

/// Reads a classifier onto a device. The file's claims are checked before anything is built from them, and
/// every tensor must have the name, shape and type that the configuration asks for.
///
/// # Errors
/// [`FileError`] with what was expected and found.
pub fn load(path: &Path, device: &Device) -> Result<Loaded, FileError> {
    parse(&read(path)?, path, device)
}

/// The same from bytes in memory; `path` names them in errors.
///
/// # Errors
/// As [`load`].
pub fn parse(bytes: &[u8], path: &Path, device: &Device) -> Result<Loaded, FileError> {
    let invalid = |problem: String| FileError::Invalid { path: path.to_owned(), problem };
    let (_, header) = SafeTensors::read_metadata(bytes)
        .map_err(|error| invalid(format!("it is not a .safetensors file or is truncated ({error})")))?;
    let texts = header.metadata().clone().unwrap_or_default();
    let tensors = SafeTensors::deserialize(bytes)
        .map_err(|error| invalid(format!("it is damaged or truncated ({error})")))?;
    let classifier = described(&texts, &tensors, device).map_err(invalid)?;
    Ok(Loaded { classifier, sha256: digest(bytes) })
}

/// The classifier of a file's metadata and weights.
fn described(
    texts: &HashMap<String, String>,
    tensors: &SafeTensors<'_>,
    device: &Device,
) -> Result<Classifier, String> {
    let Some(format) = texts.get(MARK) else {
        return Err(if texts.contains_key("declouder.network") {
            "it is a model that takes clouds away; expected a classifier made by declouder \
             train-classifier"
                .into()
        } else {
            format!(
                "its metadata has no \"{MARK}\"; expected a classifier made by declouder \
                 train-classifier"
            )
        });
    };
    if format != FORMAT {
        return Err(format!("its layout is version {format}; this program reads version {FORMAT}"));
    }
    let config: ClassifierConfig = text(texts, "config")?;
    config.check().map_err(|error| error.to_string())?;
    let classifier = Classifier {
        encoding: text(texts, "encoding")?,
        classes: text(texts, "classes")?,
        thresholds: text(texts, "thresholds")?,
        info: text(texts, "info")?,
        network: filled(tensors, |source| Network::new(&config, 0, device).set(source))?,
        config,
    };
    check(&classifier)?;
    Ok(classifier)
}

/// Refuses numbers that do not fit the configuration.
fn check(classifier: &Classifier) -> Result<(), String> {
    classifier.encoding.check(classifier.config.bands.len())?;
    let expected = classifier.config.labels.classes();
    let (names, thresholds) = (classifier.classes.len(), classifier.thresholds.len());
    if names != expected || thresholds != expected {
        return Err(format!("it has {names} names and {thresholds} thresholds for {expected} classes"));
    }
    match classifier.thresholds.iter().find(|threshold| !(0.0..=1.0).contains(*threshold)) {
        Some(threshold) => Err(format!("a threshold is {threshold}; expected 0 to 1")),
        None => Ok(()),
    }
}

fn text<T: DeserializeOwned>(texts: &HashMap<String, String>, key: &str) -> Result<T, String> {
    let text = texts.get(&format!("{MARK}.{key}"));
    parsed(text.ok_or_else(|| format!("its metadata has no \"{MARK}.{key}\""))?, key)
}

/// Writes a classifier. The file takes its name only when it is complete and on disk.
///
/// # Errors
/// [`FileError::Unwritable`].
pub fn save(classifier: &Classifier, path: &Path) -> Result<(), FileError> {
    let mut texts = BTreeMap::from([(MARK.to_owned(), FORMAT.to_owned())]);
    let mut put = |key: &str, json: serde_json::Result<String>| {
        let fail = |error: serde_json::Error| FileError::Unwritable {
            path: path.to_owned(),
            words: error.to_string(),
        };
        texts.insert(format!("{MARK}.{key}"), json.map_err(fail)?);
        Ok::<_, FileError>(())
    };
    put("config", json(&classifier.config))?;
    put("encoding", json(&classifier.encoding))?;
    put("classes", json(&classifier.classes))?;
    put("thresholds", json(&classifier.thresholds))?;
    put("info", json(&classifier.info))?;
    save_tensors(&classifier.network.collect(), texts, path)
}

fn json(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(value)
}
