//! Any ONNX segmentation model (`onnx:FILE`), evaluated by `rten`.
//!
//! The scene goes through the model in square tiles of the model's size that overlap by a fifth;
//! class probabilities are blended with a cosine taper and the likeliest class is taken, as
//! ukis-csmask does. Beyond the scene's edge the scene is mirrored. One row of tiles is in memory
//! at a time. Scenes above [`super::work::FULL_PIXELS`] are reduced first; ukis-csmask's authors
//! recommend pixels of about 30 m anyway.

use std::f32::consts::PI;
use std::path::{Path, PathBuf};

use rten::{Dimension, Model, Value};

use super::onnx_spec::{Layout, Spec};
use super::smooth::mirror;
use super::work::{WorkGrid, enlarge};
use super::{CLEAR, Error, Mask, MaskConfig, ONNX, Result, SHADOW, observe, validity};
use crate::progress::Monitor;
use crate::raster::{self, Plane, Scene, SceneReader, Window};

/// Part of a tile that overlaps its neighbour.
const OVERLAP: f32 = 0.2;

/// Classifies a scene with the model named in `onnx:FILE`.
///
/// # Errors
/// A model that cannot be loaded, described or run, or a scene that lacks its bands.
pub(super) fn detect(scene: &Scene, config: &MaskConfig, monitor: &dyn Monitor) -> Result<Mask> {
    if let Some(problem) = config.model_problem() {
        return Err(Error::Option { option: "--method", problem });
    }
    let path = PathBuf::from(config.method.strip_prefix(ONNX).unwrap_or_default());
    let mut network = Network::load(&path, scene)?;
    let bands = scene.indices_of(&network.spec.bands, "the ONNX model")?;
    let grid = WorkGrid::of(scene);
    let codes = network.classify(scene, &bands, grid, monitor)?;
    let mut codes = enlarge(&codes, grid, scene);
    validity::apply(&mut codes, scene, monitor)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut source = format!("ONNX model {name}{}", grid.note());
    if !network.spec.classes.iter().any(|class| class.code == SHADOW) {
        source.push_str(&observe::add_shadow(&mut codes, scene, config, monitor)?);
    }
    Ok(Mask { codes, source })
}

/// A loaded model with its description.
struct Network {
    path: PathBuf,
    model: Model,
    spec: Spec,
    /// Blending weights along a tile's side.
    taper: Vec<f32>,
    step: usize,
    margin: usize,
}

/// Blended probabilities of the rows that the present row of tiles covers.
struct Band {
    /// One plane a class, as many rows as a tile.
    sums: Vec<Plane<f32>>,
}

impl Network {
    fn load(path: &Path, scene: &Scene) -> Result<Self> {
        let model = Model::load_file(path).map_err(|error| {
            Error::damaged(path, format!("this is no ONNX model that can be run ({error})"))
        })?;
        let shape = model.input_shape(0).unwrap_or_default();
        let fixed = |axis: usize| match shape.get(axis) {
            Some(Dimension::Fixed(size)) => Some(*size),
            _ => None,
        };
        // Channels come second or last; a description settles which.
        let channels =
            fixed(1).filter(|&count| count <= 16).or_else(|| fixed(3)).filter(|&count| count <= 16);
        let mut spec = Spec::of(path, channels, scene.level)?;
        let side = if spec.layout == Layout::Nchw { fixed(2) } else { fixed(1) };
        spec.tile = side.unwrap_or(spec.tile);
        spec.check_tile(path)?;
        let margin = (spec.tile as f32 * OVERLAP) as usize;
        let step = (spec.tile as f32 * (1.0 - OVERLAP)) as usize;
        let taper = taper(spec.tile);
        Ok(Self { path: path.to_owned(), model, spec, taper, step, margin })
    }

    fn classify(
        &mut self,
        scene: &Scene,
        bands: &[usize],
        grid: WorkGrid,
        monitor: &dyn Monitor,
    ) -> Result<Plane<u8>> {
        let tile = self.spec.tile;
        let mut codes = Plane::filled(grid.width, grid.height, CLEAR);
        let across = (grid.width + self.margin).div_ceil(self.step);
        let down = (grid.height + self.margin).div_ceil(self.step);
        monitor.stage("masking", (across * down) as u64);
        let mut reader = SceneReader::new(scene);
        let mut sums = Band { sums: Vec::new() };
        for row in 0..down {
            let top = (row * self.step) as isize - self.margin as isize;
            let planes = self.rows(&mut reader, bands, grid, top)?;
            for column in 0..across {
                if monitor.is_cancelled() {
                    return Err(raster::Error::Cancelled.into());
                }
                let left = (column * self.step) as isize - self.margin as isize;
                let probabilities = self.run(&planes, left)?;
                sums.add(&probabilities, left, tile, grid.width, &self.taper);
                monitor.advance(1);
            }
            // The next row of tiles begins `step` rows below: what lies above is complete.
            for y in 0..self.step {
                let Some(out) = usize::try_from(top + y as isize).ok().filter(|&out| out < grid.height)
                else {
                    continue;
                };
                for (x, code) in codes.row_mut(out).iter_mut().enumerate() {
                    *code = self.spec.code(sums.likeliest(x, y));
                }
            }
            sums.scroll(self.step);
        }
        Ok(codes)
    }

    /// Normalised rows of all bands for one row of tiles, mirrored beyond the scene.
    fn rows(
        &self,
        reader: &mut SceneReader<'_>,
        bands: &[usize],
        grid: WorkGrid,
        top: isize,
    ) -> Result<Vec<Plane<f32>>> {
        let wanted: Vec<usize> =
            (top..top + self.spec.tile as isize).map(|y| mirror(y, grid.height)).collect();
        let first = wanted.iter().copied().min().unwrap_or(0);
        let last = wanted.iter().copied().max().unwrap_or(0);
        let window = Window::new(0, first, grid.width, last + 1 - first);
        let mut planes = Vec::with_capacity(bands.len());
        for (&band, (mean, std)) in bands.iter().zip(self.spec.mean.iter().zip(&self.spec.std)) {
            let source = grid.read(reader, band, window)?;
            let mut data = Vec::with_capacity(wanted.len() * grid.width);
            for &y in &wanted {
                data.extend(source.row(y - first).iter().map(|&value| {
                    let value = if value.is_nan() { 0.0 } else { value };
                    (value - mean) / std
                }));
            }
            planes.push(Plane::from_vec(grid.width, wanted.len(), data));
        }
        Ok(planes)
    }

    /// Class probabilities of one tile, channel by channel.
    fn run(&self, planes: &[Plane<f32>], left: isize) -> Result<Vec<Vec<f32>>> {
        let (tile, channels) = (self.spec.tile, planes.len());
        let mut input = vec![0.0_f32; channels * tile * tile];
        for (channel, plane) in planes.iter().enumerate() {
            for y in 0..tile {
                let row = plane.row(y);
                for x in 0..tile {
                    let place = match self.spec.layout {
                        Layout::Nchw => (channel * tile + y) * tile + x,
                        Layout::Nhwc => (y * tile + x) * channels + channel,
                    };
                    input[place] = row[mirror(left + x as isize, plane.width)];
                }
            }
        }
        let shape = match self.spec.layout {
            Layout::Nchw => [1, channels, tile, tile],
            Layout::Nhwc => [1, tile, tile, channels],
        };
        let failed = |words: String| Error::damaged(&self.path, format!("the model cannot be run ({words})"));
        let value = Value::from_shape(&shape, input).map_err(|error| failed(error.to_string()))?;
        let output = self.model.run_one(value.into(), None).map_err(|error| failed(error.to_string()))?;
        let (shape, data) = output
            .into_shape_vec::<f32, 4>()
            .map_err(|error| failed(format!("its output is no f32 tensor of four axes: {error}")))?;
        self.channels(shape, &data).ok_or_else(|| {
            failed(format!(
                "its output has the shape {shape:?}; expected classes over {tile} × {tile} pixels"
            ))
        })
    }

    /// Splits the output by class and makes probabilities of it (softmax; logistic for one class,
    /// which becomes class 1 against class 0). Softmax of probabilities keeps their order.
    fn channels(&self, shape: [usize; 4], data: &[f32]) -> Option<Vec<Vec<f32>>> {
        let tile = self.spec.tile;
        let (classes, fits) = match self.spec.layout {
            Layout::Nchw => (shape[1], shape == [1, shape[1], tile, tile]),
            Layout::Nhwc => (shape[3], shape == [1, tile, tile, shape[3]]),
        };
        if !fits || classes == 0 || data.len() != classes * tile * tile {
            return None;
        }
        let at = |class: usize, pixel: usize| match self.spec.layout {
            Layout::Nchw => data[class * tile * tile + pixel],
            Layout::Nhwc => data[pixel * classes + class],
        };
        if classes == 1 {
            let cloud: Vec<f32> = (0..tile * tile).map(|pixel| 1.0 / (1.0 + (-at(0, pixel)).exp())).collect();
            return Some(vec![cloud.iter().map(|p| 1.0 - p).collect(), cloud]);
        }
        let mut out = vec![vec![0.0; tile * tile]; classes];
        for pixel in 0..tile * tile {
            let greatest = (0..classes).map(|class| at(class, pixel)).fold(f32::NEG_INFINITY, f32::max);
            let total: f32 = (0..classes).map(|class| (at(class, pixel) - greatest).exp()).sum();
            for (class, out) in out.iter_mut().enumerate() {
                out[pixel] = (at(class, pixel) - greatest).exp() / total;
            }
        }
        Some(out)
    }
}

impl Band {
    fn add(&mut self, probabilities: &[Vec<f32>], left: isize, tile: usize, width: usize, taper: &[f32]) {
        if self.sums.is_empty() {
            self.sums = vec![Plane::filled(width, tile, 0.0); probabilities.len()];
        }
        for (sum, probabilities) in self.sums.iter_mut().zip(probabilities) {
            for y in 0..tile {
                let row = sum.row_mut(y);
                for x in 0..tile {
                    let target = usize::try_from(left + x as isize).ok();
                    if let Some(sum) = target.and_then(|target| row.get_mut(target)) {
                        *sum += probabilities[y * tile + x] * taper[y] * taper[x];
                    }
                }
            }
        }
    }

    /// The class with the greatest sum; the first of equals.
    fn likeliest(&self, x: usize, y: usize) -> usize {
        let mut best = (0, f32::NEG_INFINITY);
        for (class, sum) in self.sums.iter().enumerate() {
            if sum.get(x, y) > best.1 {
                best = (class, sum.get(x, y));
            }
        }
        best.0
    }

    /// Moves everything up by `rows`.
    fn scroll(&mut self, rows: usize) {
        for sum in &mut self.sums {
            let gone = rows * sum.width;
            sum.data.copy_within(gone.., 0);
            let kept = sum.data.len() - gone;
            sum.data[kept..].fill(0.0);
        }
    }
}

/// Tapered cosine (Tukey) window whose slopes cover the overlap; never quite 0, so that every pixel
/// has a likeliest class.
fn taper(tile: usize) -> Vec<f32> {
    let last = (tile - 1) as f32;
    let slope = OVERLAP * last;
    (0..tile)
        .map(|i| {
            let edge = (i as f32).min(last - i as f32);
            let weight = if edge < slope { 0.5 * (1.0 - (PI * edge / slope).cos()) } else { 1.0 };
            weight.max(1e-6)
        })
        .collect()
}
