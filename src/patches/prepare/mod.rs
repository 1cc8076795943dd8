//! `declouder prepare`: scenes, pairs and BigEarthNet in, a patch store out.
//!
//! Each kind of source opens its scenes one at a time ([`Source`]); what happens to a scene then is
//! the same for all: mask, cut, sort, write. Small scenes are worked on several at a time, large ones
//! one after the other and in chunks of patches, so memory does not grow with either. Rows come in
//! the order of the sources, of the names in them, and of the patches in a scene, whatever the number
//! of threads.

#[cfg(feature = "bigearthnet")]
mod bigearthnet;
mod config;
mod cut;
mod quiet;
mod report;
mod scenes;
mod sink;
mod source_config;
mod subject;
mod take;

use std::path::Path;

pub use config::{BIGEARTHNET_PATCH_PX, DEFAULT_PATCH_PX, PrepareConfig};
pub use report::{LeftOut, Report};
pub use source_config::{SourceConfig, SourceKind};

use quiet::Quiet;
use sink::Sink;
use subject::{Plan, Subject};

use super::{About, Error, Result, StoreSpec, StoreWriter};
use crate::bands::Level;
use crate::progress::Monitor;

/// The scenes of a source, opened one at a time and by several threads.
trait Source: Sync {
    /// How many there are.
    fn len(&self) -> usize;

    /// The processing level of the first.
    ///
    /// # Errors
    /// What opening it meets.
    fn level(&self) -> Result<Level>;

    /// Opens one.
    ///
    /// # Errors
    /// What opening it meets; a scene that does not fit the plan.
    fn open(&self, index: usize, plan: &Plan<'_>) -> Result<Opened>;

    /// How splits were chosen, where the source itself says it.
    fn split_rule(&self) -> Option<String> {
        None
    }

    /// Licence and attribution of the data, where the kind of source tells them.
    fn licence(&self) -> Option<(&'static str, &'static str)> {
        None
    }
}

/// What opening a scene gave.
enum Opened {
    /// A scene to be cut.
    Subject(Box<Subject>),
    /// Not a scene, in words.
    NoScene(String),
    /// Left out because snow lies on it.
    Snow,
}

/// Prepares a store at `output`. It takes its name only when it is complete; cancelled or failed
/// work leaves nothing.
///
/// # Errors
/// A configuration that cannot be, a source that cannot be read or is empty, scenes that do not fit
/// together, an output that cannot be written, cancelled work.
pub fn prepare(
    output: &Path,
    config: &PrepareConfig,
    overwrite: bool,
    monitor: &dyn Monitor,
) -> Result<Report> {
    config.check()?;
    super::check_output(output, overwrite)?;
    let sources =
        config.sources.iter().map(|source| open_source(source, config)).collect::<Result<Vec<_>>>()?;
    let Some(first) = sources.first() else {
        return Err(Error::option("SOURCE", "no source is given"));
    };
    let level = first.level()?;
    let bands = config.bands.clone().unwrap_or_else(|| level.bands().to_vec());
    let plan = Plan { config, bands, level };
    let spec = StoreSpec {
        bands: plan.bands.clone(),
        level,
        patch_px: config.patch_px,
        shard_mib: config.shard_mib,
    };
    let quiet = Quiet::new(monitor);
    let mut sink = Sink::new(StoreWriter::create(output, spec, overwrite)?, &plan);
    let scenes: usize = sources.iter().map(|source| source.len()).sum();
    monitor.stage("preparing", scenes as u64 * take::UNITS);
    for (source, config) in sources.iter().zip(&config.sources) {
        sink.begin(config, source.licence());
        take::take(source.as_ref(), &plan, &mut sink, &quiet, monitor)?;
        sink.end(config)?;
    }
    let mut rules: Vec<String> = sources.iter().filter_map(|source| source.split_rule()).collect();
    rules.push(config.split.to_string());
    rules.dedup();
    let about = About {
        split_rule: format!("as given for a source; else {}", rules.join("; else ")),
        config: serde_json::to_value(config).unwrap_or_default(),
        ..About::default()
    };
    sink.finish(about, output, quiet)
}

fn open_source<'a>(config: &'a SourceConfig, prepare: &'a PrepareConfig) -> Result<Box<dyn Source + 'a>> {
    Ok(match config.kind {
        SourceKind::Scenes => Box::new(scenes::Scenes::list(config)?),
        SourceKind::Pairs => Box::new(scenes::Pairs::list(config)?),
        #[cfg(feature = "bigearthnet")]
        SourceKind::BigearthnetV1 | SourceKind::BigearthnetV2 => bigearthnet::open(config, prepare)?,
        #[cfg(not(feature = "bigearthnet"))]
        SourceKind::BigearthnetV1 | SourceKind::BigearthnetV2 => {
            return Err(Error::option(
                "--preset",
                "this build reads no BigEarthNet; build declouder with the feature bigearthnet",
            ));
        }
    })
}
