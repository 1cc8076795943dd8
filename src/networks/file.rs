//! Model files: one `.safetensors` with weights under plain names and, in its metadata, everything
//! that says what they are. Nothing in it is ever executed.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use sha2::{Digest, Sha256};

use super::params::{Misfit, Named, Source};
use super::{Encoding, Model, ModelInfo, NetworkConfig, Networks};

/// Version of the layout of model files.
const FORMAT: &str = "1";

/// Largest file that is read: no network of ours comes near.
const MAX_BYTES: u64 = 1 << 30;

/// A model file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// There is no such file, or it cannot be read.
    #[error("the model cannot be read ({words}); check the name: {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        words: String,
    },
    /// It is not a model of ours, or a damaged one.
    #[error("this is no usable Declouder model: {problem}: {}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What was expected and found.
        problem: String,
    },
    /// It cannot be written.
    #[error("the model cannot be written ({words}): {}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        words: String,
    },
}

/// A model and the digest of its file.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The model.
    pub model: Model,
    /// SHA-256 of the file, in hexadecimal digits.
    pub sha256: String,
}

/// Reads a model onto a device. The file's claims are checked before anything is built from them, and
/// every tensor must have the name, shape and type that the configuration asks for, with finite
/// values; nothing may be left over.
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
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| invalid(format!("{error}")))?;
    let (config, encoding, info) = described(&texts).map_err(invalid)?;
    let fresh = Networks::new(&config, 0, device);
    let networks = filled(&tensors, |source| fresh.set(source)).map_err(invalid)?;
    Ok(Loaded { model: Model { config, encoding, info, networks }, sha256: digest(bytes) })
}

/// SHA-256 in hexadecimal digits.
pub(super) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A whole file, if it is not absurdly large.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    let unreadable =
        |error: std::io::Error| FileError::Unreadable { path: path.to_owned(), words: error.to_string() };
    let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    if bytes > MAX_BYTES {
        let problem = format!("it has {bytes} bytes; models have {MAX_BYTES} at most");
        return Err(FileError::Invalid { path: path.to_owned(), problem });
    }
    std::fs::read(path).map_err(unreadable)
}

/// Configuration, encoding and history from a file's metadata.
fn described(texts: &HashMap<String, String>) -> Result<(NetworkConfig, Encoding, ModelInfo), String> {
    let text = |key: &str| {
        texts
            .get(key)
            .ok_or_else(|| format!("its metadata has no \"{key}\"; it was not written by declouder"))
    };
    let format = text("declouder.format")?;
    if format != FORMAT {
        return Err(format!("its layout is version {format}; this program reads version {FORMAT}"));
    }
    let config: NetworkConfig = parsed(text("declouder.network")?, "network")?;
    config.check().map_err(|error| error.to_string())?;
    let encoding: Encoding = parsed(text("declouder.encoding")?, "encoding")?;
    encoding.check(config.channels())?;
    let info = parsed(text("declouder.info")?, "info")?;
    Ok((config, encoding, info))
}

/// One of the metadata's texts as what it describes.
pub(super) fn parsed<T: serde::de::DeserializeOwned>(text: &str, what: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("its {what} cannot be read ({error})"))
}

/// Networks with the weights of a file: what `set` makes of a source of them, if nothing is left over.
pub(super) fn filled<N>(
    tensors: &SafeTensors<'_>,
    set: impl FnOnce(&mut Source<'_>) -> Result<N, Misfit>,
) -> Result<N, String> {
    let mut left: std::collections::BTreeSet<&str> = tensors.names().into_iter().collect();
    let mut source = |name: &str, shape: &[usize]| {
        let misfit = |problem: String| Misfit { name: name.to_owned(), problem };
        let view = tensors.tensor(name).map_err(|_| misfit("the weights are missing".into()))?;
        if view.dtype() != Dtype::F32 || view.shape() != shape {
            return Err(misfit(format!(
                "expected {shape:?} of F32, found {:?} of {:?}",
                view.shape(),
                view.dtype()
            )));
        }
        let values = floats(view.data());
        if !values.iter().all(|value| value.is_finite()) {
            return Err(misfit("there are weights that are no finite numbers".into()));
        }
        left.remove(name);
        Ok(values)
    };
    let networks = set(&mut source).map_err(|misfit| misfit.to_string())?;
    match left.first() {
        None => Ok(networks),
        Some(name) => Err(format!("it holds weights \"{name}\" that its own configuration has no place for")),
    }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect()
}

/// Writes a model. The file takes its name only when it is complete and on disk.
///
/// # Errors
/// [`FileError::Unwritable`].
pub fn save(model: &Model, path: &Path) -> Result<(), FileError> {
    let json = |value: serde_json::Result<String>| {
        value.map_err(|error| FileError::Unwritable { path: path.to_owned(), words: error.to_string() })
    };
    let texts = BTreeMap::from([
        ("declouder.format".to_owned(), FORMAT.to_owned()),
        ("declouder.network".to_owned(), json(serde_json::to_string(&model.config))?),
        ("declouder.encoding".to_owned(), json(serde_json::to_string(&model.encoding))?),
        ("declouder.info".to_owned(), json(serde_json::to_string(&model.info))?),
    ]);
    save_tensors(&model.networks.collect(), texts, path)
}

/// Writes named tensors and texts as one `.safetensors`, atomically.
///
/// # Errors
/// [`FileError::Unwritable`].
pub fn save_tensors(
    tensors: &[Named],
    texts: BTreeMap<String, String>,
    path: &Path,
) -> Result<(), FileError> {
    let fail = |words: String| FileError::Unwritable { path: path.to_owned(), words };
    let bytes: BTreeMap<&str, Vec<u8>> = tensors
        .iter()
        .map(|named| {
            let bytes = named.values.iter().flat_map(|value| value.to_le_bytes()).collect();
            (named.name.as_str(), bytes)
        })
        .collect();
    let views = tensors
        .iter()
        .map(|named| {
            Ok((
                named.name.as_str(),
                TensorView::new(Dtype::F32, named.shape.clone(), &bytes[named.name.as_str()])?,
            ))
        })
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(|error| fail(error.to_string()))?;
    let whole = safetensors::serialize(views, Some(texts.into_iter().collect()))
        .map_err(|error| fail(error.to_string()))?;
    write_atomically(path, &whole).map_err(|error| fail(error.to_string()))
}

/// Reads every tensor of a file that [`save_tensors`] wrote, and its texts. Its size has no limit: a run's state holds
/// replayed images too, and it is the run's own file.
///
/// # Errors
/// [`FileError`] where it cannot be read or is damaged.
pub fn load_tensors(path: &Path) -> Result<(Vec<Named>, HashMap<String, String>), FileError> {
    let unreadable =
        |error: std::io::Error| FileError::Unreadable { path: path.to_owned(), words: error.to_string() };
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let invalid = |error: safetensors::SafeTensorError| FileError::Invalid {
        path: path.to_owned(),
        problem: error.to_string(),
    };
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(invalid)?;
    let texts = header.metadata().clone().unwrap_or_default();
    let tensors = SafeTensors::deserialize(&bytes).map_err(invalid)?;
    let named = tensors
        .tensors()
        .into_iter()
        .map(|(name, view)| Named { name, shape: view.shape().to_vec(), values: floats(view.data()) })
        .collect();
    Ok((named, texts))
}

/// Writes beside the final name, syncs, then renames.
fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // As any new file: what the user's umask leaves.
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    let mut file = tempfile::Builder::new()
        .prefix(".declouder")
        .suffix(".partial")
        .permissions(permissions)
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
