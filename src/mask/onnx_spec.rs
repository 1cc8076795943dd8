//! What an ONNX model wants and gives: from the JSON beside it, or by the shape of its input.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{CLEAR, CLOUD, Error, INVALID, Result, SHADOW};
use crate::bands::{Band, Level};

/// Bound on a description's size; real ones have a kilobyte.
const LIMIT_BYTES: u64 = 1 << 20;
/// Bounds on a tile's side in pixels.
const TILES: std::ops::RangeInclusive<usize> = 32..=2048;

/// Order of a tensor's axes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Layout {
    /// Image, channel, row, column.
    #[default]
    Nchw,
    /// Image, row, column, channel.
    Nhwc,
}

/// One class of the model and what it means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Class {
    /// Its index along the output's channels.
    pub index: usize,
    /// 0 clear, 1 cloud, 2 shadow.
    pub code: u8,
}

/// Everything needed to run a model: `MODEL.onnx.json` or `MODEL.json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spec {
    /// Bands in the order of the input's channels.
    pub bands: Vec<Band>,
    /// Subtracted from reflectance, a value a band; zeros where not given.
    #[serde(default)]
    pub mean: Vec<f32>,
    /// Then divided by, a value a band; ones where not given.
    #[serde(default)]
    pub std: Vec<f32>,
    /// Order of the axes of input and output.
    #[serde(default)]
    pub layout: Layout,
    /// Meaning of the output's channels; those not named are clear. Default: 1 cloud, 2 shadow.
    /// A model without a class for shadow gets it as [`super::shadow`] finds it.
    #[serde(default = "default_classes")]
    pub classes: Vec<Class>,
    /// Side of a tile in pixels.
    #[serde(default = "default_tile")]
    pub tile: usize,
}

fn default_classes() -> Vec<Class> {
    vec![Class { index: 1, code: CLOUD }, Class { index: 2, code: SHADOW }]
}

const fn default_tile() -> usize {
    256
}

/// The JSON that ukis-csmask puts beside its models.
#[derive(Deserialize)]
struct UkisFile {
    data: UkisData,
}

#[derive(Deserialize)]
struct UkisData {
    dataset_statistics: UkisStatistics,
    target_size: Vec<usize>,
}

#[derive(Deserialize)]
struct UkisStatistics {
    img: Vec<Vec<f32>>,
    band_names: Vec<String>,
}

/// Statistics of the four models of ukis-csmask 1.0 (`model_6b_l1c.json` and its siblings), for a
/// model that lies there without its JSON. The models of 4 bands have the first four values.
struct UkisModel {
    level: Level,
    mean: [f32; 6],
    std: [f32; 6],
}

const UKIS_BANDS: [Band; 6] = [Band::B02, Band::B03, Band::B04, Band::B08, Band::B11, Band::B12];
const UKIS_MODELS: [UkisModel; 2] = [
    UkisModel {
        level: Level::L1C,
        mean: [0.275_522_53, 0.255_664_44, 0.269_801_53, 0.334_312_2, 0.208_512_92, 0.158_265_08],
        std: [0.244_880_02, 0.227_574_71, 0.253_715_22, 0.232_137_87, 0.148_738_83, 0.126_042_16],
    },
    UkisModel {
        level: Level::L2A,
        mean: [0.266_817_78, 0.277_990_85, 0.288_119_94, 0.364_947_44, 0.222_570_99, 0.178_590_4],
        std: [0.336_375_98, 0.312_545_6, 0.311_148_46, 0.272_607_06, 0.166_536_67, 0.143_289_86],
    },
];

impl Spec {
    /// The description beside the model, else that of the ukis-csmask model with as many input
    /// channels and the scene's level.
    ///
    /// # Errors
    /// A description that cannot be read or contradicts itself, or none and an unknown model.
    pub(super) fn of(model: &Path, channels: Option<usize>, level: Option<Level>) -> Result<Self> {
        let spec = match beside(model) {
            Some(path) => Self::read(&path)?,
            None => Self::ukis(channels, level).ok_or_else(|| {
                Error::damaged(
                    model,
                    format!(
                        "nothing says which bands the model takes; write {}.json with {{\"bands\": [\"B02\", …], \"mean\": […], \"std\": […], \"classes\": [{{\"index\": 1, \"code\": 1}}]}} (docs/masks.md)",
                        model.file_name().unwrap_or_default().to_string_lossy()
                    ),
                )
            })?,
        };
        spec.checked(model, channels)
    }

    fn read(path: &Path) -> Result<Self> {
        let text = crate::raster::read_text(&path.to_string_lossy(), LIMIT_BYTES)?;
        if let Ok(ukis) = serde_json::from_str::<UkisFile>(&text) {
            return Self::from_ukis(&ukis.data)
                .ok_or_else(|| Error::damaged(path, "the bands or statistics of the model are incomplete"));
        }
        serde_json::from_str(&text)
            .map_err(|error| Error::damaged(path, format!("the model's description is not valid ({error})")))
    }

    fn from_ukis(data: &UkisData) -> Option<Self> {
        let bands = data.dataset_statistics.band_names.iter().map(|name| {
            Some(match name.as_str() {
                "blue" => Band::B02,
                "green" => Band::B03,
                "red" => Band::B04,
                "nir" => Band::B08,
                "swir16" => Band::B11,
                "swir22" => Band::B12,
                _ => return None,
            })
        });
        let [mean, std] = data.dataset_statistics.img.as_slice() else { return None };
        Some(Self {
            bands: bands.collect::<Option<_>>()?,
            mean: mean.clone(),
            std: std.clone(),
            layout: Layout::Nchw,
            classes: default_classes(),
            tile: *data.target_size.first()?,
        })
    }

    fn ukis(channels: Option<usize>, level: Option<Level>) -> Option<Self> {
        let count = channels.filter(|count| [4, 6].contains(count))?;
        let model = UKIS_MODELS.iter().find(|model| model.level == level.unwrap_or(Level::L1C))?;
        Some(Self {
            bands: UKIS_BANDS[..count].to_vec(),
            mean: model.mean[..count].to_vec(),
            std: model.std[..count].to_vec(),
            layout: Layout::Nchw,
            classes: default_classes(),
            tile: default_tile(),
        })
    }

    fn checked(mut self, model: &Path, channels: Option<usize>) -> Result<Self> {
        let count = self.bands.len();
        if self.mean.is_empty() {
            self.mean = vec![0.0; count];
        }
        if self.std.is_empty() {
            self.std = vec![1.0; count];
        }
        let problem = if count == 0 || self.mean.len() != count || self.std.len() != count {
            format!(
                "it names {count} bands, {} means and {} standard deviations",
                self.mean.len(),
                self.std.len()
            )
        } else if channels.is_some_and(|channels| channels != count) {
            format!("it names {count} bands and the model takes {} channels", channels.unwrap_or_default())
        } else if self.mean.iter().chain(&self.std).any(|value| !value.is_finite()) || self.std.contains(&0.0)
        {
            "a mean is not finite, or a standard deviation is 0".to_owned()
        } else if self.classes.iter().any(|class| ![CLEAR, CLOUD, SHADOW, INVALID].contains(&class.code)) {
            "a class has a code other than 0 clear, 1 cloud, 2 shadow".to_owned()
        } else {
            self.check_tile(model)?;
            return Ok(self);
        };
        Err(Error::damaged(model, format!("the model's description is wrong: {problem}")))
    }

    /// Refuses a tile that cannot be laid over a scene, whether the description or the model itself says it.
    pub(super) fn check_tile(&self, model: &Path) -> Result<()> {
        if TILES.contains(&self.tile) {
            return Ok(());
        }
        let (tile, least, most) = (self.tile, TILES.start(), TILES.end());
        Err(Error::damaged(model, format!("its tile of {tile} pixels is not within {least} to {most}")))
    }

    /// The code for a class index.
    pub(super) fn code(&self, index: usize) -> u8 {
        self.classes.iter().find(|class| class.index == index).map_or(CLEAR, |class| class.code)
    }
}

/// `MODEL.onnx.json`, else `MODEL.json`.
fn beside(model: &Path) -> Option<PathBuf> {
    let mut name = model.as_os_str().to_owned();
    name.push(".json");
    [PathBuf::from(name), model.with_extension("json")].into_iter().find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(json: &str) -> Result<Spec> {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("m.onnx");
        std::fs::write(folder.path().join("m.onnx.json"), json).unwrap();
        Spec::of(&model, Some(2), None)
    }

    #[test]
    fn a_description_is_read_and_checked_against_the_model() {
        let good =
            spec(r#"{"bands": ["B04", "B8A"], "std": [0.1, 0.2], "classes": [{"index": 0, "code": 1}]}"#);
        let good = good.unwrap();
        assert_eq!((good.code(0), good.code(1), good.tile), (CLOUD, CLEAR, 256));
        for (bad, word) in [
            (r#"{"bands": ["B04"]}"#, "2 channels"),
            (r#"{"bands": ["B04", "B8A"], "std": [0, 1]}"#, "deviation"),
            (r#"{"bands": ["B04", "B8A"], "tile": 1000000}"#, "tile"),
            (r#"{"bands": ["B04", "B8A"], "classes": [{"index": 0, "code": 9}]}"#, "code"),
            (r#"{"bands": ["B99"]}"#, "B99"),
        ] {
            let message = spec(bad).unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        }
    }

    #[test]
    fn a_model_of_ukis_is_known_by_its_channels() {
        let nowhere = Path::new("nowhere/m.onnx");
        let four = Spec::of(nowhere, Some(4), Some(Level::L2A)).unwrap();
        assert_eq!((four.bands.len(), four.std[3]), (4, 0.272_607_06));
        assert!(Spec::of(nowhere, Some(5), None).unwrap_err().to_string().contains("m.onnx.json"));
    }
}
