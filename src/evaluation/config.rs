//! What is evaluated and how: one struct for the TOML file, the command line and the report.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::honesty::HonestyConfig;
use super::{Error, Result};
use crate::mask::MaskConfig;
use crate::raster::SceneOptions;

/// Parameters of an evaluation.
///
/// As a file (`--config`), each test set is a table of its own:
///
/// ```toml
/// methods = ["input", "fill"]
///
/// [[sets]]
/// name = "transplanted"
/// data = "test"
/// donors = { folder = "series", masks = "masks/series", per_image = 8, seed = 1 }
/// mask = { band = 2 }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvaluateConfig {
    /// Baselines to run, by name; empty for all. Models always run.
    pub methods: Vec<String>,
    /// The test sets, each reported apart.
    pub sets: Vec<SetConfig>,
    /// The honesty tests of every model (`docs/honesty.md`); none to leave them out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub honesty: Option<HonestyConfig>,
    /// Asks a land-cover classifier about every image and result (`docs/honesty.md`); none to leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<LabelsConfig>,
}

/// Which classifier is asked for labels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LabelsConfig {
    /// Its file; none for the shipped one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classifier: Option<PathBuf>,
}

/// One test set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SetConfig {
    /// Its name in the report; none for the data's path.
    pub name: Option<String>,
    /// A folder of pairs: `cloudy/` and `clear/` with scenes of the same names. With `donors` only
    /// `clear/` is looked at, or the folder itself where it has none.
    pub data: PathBuf,
    /// Licence and attribution of the data, for the report.
    pub licence: Option<String>,
    /// Pairs named one by one, where they are in no such folder.
    pub pairs: Vec<PairConfig>,
    /// Folder of reference masks, each named like its pair; none to detect them. Not used with `donors`,
    /// whose masks are known.
    pub masks: Option<PathBuf>,
    /// Folder of Sentinel-1 images, each named like its pair (or clear scene), for models that see them.
    pub s1: Option<PathBuf>,
    /// Folder of clear reference dates, likewise: never the clear dates that are measured against.
    pub references: Option<PathBuf>,
    /// How a mask is read or made, dilated and feathered; its `file` is set scene by scene.
    pub mask: MaskConfig,
    /// What the files do not say of the scenes.
    pub scenes: SceneOptions,
    /// Whose real cloud is put over the clear scenes; none to measure cloudy scenes as they are.
    pub donors: Option<DonorsConfig>,
}

/// Two scenes of one place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairConfig {
    /// What it is called in the report; the scene it was cut from is told by it too.
    pub name: String,
    /// The cloudy date.
    pub cloudy: PathBuf,
    /// The clear date.
    pub clear: PathBuf,
    /// The cloudy date's mask; none to detect it.
    #[serde(default)]
    pub mask: Option<PathBuf>,
    /// Sentinel-1 of the place, for models that see it.
    #[serde(default)]
    pub s1: Option<PathBuf>,
    /// A third, clear date of the place, likewise.
    #[serde(default)]
    pub reference: Option<PathBuf>,
}

/// Real clouds that are put over clear scenes (`docs/simulate.md`, "Transplanted cloud").
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DonorsConfig {
    /// Folder of cloudy scenes; those without enough cloud lend none
    /// ([`LeftOut`](super::report::LeftOut)).
    pub folder: PathBuf,
    /// Folder of their masks, each named like its scene and read as the set's `mask` says; none to
    /// detect them.
    pub masks: Option<PathBuf>,
    /// How many donors each clear scene is measured under, drawn without repetition where there are as
    /// many.
    pub per_image: usize,
    /// Seed of which donor lies where.
    pub seed: u64,
    /// Whether scenes that hide the whole place lend their cloud too.
    pub overcast: bool,
}

/// Donors a clear scene is measured under where nobody says otherwise.
pub const DEFAULT_PER_IMAGE: usize = 4;

impl Default for DonorsConfig {
    fn default() -> Self {
        Self { folder: PathBuf::new(), masks: None, per_image: DEFAULT_PER_IMAGE, seed: 0, overcast: false }
    }
}

impl SetConfig {
    /// What the set is called in the report.
    #[must_use]
    pub fn title(&self) -> String {
        self.name.clone().unwrap_or_else(|| match &self.donors {
            Some(donors) => {
                format!("{} under the clouds of {}", self.data.display(), donors.folder.display())
            }
            None => self.data.display().to_string(),
        })
    }
}

impl EvaluateConfig {
    /// Reads a TOML file. Its relative paths are taken from the folder it lies in.
    ///
    /// # Errors
    /// [`Error::Config`] for a file that cannot be read, is no TOML, or has fields that are unknown or
    /// cannot be, each named.
    pub fn read(path: &Path) -> Result<Self> {
        let fail = |problem: String| Error::Config { path: path.to_owned(), problem };
        let text =
            std::fs::read_to_string(path).map_err(|error| fail(format!("it cannot be read ({error})")))?;
        let mut config: Self =
            toml::from_str(&text).map_err(|error| fail(error.to_string().trim_end().to_owned()))?;
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        for set in &mut config.sets {
            let donors = set
                .donors
                .iter_mut()
                .flat_map(|donors| std::iter::once(&mut donors.folder).chain(donors.masks.as_mut()));
            let pairs = set.pairs.iter_mut().flat_map(|pair| {
                let given = [&mut pair.mask, &mut pair.s1, &mut pair.reference];
                [&mut pair.cloudy, &mut pair.clear].into_iter().chain(given.into_iter().flatten())
            });
            let folders = [&mut set.masks, &mut set.s1, &mut set.references].into_iter().flatten();
            let places = std::iter::once(&mut set.data).chain(folders).chain(donors).chain(pairs);
            for place in places {
                // An empty path is a field that was not given, and `check` says so.
                if !place.as_os_str().is_empty() {
                    *place = folder.join(&*place);
                }
            }
        }
        if let Some(classifier) = config.labels.as_mut().and_then(|labels| labels.classifier.as_mut()) {
            *classifier = folder.join(&*classifier);
        }
        config.check().map_err(|error| fail(error.to_string()))?;
        Ok(config)
    }

    /// Checks what does not depend on files.
    ///
    /// # Errors
    /// [`Error::Option`] for no set, a set without data or whose donors have no folder, two sets of one
    /// name, and donors who lend nothing; [`Error::Mask`] for dilation and feathering that reach too far.
    pub fn check(&self) -> Result<()> {
        let fail = |option: &'static str, problem: String| Err(Error::Option { option, problem });
        if self.sets.is_empty() {
            return fail("sets", "there is no test set; expected at least one folder of pairs".into());
        }
        if let Some(honesty) = &self.honesty {
            honesty.check()?;
        }
        for (index, set) in self.sets.iter().enumerate() {
            let title = set.title();
            set.mask.check()?;
            if set.data.as_os_str().is_empty() == set.pairs.is_empty() {
                return fail(
                    "data",
                    format!("set {} needs either a folder (data) or named pairs (pairs)", index + 1),
                );
            }
            let folders = set.masks.is_some() || set.s1.is_some() || set.references.is_some();
            if !set.pairs.is_empty() && (set.name.is_none() || set.donors.is_some() || folders) {
                return fail(
                    "pairs",
                    format!(
                        "set {}: named pairs need a name for the set, and masks of their own; clouds are transplanted onto a folder",
                        index + 1
                    ),
                );
            }
            if self.sets[..index].iter().any(|other| other.title() == title) {
                return fail("name", format!("two sets are called \"{title}\"; give each a name of its own"));
            }
            if let Some(donors) = &set.donors {
                if donors.folder.as_os_str().is_empty() {
                    return fail("--donors", format!("no folder of donors is named for set \"{title}\""));
                }
                if donors.per_image == 0 {
                    return fail(
                        "--per-image",
                        "0 donors an image leave nothing to measure; expected at least 1".into(),
                    );
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<EvaluateConfig> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("protocol.toml");
        std::fs::write(&path, text).expect("a file");
        let config = EvaluateConfig::read(&path);
        config.map(|mut config| {
            for set in &mut config.sets {
                set.data =
                    set.data.strip_prefix(folder.path()).map(Path::to_owned).unwrap_or(set.data.clone());
            }
            config
        })
    }

    #[test]
    fn sets_are_read_with_paths_from_the_files_own_folder() {
        let config = read(
            "[[sets]]\ndata = \"test\"\nmask = { band = 2 }\n[[sets]]\nname = \"far\"\ndata = \"/data/test\"\ndonors = { folder = \"series\", seed = 7 }\n",
        );
        let config = config.expect("a good file");
        assert_eq!((config.sets[0].data.as_path(), config.sets[0].mask.band), (Path::new("test"), Some(2)));
        assert_eq!(config.sets[1].data, Path::new("/data/test"));
        let donors = config.sets[1].donors.as_ref().expect("donors");
        assert!(donors.folder.is_absolute() && donors.folder.ends_with("series"));
        assert_eq!((donors.seed, donors.per_image), (7, DEFAULT_PER_IMAGE));
        let text = toml::to_string(&config).expect("it can be written");
        assert_eq!(toml::from_str::<EvaluateConfig>(&text).expect("and read again"), config);
    }

    #[test]
    fn a_protocol_may_ask_for_labels() {
        let labels = |text: &str| {
            let config = read(&format!("{text}\n[[sets]]\ndata = \"a\"")).expect("a good file");
            config.labels.map(|labels| labels.classifier)
        };
        assert_eq!((labels(""), labels("[labels]")), (None, Some(None)));
        let named = labels("[labels]\nclassifier = \"mine.safetensors\"").flatten().expect("a classifier");
        assert!(
            named.is_absolute() && named.ends_with("mine.safetensors"),
            "beside the file: {}",
            named.display()
        );
    }

    #[test]
    fn fields_that_cannot_be_are_named() {
        for (text, word) in [
            ("[[sets]]\ndate = \"test\"", "date"),
            ("[[sets]]\nmask = { band = 2 }", "needs either a folder"),
            ("[[sets]]\npairs = [{ name = \"a\", cloudy = \"b\", clear = \"c\" }]", "a name for the set"),
            ("[[sets]]\npairs = [{ name = \"a\", cloudy = \"b\" }]", "clear"),
            ("methods = [\"fill\"]", "no test set"),
            ("[[sets]]\ndata = \"a\"\n[[sets]]\ndata = \"a\"", "two sets"),
            ("[[sets]]\ndata = \"a\"\ndonors = { folder = \"b\", per_image = 0 }", "--per-image"),
            ("[[sets]]\ndata = \"a\"\ndonors = { seed = 1 }", "--donors"),
            ("[honesty]\nsamples = 1\n[[sets]]\ndata = \"a\"", "honesty.samples"),
            ("[honesty]\nsigmas = [-0.1]\n[[sets]]\ndata = \"a\"", "honesty.sigmas"),
            ("[labels]\nmodel = \"a\"\n[[sets]]\ndata = \"a\"", "model"),
            ("this is no TOML", "protocol.toml"),
        ] {
            let error = read(text).expect_err(text).to_string();
            assert!(error.contains(word) && error.contains("protocol.toml"), "{error}");
        }
    }
}
