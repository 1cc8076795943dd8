//! `declouder sweep`.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::mask_args::{MaskArgs, radius};
use super::scene_args::SceneArgs;
use super::{Context, Usage};
use crate::compute;
use crate::decloud::Latent;
use crate::latents::{Axes, Directions, Picture, Sheet, Source, Stretch, clouded, principal};
use crate::mask::{self, Alpha, DEFAULT_FEATHER_PX};
use crate::networks::file::{self, Loaded};
use crate::progress::Monitor;
use crate::raster::export::{check_output, commit, stage_bytes};
use crate::raster::{self, Scene, Window};

/// Side of the part that is shown where none is named, in pixels.
const SIDE_PX: usize = 128;
/// Largest side of a part: what a decoder pass holds in memory.
const MOST_PX: usize = 1024;
/// Patches of the scene over which directions are found where none are kept with the model.
const PATCHES: usize = 6;

/// Options of `declouder sweep`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The trained model
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// The scene under whose cloud is looked
    #[arg(value_name = "SCENE")]
    scene: PathBuf,
    /// The sheet, a .png; its codes are written beside it, as .json
    #[arg(short, long, value_name = "SHEET.png")]
    output: PathBuf,
    /// The part that is shown [default: the 128 × 128 pixels with most cloud]
    #[arg(long, value_name = "X,Y,W,H", value_parser = window)]
    window: Option<Window>,
    /// Go along two numbers of the code, counted from 0
    #[arg(long, value_name = "I,J", value_parser = axes, conflicts_with_all = ["principal", "random"])]
    axes: Option<(usize, usize)>,
    /// Go along the first two principal directions (the default)
    #[arg(long, conflicts_with = "random")]
    principal: bool,
    /// Show N samples of the prior
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    random: Option<u16>,
    /// Columns and rows of the sheet [default: 7,7, or as many as samples need]
    #[arg(long, value_name = "N,M", value_parser = axes)]
    cells: Option<(usize, usize)>,
    /// The code in the middle of the sheet [default: the prior's middle]
    #[arg(long, value_name = "Z.json")]
    latent: Option<PathBuf>,
    /// Write the code of one cell (row,column from 0), as decloud --latent takes it, to SHEET.latent.json
    #[arg(long, value_name = "ROW,COLUMN", value_parser = axes)]
    adopt: Option<(usize, usize)>,
    /// Seed of samples
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    mask: MaskArgs,
    /// Feathering outside the mask in pixels
    #[arg(long, value_name = "PX", default_value_t = DEFAULT_FEATHER_PX, value_parser = radius)]
    feather: u32,
    #[command(flatten)]
    about: SceneArgs,
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

fn window(text: &str) -> Result<Window, String> {
    let found = numbers(text, 4)?;
    let sides = 1..=MOST_PX;
    if !sides.contains(&found[2]) || !sides.contains(&found[3]) {
        return Err(format!("expected sides of 1 to {MOST_PX} pixels"));
    }
    Ok(Window::new(found[0], found[1], found[2], found[3]))
}

/// What is written beside a sheet.
#[derive(Debug, Serialize)]
struct Codes {
    model_sha256: String,
    scene: PathBuf,
    window: [usize; 4],
    seed: u64,
    axes: Axes,
    columns: usize,
    rows: usize,
    column_labels: Vec<String>,
    row_labels: Vec<String>,
    /// Reflectance drawn darkest and brightest in red, green and blue.
    stretch: [[f32; 3]; 2],
    /// Row by row, each as `decloud --latent` takes it.
    cells: Vec<Latent>,
}

impl Args {
    fn axes(&self) -> Axes {
        match (self.axes, self.random) {
            (Some((i, j)), _) => Axes::Raw(i, j),
            (None, Some(_)) => Axes::Random,
            (None, None) => Axes::Principal,
        }
    }

    /// Columns and rows.
    fn cells(&self) -> Result<(usize, usize), Usage> {
        let (columns, rows) = match (self.cells, self.random) {
            (Some(cells), _) => cells,
            (None, Some(count)) => {
                let columns = f64::from(count).sqrt().ceil() as usize;
                (columns, usize::from(count).div_ceil(columns))
            }
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
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<()> {
    let overwrite = context.global.overwrite;
    if !args.output.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png")) {
        let words = format!("--output: \"{}\" is no name ending in .png", args.output.display());
        return Err(Usage(words).into());
    }
    let (codes_path, adopted_path) =
        (args.output.with_extension("json"), args.output.with_extension("latent.json"));
    for path in [&args.output, &codes_path].into_iter().chain(args.adopt.map(|_| &adopted_path)) {
        check_output(path, overwrite, &[&args.model, &args.scene])?;
    }
    let cells = args.cells()?;
    let config = args.mask.config(args.feather);
    config.check()?;
    let scene = raster::open(&args.scene, &args.about.options())?;
    for warning in &scene.warnings {
        context.warn(warning);
    }
    let found = mask::detect(&scene, &config, context)?;
    let alpha = mask::alpha(&found, config.dilation_px(), config.feather_px);
    let compute = compute::open(context.device()?)?;
    let (codes, picture) = compute.run(|| {
        let loaded = file::load(&args.model, &compute.device)?;
        sheet(args, cells, (&scene, &alpha), &loaded, &compute.device, context)
    })?;
    let mut staged = vec![
        stage_bytes(&args.output, &picture.png()?, overwrite)?,
        stage_bytes(&codes_path, (serde_json::to_string_pretty(&codes)? + "\n").as_bytes(), overwrite)?,
    ];
    if let Some((row, column)) = args.adopt {
        let adopted = serde_json::to_string_pretty(&codes.cells[row * cells.0 + column])? + "\n";
        staged.push(stage_bytes(&adopted_path, adopted.as_bytes(), overwrite)?);
    }
    let files = commit(staged)?;
    let names: String = files.iter().map(|file| format!("\n  wrote   {}", file.display())).collect();
    let [x, y, width, height] = codes.window;
    let words = format!(
        "{}\n  sheet   {} × {} cells of {width} × {height} pixels from {x}, {y}{names}",
        args.scene.display(),
        codes.columns,
        codes.rows
    );
    context.result(&serde_json::json!({ "files": files, "sheet": codes }), &words)
}

/// Where the sheet looks: what was asked for, or where most cloud is.
fn place(args: &Args, scene: &Scene, alpha: &Alpha) -> Result<Window, Usage> {
    match args.window {
        Some(window) => {
            let inside = window.intersection(scene.grid.window());
            if inside == window {
                return Ok(window);
            }
            let (width, height) = (scene.grid.width, scene.grid.height);
            Err(Usage(format!("--window: it leaves the scene, which has {width} × {height} pixels")))
        }
        None => clouded(alpha, SIDE_PX, 1).first().copied().ok_or_else(|| {
            Usage("the mask holds no cloud, so every surface is the scene; name a mask with --mask".into())
        }),
    }
}

fn sheet(
    args: &Args,
    cells: (usize, usize),
    (scene, alpha): (&Scene, &Alpha),
    loaded: &Loaded,
    device: &burn::tensor::Device,
    context: &Context,
) -> anyhow::Result<(Codes, Picture)> {
    let model = &loaded.model;
    let numbers = model.config.land_code();
    if numbers == 0 {
        let words = format!("MODEL: the preset {} has no latent code", model.config.preset);
        return Err(Usage(words).into());
    }
    if scene.level.is_some_and(|level| level != model.config.level) {
        let words = format!("the model was trained on {}; the scene is of another level", model.config.level);
        return Err(Usage(words).into());
    }
    model.check_size(scene.grid.width, scene.grid.height)?;
    let base = match &args.latent {
        Some(path) => Latent::read(path, loaded).map_err(|error| Usage(error.to_string()))?.numbers(numbers),
        None => vec![0.0; numbers],
    };
    let window = place(args, scene, alpha)?;
    let source = Source::new(scene, alpha, context)?;
    let axes = args.axes();
    let directions = if axes == Axes::Principal {
        match Directions::kept(Some(&args.model), loaded) {
            Some(kept) => kept.directions,
            None => of_scene(&source, alpha, loaded, &args.scene, device, context)?.directions,
        }
    } else {
        Vec::new()
    };
    let sheet = Sheet::of(axes, &base, &directions, args.seed, cells)
        .ok_or_else(|| Usage(format!("--axes: the code has {numbers} numbers, counted from 0")))?;
    context.stage("sweeping", sheet.codes.len() as u64);
    let held = source.subject(window, model)?.held(model, device);
    let mut images = Vec::with_capacity(sheet.codes.len());
    for codes in sheet.codes.chunks(held.batch()) {
        if context.is_cancelled() {
            return Err(raster::Error::Cancelled.into());
        }
        images.extend(held.images(codes));
        context.advance(codes.len() as u64);
    }
    let stretch = Stretch::of(&images, &model.config.bands);
    let picture = Picture::of_sheet(&sheet, &images, &stretch);
    let adopted =
        |code: &Vec<f32>| Latent { z_land: code.clone(), model_sha256: Some(loaded.sha256.clone()) };
    let codes = Codes {
        model_sha256: loaded.sha256.clone(),
        scene: args.scene.clone(),
        window: [window.x, window.y, window.width, window.height],
        seed: args.seed,
        axes,
        columns: sheet.columns,
        rows: sheet.rows,
        stretch: [stretch.lo, stretch.hi],
        cells: sheet.codes.iter().map(adopted).collect(),
        column_labels: sheet.column_labels,
        row_labels: sheet.row_labels,
    };
    Ok((codes, picture))
}

/// Directions over the scene's own cloud, where none are kept with the model.
fn of_scene(
    source: &Source<'_>,
    alpha: &Alpha,
    loaded: &Loaded,
    scene: &Path,
    device: &burn::tensor::Device,
    context: &Context,
) -> anyhow::Result<Directions> {
    context.warn("no principal directions are kept with the model (declouder directions makes them); they are found over this scene's own cloud");
    let windows = clouded(alpha, SIDE_PX, PATCHES);
    let patches = windows
        .into_iter()
        .map(|window| source.subject(window, &loaded.model))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(principal(loaded, &patches, scene.display().to_string(), device, context)?)
}
