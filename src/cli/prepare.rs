//! `declouder prepare`.

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::scene_args::SceneArgs;
use super::{Context, Usage};
use crate::bands::Band;
use crate::mask::Classes;
use crate::patches::prepare::{BIGEARTHNET_PATCH_PX, PrepareConfig, SourceConfig, SourceKind, prepare};
use crate::patches::{Domain, Error, Split};

/// Options of `declouder prepare`. What a source's files do not say is said here for all sources; a
/// TOML file (`--config`) says it for each source apart.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Scenes, or folders whose direct children are scenes; folders of pairs with --pairs, data sets
    /// with --preset
    #[arg(value_name = "SOURCE", required_unless_present = "config")]
    sources: Vec<PathBuf>,
    /// The folder to write
    #[arg(short, long, value_name = "STORE")]
    output: PathBuf,
    /// Configuration, TOML, with what each source is (docs/patches.md has its fields)
    #[arg(long, value_name = "C.toml")]
    config: Option<PathBuf>,
    #[command(flatten)]
    cutting: CuttingArgs,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    scene: SceneArgs,
}

/// How patches are cut and sorted.
#[derive(Debug, clap::Args)]
struct CuttingArgs {
    /// Side of a patch in pixels of 10 m [default: 128; 120 for BigEarthNet]
    #[arg(long, value_name = "PX")]
    patch: Option<usize>,
    /// Pixels from one patch of a scene to the next [default: the patch's side]
    #[arg(long, value_name = "PX")]
    stride: Option<usize>,
    /// Bands of the store [default: all bands of the first scene's level]
    #[arg(long, value_name = "BANDS", value_delimiter = ',')]
    store_bands: Option<Vec<Band>>,
    /// Bands that a scene may lack; they are nodata there and stay out of training
    #[arg(long, value_name = "BANDS", value_delimiter = ',')]
    allow_missing: Option<Vec<Band>>,
    /// Most cloud and shadow of a clear patch, part of its valid pixels [default: 0.01]
    #[arg(long, value_name = "PART")]
    clear_most: Option<f64>,
    /// Least cloud and shadow of a cloudy patch [default: 0.05]
    #[arg(long, value_name = "PART")]
    cloudy_least: Option<f64>,
    /// Most cloud and shadow of a cloudy patch [default: 1]
    #[arg(long, value_name = "PART")]
    cloudy_most: Option<f64>,
    /// Least part of a patch that was measured [default: 0.5]
    #[arg(long, value_name = "PART")]
    valid_least: Option<f64>,
    /// Part of the places for validation, where no split is given [default: 0.1]
    #[arg(long, value_name = "PART")]
    validation_part: Option<f32>,
    /// Part of the places for testing, where no split is given [default: 0.1]
    #[arg(long, value_name = "PART")]
    test_part: Option<f32>,
    /// Another seed puts other places into validation and test [default: 0]
    #[arg(long, value_name = "S")]
    split_seed: Option<u64>,
    /// Divide a scene's ground into places of this size, for data of few tiles
    #[arg(long, value_name = "KM")]
    place_km: Option<f64>,
    /// How masks are found where none are given: auto, product, threshold, s2cloudless or onnx:FILE
    #[arg(long, value_name = "METHOD")]
    mask_method: Option<String>,
}

/// What the files of the sources do not say.
#[derive(Debug, clap::Args)]
struct SourceArgs {
    /// scenes, pairs, bigearthnet-v1 or bigearthnet-v2
    #[arg(long, value_name = "KIND", default_value = "scenes")]
    preset: SourceKind,
    /// Each source is a folder of pairs: cloudy/ and clear/ with scenes of the same names
    #[arg(long, conflicts_with = "preset")]
    pairs: bool,
    /// clear, cloudy, or auto: by the mask, or as the data set says
    #[arg(long, value_name = "DOMAIN", default_value = "auto", value_parser = choice::<Domain>)]
    domain: Choice<Domain>,
    /// train, validation, test, or auto: as the data set says, else by place
    #[arg(long, value_name = "SPLIT", default_value = "auto", value_parser = choice::<Split>)]
    split: Choice<Split>,
    /// The place of all scenes, where their names do not tell it
    #[arg(long, value_name = "NAME")]
    place: Option<String>,
    /// Licence of the data
    #[arg(long, value_name = "NAME")]
    licence: Option<String>,
    /// Whom to name as the data's origin
    #[arg(long, value_name = "TEXT")]
    attribution: Option<String>,
    /// Folder of masks named like the scenes; without it masks are detected
    #[arg(long, value_name = "DIR")]
    masks: Option<PathBuf>,
    /// Band of the masks, from 1, where they have several
    #[arg(long, value_name = "N", requires = "masks")]
    mask_band: Option<usize>,
    /// What the masks' values mean: codes, scl, from:50, or pairs such as 4=cloud,2=shadow
    #[arg(long, value_name = "CLASSES", requires = "masks", default_value = "codes")]
    mask_classes: Classes,
    /// Folder of Sentinel-1 images (VV, VH in dB) named like the scenes
    #[arg(long, value_name = "DIR")]
    s1: Option<PathBuf>,
    /// Folder of scenes of another clear day named like the scenes
    #[arg(long, value_name = "DIR")]
    references: Option<PathBuf>,
    /// Folder of BigEarthNet's lists (version 1) or metadata*.parquet (version 2)
    #[arg(long, value_name = "DIR")]
    lists: Option<PathBuf>,
    /// Keep BigEarthNet patches under seasonal snow
    #[arg(long)]
    keep_snow: bool,
}

/// A value, or `auto`.
#[derive(Debug, Clone, Copy)]
struct Choice<T>(Option<T>);

fn choice<T: std::str::FromStr<Err = String>>(text: &str) -> Result<Choice<T>, String> {
    match text {
        "auto" => Ok(Choice(None)),
        word => word.parse().map(|value| Choice(Some(value))).map_err(|error| format!("{error}, or auto")),
    }
}

impl SourceArgs {
    fn source(&self, path: PathBuf, scene: &SceneArgs) -> SourceConfig {
        SourceConfig {
            path,
            kind: if self.pairs { SourceKind::Pairs } else { self.preset },
            domain: self.domain.0,
            split: self.split.0,
            place: self.place.clone(),
            licence: self.licence.clone(),
            attribution: self.attribution.clone(),
            masks: self.masks.clone(),
            mask_band: self.mask_band,
            mask_classes: self.mask_classes.clone(),
            s1: self.s1.clone(),
            references: self.references.clone(),
            lists: self.lists.clone(),
            keep_snow: self.keep_snow,
            scene: scene.options(),
        }
    }
}

impl SourceArgs {
    /// Refuses what is said of sources where none is named: the file says it of its own.
    fn check_unused(&self, scene: &SceneArgs) -> anyhow::Result<()> {
        let said = fields(&self.source(PathBuf::new(), scene))?;
        let usual = fields(&SourceConfig::default())?;
        let unused: Vec<String> = said
            .into_iter()
            .filter(|(name, value)| usual.get(name).unwrap_or(&Value::Null) != value)
            .map(|(name, _)| match name.as_str() {
                "kind" => (if self.pairs { "--pairs" } else { "--preset" }).to_owned(),
                name => format!("--{}", name.replace('_', "-")),
            })
            .collect();
        if unused.is_empty() {
            return Ok(());
        }
        let words = format!(
            "{}: the sources of --config say this themselves; put it into the file, or name a SOURCE that it is said of",
            unused.join(", ")
        );
        Err(Usage(words).into())
    }
}

/// A source's fields by name, what is said of its scenes among them.
fn fields(source: &SourceConfig) -> anyhow::Result<Map<String, Value>> {
    let Value::Object(mut all) = serde_json::to_value(source)? else { return Ok(Map::new()) };
    if let Some(Value::Object(scene)) = all.remove("scene") {
        all.extend(scene);
    }
    Ok(all)
}

impl CuttingArgs {
    /// Puts what was typed over what the file says.
    fn apply(self, config: &mut PrepareConfig) {
        fn set<T>(field: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *field = value;
            }
        }
        set(&mut config.patch_px, self.patch);
        set(&mut config.stride_px, self.stride.map(Some));
        set(&mut config.bands, self.store_bands.map(Some));
        set(&mut config.allow_missing, self.allow_missing);
        set(&mut config.clear_most, self.clear_most);
        set(&mut config.cloudy_least, self.cloudy_least);
        set(&mut config.cloudy_most, self.cloudy_most);
        set(&mut config.valid_least, self.valid_least);
        set(&mut config.split.validation, self.validation_part);
        set(&mut config.split.test, self.test_part);
        set(&mut config.split.seed, self.split_seed);
        set(&mut config.place_km, self.place_km.map(Some));
        set(&mut config.mask.method, self.mask_method);
    }
}

pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<()> {
    let mut config = match &args.config {
        None => PrepareConfig::default(),
        Some(path) => read_config(path)?,
    };
    if args.source.preset.is_bigearthnet() && args.config.is_none() {
        config.patch_px = BIGEARTHNET_PATCH_PX;
    }
    if args.sources.is_empty() {
        args.source.check_unused(&args.scene)?;
    }
    args.cutting.apply(&mut config);
    config.sources.extend(args.sources.into_iter().map(|path| args.source.source(path, &args.scene)));
    let report = prepare(&args.output, &config, context.global.overwrite, context).map_err(unwrapped)?;
    context.result(&report, &report.text())
}

fn read_config(path: &std::path::Path) -> Result<PrepareConfig, Usage> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Usage(format!("--config: {error}: {}", path.display())))?;
    toml::from_str(&text)
        .map_err(|error| Usage(format!("--config: {}: {}", error.to_string().trim(), path.display())))
}

/// The error inside, whose kind decides the exit code.
fn unwrapped(error: Error) -> anyhow::Error {
    match error {
        Error::Raster(error) => error.into(),
        Error::Mask(error) => error.into(),
        other => other.into(),
    }
}
