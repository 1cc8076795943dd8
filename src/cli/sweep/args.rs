//! Options of `declouder sweep`, and what can be said of them without a scene.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::super::mask_args::{MaskArgs, radius};
use super::super::scene_args::SceneArgs;
use super::super::{Usage, ending};
use crate::decloud::DecloudConfig;
use crate::latents::{Axes, FPS, Pace, STEPS};
use crate::mask::DEFAULT_FEATHER_PX;
use crate::raster::export::check_output;
use crate::raster::{Scene, Window};

/// Largest side of a part: what a decoder pass holds in memory.
const MOST_PX: usize = 1024;

/// Options of `declouder sweep`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The trained model
    #[arg(value_name = "MODEL")]
    pub model: PathBuf,
    /// The scene under whose cloud is looked
    #[arg(value_name = "SCENE")]
    pub scene: PathBuf,
    /// The sheet, a .png; its codes are written beside it, as .json
    #[arg(short, long, value_name = "SHEET.png")]
    pub output: PathBuf,
    /// The part that is shown [default: the 128 × 128 pixels with most cloud]
    #[arg(long, value_name = "X,Y,W,H", value_parser = window)]
    pub window: Option<Window>,
    /// Go along two numbers of the code, counted from 0
    #[arg(long, value_name = "I,J", value_parser = two_axes, conflicts_with_all = ["principal", "random"])]
    axes: Option<(usize, usize)>,
    /// Go along the first two principal directions (the default)
    #[arg(long, conflicts_with = "random")]
    principal: bool,
    /// Show N samples of the prior
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    random: Option<u16>,
    /// Show the codes between two (each as --latent takes it), along the arc from one to the other
    #[arg(long, num_args = 2, value_names = ["FROM.json", "TO.json"])]
    #[arg(conflicts_with_all = ["axes", "principal", "random", "latent"])]
    pub between: Option<Vec<PathBuf>>,
    /// Show the cloud instead of the land: as its code holds it, moved from column to column and thinned from row to
    /// row, over the surface of the code, or over the clear date where one is given with --clear
    #[arg(long, conflicts_with_all = ["axes", "principal", "random", "between", "adopt", "animate"])]
    pub cloud: bool,
    /// Columns and rows of the sheet [default: 7,7, 5,5 with --cloud, or as many as samples need]
    #[arg(long, value_name = "N,M", value_parser = axes)]
    cells: Option<(usize, usize)>,
    /// The code in the middle of the sheet [default: the prior's middle]
    #[arg(long, value_name = "Z.json")]
    pub latent: Option<PathBuf>,
    /// Put the code that the encoder finds for a clear date of the same place in the middle of the sheet, and
    /// write it, as decloud --latent takes it, to SHEET.clear.latent.json
    #[arg(long, value_name = "CLEAR", conflicts_with_all = ["latent", "between", "random"])]
    pub clear: Option<PathBuf>,
    /// Take the clear date as clear, without looking for cloud in it
    #[arg(long, requires = "clear")]
    pub clear_as_is: bool,
    /// Write the code of one cell (row,column from 0), as decloud --latent takes it, to SHEET.latent.json
    #[arg(long, value_name = "ROW,COLUMN", value_parser = axes)]
    pub adopt: Option<(usize, usize)>,
    /// Write an animation too: along the sheet's first axis, through its samples or between the two codes, and
    /// back, for ever
    #[arg(long, value_name = "FILE.gif")]
    pub animate: Option<PathBuf>,
    /// Steps of the animation from one end (or sample) to the next
    #[arg(long, value_name = "N", requires = "animate", default_value_t = Pace::default().steps)]
    #[arg(value_parser = clap::value_parser!(u16).range(within(&STEPS)))]
    steps: u16,
    /// Frames a second of the animation, to the nearest hundredth of a second a frame
    #[arg(long, value_name = "F", requires = "animate", default_value_t = Pace::default().fps)]
    #[arg(value_parser = clap::value_parser!(u16).range(within(&FPS)))]
    fps: u16,
    /// A classifier made by declouder train-classifier that labels the samples of --random [default: the shipped
    /// one, L2A, 19 classes]
    #[arg(long, value_name = "CLASSIFIER", requires = "random")]
    pub classifier: Option<PathBuf>,
    /// Go on where the scene's level is not the model's or the classifier's, or its pixels are not of 10 m; what is
    /// made and said is then only a guess
    #[arg(long)]
    pub force: bool,
    /// Sentinel-1 of the same place, VV and VH in dB, for a model that takes it
    #[arg(long, value_name = "S1.tif")]
    pub s1: Option<PathBuf>,
    /// A clear date of the same place with the model's bands, for a model that takes it
    #[arg(long, value_name = "CLEAR")]
    pub reference: Option<PathBuf>,
    /// Seed of samples
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    #[command(flatten)]
    pub mask: MaskArgs,
    /// Feathering outside the mask in pixels
    #[arg(long, value_name = "PX", default_value_t = DEFAULT_FEATHER_PX, value_parser = radius)]
    pub feather: u32,
    #[command(flatten)]
    pub about: SceneArgs,
}

impl Args {
    pub fn axes(&self) -> Axes {
        if self.cloud {
            return Axes::Cloud;
        }
        match (self.axes, self.random, &self.between) {
            (Some((i, j)), ..) => Axes::Raw(i, j),
            (None, Some(_), _) => Axes::Random,
            (None, None, Some(_)) => Axes::Between,
            (None, None, None) => Axes::Principal,
        }
    }

    /// Columns and rows.
    pub fn cells(&self) -> Result<(usize, usize), Usage> {
        let (columns, rows) = match (self.cells, self.random) {
            (Some(cells), _) => cells,
            (None, Some(count)) => {
                let columns = f64::from(count).sqrt().ceil() as usize;
                (columns, usize::from(count).div_ceil(columns))
            }
            (None, None) if self.cloud => (5, 5),
            (None, None) => (7, 7),
        };
        if columns == 0 || rows == 0 || columns.saturating_mul(rows) > 1024 {
            return Err(Usage(format!("--cells: {columns} × {rows}; expected 1 to 1024 cells in all")));
        }
        match self.adopt {
            Some((row, column)) if row >= rows || column >= columns => {
                Err(Usage(format!("--adopt: there is no cell {row},{column} in {rows} rows of {columns}")))
            }
            _ => Ok((columns, rows)),
        }
    }

    /// What else decides how the scene is seen, as `declouder decloud` takes it.
    pub fn config(&self) -> DecloudConfig {
        DecloudConfig {
            engine: "model".into(),
            model: Some(self.model.clone()),
            mask: self.mask.config(self.feather),
            scene: self.about.options(),
            force: self.force,
            s1: self.s1.clone(),
            reference: self.reference.clone(),
            ..DecloudConfig::default()
        }
    }

    /// Refuses a part that leaves the scene, before its clouds are looked for.
    pub fn check_window(&self, scene: &Scene) -> Result<(), Usage> {
        let all = scene.grid.window();
        match self.window.filter(|window| window.intersection(all) != *window) {
            Some(_) => {
                let (width, height) = (all.width, all.height);
                Err(Usage(format!("--window: it leaves the scene, which has {width} × {height} pixels")))
            }
            None => Ok(()),
        }
    }

    /// How the animation goes.
    pub fn pace(&self) -> Pace {
        Pace { steps: self.steps, fps: self.fps }
    }

    /// Every file that is written, checked: endings, no name twice, none that may not be written.
    pub fn outputs(&self, overwrite: bool) -> anyhow::Result<Outputs> {
        ending("--output", &self.output, &["png"])?;
        if let Some(path) = &self.animate {
            ending("--animate", path, &["gif"])?;
        }
        let outputs = Outputs {
            codes: self.output.with_extension("json"),
            adopted: self.adopt.map(|_| self.output.with_extension("latent.json")),
            // A cloud is put over the date; no land code is asked of it.
            clear: self
                .clear
                .as_ref()
                .filter(|_| !self.cloud)
                .map(|_| self.output.with_extension("clear.latent.json")),
        };
        let more = outputs.adopted.iter().chain(&outputs.clear).chain(&self.animate);
        let read = [&self.model, &self.scene].into_iter().chain(&self.latent).chain(&self.clear);
        let read = read.chain(&self.s1).chain(&self.reference).chain(&self.classifier);
        let read: Vec<&Path> = read.chain(self.between.iter().flatten()).map(PathBuf::as_path).collect();
        for path in [&self.output, &outputs.codes].into_iter().chain(more) {
            check_output(path, overwrite, &read)?;
        }
        Ok(outputs)
    }
}

/// Names of what is written beside the sheet.
pub struct Outputs {
    /// The codes of all cells.
    pub codes: PathBuf,
    /// The code of the adopted cell.
    pub adopted: Option<PathBuf>,
    /// The code of the clear date.
    pub clear: Option<PathBuf>,
}

/// A range as clap takes it.
fn within(range: &RangeInclusive<u16>) -> RangeInclusive<i64> {
    i64::from(*range.start())..=i64::from(*range.end())
}

/// A list of whole numbers.
fn numbers(text: &str, count: usize) -> Result<Vec<usize>, String> {
    let found: Option<Vec<usize>> = text.split(',').map(|word| word.trim().parse().ok()).collect();
    found
        .filter(|found| found.len() == count)
        .ok_or_else(|| format!("expected {count} whole numbers with commas between them"))
}

fn axes(text: &str) -> Result<(usize, usize), String> {
    numbers(text, 2).map(|found| (found[0], found[1]))
}

fn two_axes(text: &str) -> Result<(usize, usize), String> {
    let (first, second) = axes(text)?;
    if first == second {
        Err("expected two different numbers of the code".into())
    } else {
        Ok((first, second))
    }
}

fn window(text: &str) -> Result<Window, String> {
    let found = numbers(text, 4)?;
    let sides = 1..=MOST_PX;
    if !sides.contains(&found[2]) || !sides.contains(&found[3]) {
        return Err(format!("expected sides of 1 to {MOST_PX} pixels"));
    }
    Ok(Window::new(found[0], found[1], found[2], found[3]))
}
