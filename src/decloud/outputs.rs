//! The files of an export: opened, filled strip by strip, finished together.

use std::path::Path;

use super::composite::{native_part, synthetic};
use super::provenance::{FileFacts, OutputFacts, digest, file_name};
use super::{DecloudConfig, Result};
use crate::each_samples;
use crate::progress::Monitor;
use crate::raster::export::{Format, OutputBand, OutputFile, OutputSpec, RasterWriter, Staged};
use crate::raster::hidden::followed;
use crate::raster::{Dtype, Error, Grid, Plane, Samples, Scene, Window};

/// One file's part of a finished block.
pub(super) struct FilePart {
    /// Where it lies in the file's own grid.
    pub native: Window,
    /// One a band, in the file's order: the source's bands, then `synthetic`, then `spread`.
    pub layers: Vec<Samples>,
}

/// One raster of the export, and where its next rows are gathered.
struct Output {
    file: OutputFile,
    writer: RasterWriter,
    extras: Option<RasterWriter>,
    gathered: Vec<Samples>,
}

/// All rasters of an export.
pub(super) struct Outputs {
    files: Vec<Output>,
    grid: Grid,
}

impl Outputs {
    /// Opens them all under hidden names.
    pub(super) fn create(
        scene: &Scene,
        files: Vec<OutputFile>,
        config: &DecloudConfig,
        overwrite: bool,
    ) -> Result<Self> {
        let open = |file: OutputFile| -> Result<Output> {
            let dtype = file.bands.first().map_or(Dtype::U16, |&band| scene.bands[band].dtype);
            let mut bands: Vec<_> =
                file.bands.iter().map(|&band| OutputBand::like(&scene.bands[band])).collect();
            let mut extra = vec![OutputBand::synthetic(dtype)];
            if config.samples > 0 {
                extra.push(OutputBand::spread(dtype));
            }
            let format = if config.cog { Format::Cog } else { Format::GeoTiff };
            let spec = |path: &Path, bands| OutputSpec {
                path: path.to_owned(),
                grid: file.grid.clone(),
                bands,
                metadata: Vec::new(),
                format,
            };
            let extras = if let Some(path) = &file.extras {
                Some(RasterWriter::create(spec(path, extra), overwrite)?)
            } else {
                bands.extend(extra);
                None
            };
            let writer = RasterWriter::create(spec(&file.path, bands), overwrite)?;
            Ok(Output { writer, extras, file, gathered: Vec::new() })
        };
        let files = files.into_iter().map(open).collect::<Result<_>>()?;
        Ok(Self { files, grid: scene.grid.clone() })
    }

    /// Takes the parts of the next block (blocks come in reading order) and writes a strip as soon
    /// as its last block is there.
    pub(super) fn take(&mut self, block: Window, parts: Vec<FilePart>) -> Result<()> {
        let strip = Window::new(0, block.y, self.grid.width, block.height);
        let complete = block.x + block.width == self.grid.width;
        for (output, part) in self.files.iter_mut().zip(parts) {
            let grid = &output.file.grid;
            let rows = native_part(strip, output.file.ratio, grid.width, grid.height);
            if part.native == rows {
                output.write(rows, &part.layers)?;
                continue;
            }
            output.gather(rows, &part);
            if complete {
                let gathered = std::mem::take(&mut output.gathered);
                output.write(rows, &gathered)?;
                output.gathered = gathered;
            }
        }
        Ok(())
    }

    /// Writes the tags and closes all files.
    pub(super) fn finish(
        self,
        tags: impl Fn(&OutputFile) -> Vec<(String, String)>,
        monitor: &dyn Monitor,
    ) -> Result<Vec<Staged>> {
        let mut staged = Vec::new();
        for output in self.files {
            let tags = tags(&output.file);
            for mut writer in std::iter::once(output.writer).chain(output.extras) {
                writer.set_metadata(&tags)?;
                staged.push(writer.finish(monitor)?);
            }
        }
        Ok(staged)
    }
}

impl Output {
    /// Copies a block's layers into the strip being gathered.
    fn gather(&mut self, rows: Window, part: &FilePart) {
        let fits = self.gathered.len() == part.layers.len()
            && self.gathered.iter().all(|layer| layer.len() == rows.len());
        if !fits {
            self.gathered =
                part.layers.iter().map(|layer| Samples::zeros(layer.dtype(), rows.len())).collect();
        }
        for (strip, layer) in self.gathered.iter_mut().zip(&part.layers) {
            paste(strip, rows.width, part.native.x, layer, part.native.width);
        }
    }

    fn write(&mut self, rows: Window, layers: &[Samples]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let bands = self.file.bands.len();
        for (index, layer) in layers.iter().enumerate() {
            match &mut self.extras {
                Some(extras) if index >= bands => extras.write(index - bands, rows, layer)?,
                _ => self.writer.write(index, rows, layer)?,
            }
        }
        Ok(())
    }
}

/// Copies a block of `width` columns into a strip `stride` wide, from column `x`.
fn paste(strip: &mut Samples, stride: usize, x: usize, block: &Samples, width: usize) {
    macro_rules! each_type {
        ($($variant:ident),*) => {
            match (strip, block) {
                $((Samples::$variant(strip), Samples::$variant(block)) => {
                    for (row, values) in strip.chunks_exact_mut(stride).zip(block.chunks_exact(width.max(1))) {
                        row[x..x + width].copy_from_slice(values);
                    }
                })*
                // Both come from the same band, hence have one type.
                _ => {}
            }
        };
    }
    each_type!(U8, U16, I16, U32, I32, F32, F64);
}

/// The band `synthetic` of a window: round(255·m), 0 where copied and where no band measured
/// anything.
pub(super) fn synthetic_layer(mask: &Plane<f32>, measured: &[bool], dtype: Dtype) -> Samples {
    let mut layer = Samples::zeros(dtype, mask.data.len());
    each_samples!(&mut layer, values => {
        for ((value, &m), &measured) in values.iter_mut().zip(&mask.data).zip(measured) {
            if measured {
                #[allow(clippy::useless_conversion, reason = "the macro's type may be u8 already")]
                let marked = synthetic(m).into();
                *value = marked;
            }
        }
    });
    layer
}

/// The band `spread` of a window, in DN of `scale` reflectance each, where m > 0.
pub(super) fn spread_layer(mask: &Plane<f32>, spread: &Plane<f32>, scale: f64, dtype: Dtype) -> Samples {
    let mut layer = Samples::zeros(dtype, mask.data.len());
    let (_, greatest) = dtype.range();
    for (index, (&m, &spread)) in mask.data.iter().zip(&spread.data).enumerate() {
        if m > 0.0 && spread.is_finite() {
            let value = f64::from(m * spread) / scale;
            layer.set(index, if dtype.is_integer() { value.round().min(greatest) } else { value });
        }
    }
    layer
}

/// Refuses a scene whose bands cannot share a file, before any work is done.
pub(super) fn check_types(scene: &Scene, files: &[OutputFile]) -> Result<()> {
    for file in files {
        let mut bands = file.bands.iter().map(|&band| &scene.bands[band]);
        let Some(first) = bands.next() else { continue };
        if let Some(other) = bands.find(|band| band.dtype != first.dtype) {
            return Err(Error::write(
                &file.path,
                format!(
                    "band {} is {:?} and band {} is {:?}, but a GeoTIFF has one sample type; convert the bands to one type first",
                    first.name, first.dtype, other.name, other.dtype
                ),
            )
            .into());
        }
    }
    Ok(())
}

/// What the report says of each raster, its digest among it: [`super::verify`] knows by that that
/// nothing in it was changed, made pixels and tags included.
pub(super) fn output_facts(
    scene: &Scene,
    files: &[OutputFile],
    staged: &[Staged],
    config: &DecloudConfig,
    monitor: &dyn Monitor,
) -> Result<Vec<OutputFacts>> {
    let mut extra = vec!["synthetic".to_owned()];
    if config.samples > 0 {
        extra.push("spread".to_owned());
    }
    let facts = |path: &Path, file: &OutputFile, bands: Vec<String>| -> Result<OutputFacts> {
        // A link as output was followed.
        let complete = staged.iter().find(|one| one.output() == followed(path));
        let complete = complete.ok_or_else(|| Error::write(path, "the file was not finished"))?;
        let FileFacts { bytes, sha256, .. } = digest(complete.path(), &|| monitor.is_cancelled())?;
        let size = [file.grid.width, file.grid.height];
        Ok(OutputFacts { name: file_name(path), bytes, size, bands, sha256: Some(sha256) })
    };
    let mut all = Vec::new();
    for file in files {
        let mut bands: Vec<_> = file.bands.iter().map(|&band| scene.bands[band].name.clone()).collect();
        match &file.extras {
            None => bands.extend(extra.clone()),
            Some(path) => all.push(facts(path, file, extra.clone())?),
        }
        all.push(facts(&file.path, file, bands)?);
    }
    Ok(all)
}
