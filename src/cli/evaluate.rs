//! `declouder evaluate`.

use std::path::{Path, PathBuf};

use super::mask_args::{DETECTOR, DetectorArgs, radius};
use super::page_args::{PageArgs, is_page};
use super::scene_args::SceneArgs;
use super::{Context, Usage, ending};
use crate::compute;
use crate::evaluation::html::{self, Document};
use crate::evaluation::labels::{LabelCheck, Labeller};
use crate::evaluation::verdict::verdict;
use crate::evaluation::{
    self, DEFAULT_PER_IMAGE, DonorsConfig, Error, EvaluateConfig, HonestyConfig, LabelsConfig, Method,
    ModelMethod, SetConfig, Watch, Watchers,
};
use crate::mask::{Classes, DEFAULT_FEATHER_PX, MaskConfig};
use crate::raster::export::{check_output, commit, stage_text};

/// The options that the file of `--config` says for each test set.
const OF_SETS: [&str; 21] = [
    "masks",
    "mask_band",
    "mask_classes",
    "mask_method",
    "threshold",
    "average",
    "grow",
    "no_shadow",
    "dilate",
    "feather",
    "donors",
    "donor_masks",
    "per_image",
    "seed",
    "overcast",
    "methods",
    "s1",
    "references",
    "bands",
    "level",
    "radiometry",
];

/// Options of `declouder evaluate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Models (.safetensors), then folders of pairs: cloudy/ and clear/ with scenes of the same names;
    /// each folder is reported apart
    #[arg(value_name = "MODEL|DATA", required_unless_present = "config")]
    data: Vec<PathBuf>,
    /// Where to write the report: a page with plots and pictures where the name ends in .html, else JSON;
    /// may be given twice for both
    #[arg(short, long, value_name = "REPORT.html|REPORT.json", required = true)]
    output: Vec<PathBuf>,
    /// Test sets, each with its own masks and donors, as a TOML file
    #[arg(long, value_name = "EVALUATION.toml", conflicts_with_all = OF_SETS)]
    config: Option<PathBuf>,
    /// Folder of reference masks named like the pairs; without it masks are detected
    #[arg(long, value_name = "DIR", conflicts_with = "donors", conflicts_with_all = DETECTOR)]
    masks: Option<PathBuf>,
    /// Band of the masks, from 1, where they have several
    #[arg(long, value_name = "N")]
    mask_band: Option<usize>,
    /// What the masks' values mean: codes, scl, from:50, or pairs such as 4=cloud,2=shadow
    #[arg(long, value_name = "CLASSES", default_value = "codes")]
    mask_classes: Classes,
    /// How masks are detected where none are given: auto, product, threshold, s2cloudless or onnx:FILE
    #[arg(long, value_name = "METHOD", default_value = "auto", conflicts_with_all = ["masks", "donor_masks"])]
    mask_method: String,
    #[command(flatten)]
    detector: DetectorArgs,
    /// Grow cloud and shadow by this many pixels before they are replaced [default: 4 for a method, 0 for
    /// given masks]
    #[arg(long, value_name = "PX", value_parser = radius)]
    dilate: Option<u32>,
    /// Pixels over which the result fades into the image outside the mask
    #[arg(long, value_name = "PX", default_value_t = DEFAULT_FEATHER_PX, value_parser = radius)]
    feather: u32,
    /// Folder of cloudy scenes whose real cloud is put over the clear scenes, so that the truth is exact
    #[arg(long, value_name = "DIR")]
    donors: Option<PathBuf>,
    /// Folder of the donors' masks, named like them; without it they are detected
    #[arg(long, value_name = "DIR", requires = "donors")]
    donor_masks: Option<PathBuf>,
    /// Donors that each clear scene is measured under
    #[arg(long, value_name = "K", requires = "donors", default_value_t = DEFAULT_PER_IMAGE)]
    per_image: usize,
    /// Seed of which donor lies where
    #[arg(long, value_name = "S", requires = "donors", default_value_t = 0)]
    seed: u64,
    /// Let scenes that hide the whole place lend their cloud too
    #[arg(long, requires = "donors")]
    overcast: bool,
    /// Only these baselines: input, constant, fillnodata, fill
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    methods: Vec<String>,
    /// Folder of Sentinel-1 images named like the pairs, for models that see them
    #[arg(long, value_name = "DIR")]
    s1: Option<PathBuf>,
    /// Folder of other clear dates named like the pairs, for models that see them
    #[arg(long, value_name = "DIR")]
    references: Option<PathBuf>,
    /// Measure each model also without its conditioning bands, the fill in their place, and without
    /// Sentinel-1 and reference where it sees them
    #[arg(long)]
    ablate: bool,
    /// Put each model to the honesty tests: is cloud hidden in its clear images, do its samples say something?
    #[arg(long)]
    honesty: bool,
    /// Ask a land-cover classifier for labels before and after, against those of the clear dates: the shipped
    /// one, or another with --labels=CLASSIFIER
    #[arg(long, value_name = "CLASSIFIER", num_args = 0..=1, require_equals = true)]
    #[expect(
        clippy::option_option,
        reason = "not asked, the shipped one, or a file: so clap tells them apart"
    )]
    labels: Option<Option<PathBuf>>,
    #[command(flatten)]
    page: PageArgs,
    #[command(flatten)]
    scene: SceneArgs,
}

impl Args {
    /// The models that were named, and the classifier. Without one no device is looked for.
    fn models(
        &self,
        labels: Option<&LabelsConfig>,
        context: &Context,
    ) -> anyhow::Result<(Vec<ModelMethod>, Option<LabelCheck>)> {
        let paths: Vec<_> = self.data.iter().filter(|path| is_model(path)).collect();
        if paths.is_empty() && labels.is_none() {
            return Ok((Vec::new(), None));
        }
        let device = compute::open(context.device()?)?.device;
        let mut models = Vec::new();
        for path in paths {
            models.push(ModelMethod::open(path, &device).map_err(unwrapped)?);
            if self.ablate {
                models.push(ModelMethod::open(path, &device).map_err(unwrapped)?.blinded());
                models.extend(ModelMethod::open(path, &device).map_err(unwrapped)?.alone());
            }
        }
        let labels =
            labels.map(|labels| Labeller::open(labels.classifier.as_deref(), &device)).transpose()?;
        Ok((models, labels.map(LabelCheck::new)))
    }

    /// The same as the library takes it: a set for each folder, all with the same options.
    fn config(&self) -> Result<EvaluateConfig, Error> {
        let no_model = !self.data.iter().any(|path| is_model(path));
        let asked = [(self.ablate, "--ablate"), (self.honesty, "--honesty")];
        if let Some((_, option)) = asked.into_iter().find(|(asked, _)| *asked && no_model) {
            let problem = "it is about models, and none is named; name a .safetensors before the data".into();
            return Err(Error::Option { option, problem });
        }
        if let Some(path) = &self.config {
            if let Some(data) = self.data.iter().find(|path| !is_model(path)) {
                let problem = format!(
                    "the test sets are those of the file; leave {} out, or put it into the file",
                    data.display()
                );
                return Err(Error::Option { option: "--config", problem });
            }
            let mut config = EvaluateConfig::read(path)?;
            config.honesty = config.honesty.or_else(|| self.honesty.then(HonestyConfig::default));
            config.labels = self.asked().or(config.labels);
            return Ok(config);
        }
        if self.mask_band.is_some() && self.masks.is_none() && self.donor_masks.is_none() {
            let problem = "there are no masks to take a band of; give --masks or --donor-masks".into();
            return Err(Error::Option { option: "--mask-band", problem });
        }
        let donors = self.donors.as_ref().map(|folder| DonorsConfig {
            folder: folder.clone(),
            masks: self.donor_masks.clone(),
            per_image: self.per_image,
            seed: self.seed,
            overcast: self.overcast,
        });
        let set = |data: &PathBuf| SetConfig {
            name: None,
            data: data.clone(),
            licence: None,
            pairs: Vec::new(),
            masks: self.masks.clone(),
            s1: self.s1.clone(),
            references: self.references.clone(),
            mask: self.detector.apply(MaskConfig {
                method: self.mask_method.clone(),
                classes: self.mask_classes.clone(),
                band: self.mask_band,
                dilate_px: self.dilate,
                feather_px: self.feather,
                ..MaskConfig::default()
            }),
            scenes: self.scene.options(),
            donors: donors.clone(),
        };
        Ok(EvaluateConfig {
            methods: self.methods.clone(),
            sets: self.data.iter().filter(|path| !is_model(path)).map(set).collect(),
            honesty: self.honesty.then(HonestyConfig::default),
            labels: self.asked(),
        })
    }

    /// The classifier that `--labels` asks for.
    fn asked(&self) -> Option<LabelsConfig> {
        self.labels.clone().map(|classifier| LabelsConfig { classifier })
    }
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<()> {
    let overwrite = context.global.overwrite;
    for (index, output) in args.output.iter().enumerate() {
        ending("--output", output, &["json", "html", "htm"])?;
        check_output(output, overwrite, &[])?;
        if args.output[..index].contains(output) {
            return Err(Usage(format!("--output: {} is named twice", output.display())).into());
        }
    }
    let config = args.config().map_err(unwrapped)?;
    config.check().map_err(unwrapped)?;
    let trainings = args.page.trainings(&args.data).map_err(unwrapped)?;
    let (models, mut labels) = args.models(config.labels.as_ref(), context)?;
    let models: Vec<&dyn Method> = models.iter().map(|model| model as &dyn Method).collect();
    let mut page =
        args.output.iter().any(|output| is_page(output)).then(|| args.page.album(&models, &config));
    let mut watch = Watchers(Vec::new());
    watch.0.extend(page.as_mut().map(|album| album as &mut dyn Watch));
    watch.0.extend(labels.as_mut().map(|labels| labels as &mut dyn Watch));
    let mut report =
        evaluation::evaluate_watched(&config, &models, &mut watch, context).map_err(unwrapped)?;
    if let Some(labels) = &labels {
        labels.report(&mut report).map_err(unwrapped)?;
    }
    let document = Document { report: &report, album: page.as_ref(), trainings: &trainings };
    let mut staged = Vec::new();
    for output in &args.output {
        let text = if is_page(output) {
            html::render(&document)
        } else {
            serde_json::to_string_pretty(&report)? + "\n"
        };
        staged.push(stage_text(output, &text, overwrite)?);
    }
    commit(staged)?;
    let written: Vec<_> = args.output.iter().map(|output| output.display().to_string()).collect();
    let text =
        format!("{}\n{}\n\nreport: {}", report.markdown(), verdict(&report).headline, written.join(", "));
    context.result(&report, &text)
}

/// Whether an argument names a model, not data.
fn is_model(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("safetensors"))
}

/// The error inside, whose kind decides the exit code.
pub(super) fn unwrapped(error: Error) -> anyhow::Error {
    match error {
        Error::Raster(error) => error.into(),
        Error::Mask(error) => error.into(),
        usage if usage.is_usage() => Usage(usage.to_string()).into(),
        other => other.into(),
    }
}
