//! A raster output from its first strip to a complete, synced, checked file.

use super::check::check_whole;
use super::ffi::{Band, Dataset, Outcome};
use super::pyramid::{Rows, is_next, rows};
use super::staged::{Staged, Temp};
use super::{Format, OutputBand, OutputSpec};
use crate::progress::Monitor;
use crate::raster::{Dtype, Error, Result, Samples, Window};

/// Side of a tile in pixels.
pub const TILE: usize = 512;

/// Writes one raster output. Dropped before [`RasterWriter::finish`], it leaves nothing behind.
pub struct RasterWriter {
    // Before `temp`: the dataset closes before its file is removed.
    dataset: Dataset,
    temp: Temp,
    spec: OutputSpec,
    dtype: Dtype,
    overviews: usize,
    rows: Vec<Box<dyn Rows>>,
}

impl RasterWriter {
    /// Makes the hidden file and writes everything but pixels into it.
    ///
    /// # Errors
    /// [`Error::Exists`] where the output exists and `overwrite` is false; [`Error::Write`] where
    /// the folder cannot be written or the bands have different types.
    pub fn create(spec: OutputSpec, overwrite: bool) -> Result<Self> {
        super::super::driver::setup();
        let dtype = common_type(&spec)?;
        let temp = Temp::create(&spec.path, overwrite)?;
        let size = (spec.grid.width, spec.grid.height);
        let factors = overview_factors(size.0, size.1);
        let dataset = Dataset::create_tiff(
            temp.path(),
            size,
            spec.bands.len(),
            dtype,
            &creation_options(dtype, spec.format),
        )
        .and_then(|dataset| {
            describe(&dataset, &spec)?;
            if !factors.is_empty() {
                dataset.add_overviews(&factors, TILE)?;
            }
            Ok(dataset)
        })
        .map_err(|words| Error::write(&spec.path, words))?;
        let nodata = file_nodata(spec.bands.iter().map(|band| band.nodata));
        let rows = spec
            .bands
            .iter()
            .map(|band| {
                let left_out = nodata.or(band.unmeasured);
                rows(dtype, size, factors.len(), left_out, band.overview)
            })
            .collect();
        Ok(Self { dataset, temp, spec, dtype, overviews: factors.len(), rows })
    }

    /// Writes the next rows of band `band` (from 0): every band takes whole rows from top to
    /// bottom, in strips of any height; a multiple of [`TILE`] needs no copy in between. The bands
    /// may take turns in any order.
    ///
    /// # Errors
    /// [`Error::Write`] where the samples do not fit, rows come out of order, or the disk is full.
    pub fn write(&mut self, band: usize, window: Window, samples: &Samples) -> Result<()> {
        let count = self.rows.len();
        let Some(rows) = self.rows.get_mut(band) else {
            return Err(Error::write(&self.spec.path, format!("there is no band {band} among {count}")));
        };
        let width = self.spec.grid.width;
        let fits = is_next(window, width, rows.next_row())
            && window.y + window.height <= self.spec.grid.height
            && samples.len() == window.len()
            && samples.dtype() == self.dtype;
        if !fits {
            let problem = format!(
                "{} {:?} values for {window:?} of band {band}, but rows from {} on, {width} {:?} values each, come next",
                samples.len(),
                samples.dtype(),
                rows.next_row(),
                self.dtype
            );
            return Err(Error::write(&self.spec.path, problem));
        }
        levels(&self.dataset, band, self.overviews)
            .and_then(|levels| rows.push(samples, &levels))
            .map_err(|words| Error::write(&self.spec.path, words))
    }

    /// Replaces the dataset metadata, for facts that are known only when all pixels are.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn set_metadata(&mut self, metadata: &[(String, String)]) -> Result<()> {
        self.dataset.set_metadata(&joined(metadata)).map_err(|words| self.failed(&words))
    }

    /// Closes and syncs the file and reads it back as far as is needed to know that it is whole.
    ///
    /// # Errors
    /// [`Error::Write`] where anything could not be written or rows are missing,
    /// [`Error::Cancelled`].
    pub fn finish(self, monitor: &dyn Monitor) -> Result<Staged> {
        let Self { dataset, mut temp, spec, dtype, overviews, rows } = self;
        if let Some(band) = rows.iter().position(|rows| rows.next_row() < spec.grid.height) {
            let problem = format!("band {} ends at row {}", spec.bands[band].name, rows[band].next_row());
            return Err(Error::write(&spec.path, problem));
        }
        let failed = |words: String| {
            if monitor.is_cancelled() { Error::Cancelled } else { Error::write(&spec.path, words) }
        };
        dataset.close().map_err(failed)?;
        if spec.format == Format::Cog {
            temp = to_cog(&temp, dtype, monitor).map_err(failed)??;
        }
        if monitor.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let staged = temp.seal()?;
        check_whole(staged.path(), spec.bands.len(), overviews).map_err(failed)?;
        Ok(staged)
    }

    fn failed(&self, words: &str) -> Error {
        Error::write(&self.spec.path, words)
    }
}

/// A band and its overviews, finest first.
fn levels(dataset: &Dataset, band: usize, overviews: usize) -> Outcome<Vec<Band<'_>>> {
    let finest = dataset.band(band)?;
    let coarser = (0..overviews).map(|index| finest.overview(index)).collect::<Outcome<Vec<_>>>()?;
    Ok(std::iter::once(finest).chain(coarser).collect())
}

/// The cloud-optimised copy of a finished GeoTIFF, with the same overviews.
fn to_cog(plain: &Temp, dtype: Dtype, monitor: &dyn Monitor) -> Outcome<Result<Temp>> {
    let temp = match plain.sibling() {
        Ok(temp) => temp,
        Err(error) => return Ok(Err(error)),
    };
    monitor.stage("cloud-optimising", 100);
    let options = [
        "COMPRESS=DEFLATE".to_owned(),
        format!("PREDICTOR={}", if dtype.is_integer() { "STANDARD" } else { "FLOATING_POINT" }),
        format!("BLOCKSIZE={TILE}"),
        "BIGTIFF=IF_SAFER".to_owned(),
        "NUM_THREADS=ALL_CPUS".to_owned(),
        "OVERVIEWS=AUTO".to_owned(),
    ];
    Dataset::open_tiff(plain.path())?.copy_as(c"COG", temp.path(), &options, monitor)?.close()?;
    Ok(Ok(temp))
}

/// Tiles of one band at a time: the export is written strip by strip and band by band, so a tile
/// is complete, and compressed, as soon as its strip is; with interleaved pixels every tile would
/// wait in memory for the last band, and who shows three bands would decompress fourteen.
fn creation_options(dtype: Dtype, format: Format) -> Vec<String> {
    let predictor = if dtype.is_integer() { 2 } else { 3 };
    let mut options: Vec<_> = [
        "TILED=YES",
        "INTERLEAVE=BAND",
        "COMPRESS=DEFLATE",
        "BIGTIFF=IF_SAFER",
        "NUM_THREADS=ALL_CPUS",
        "PHOTOMETRIC=MINISBLACK",
    ]
    .map(str::to_owned)
    .into();
    options.push(format!("PREDICTOR={predictor}"));
    options.push(format!("BLOCKXSIZE={TILE}"));
    options.push(format!("BLOCKYSIZE={TILE}"));
    if format == Format::Cog {
        // Only an intermediate: compressed as fast as possible.
        options.push("ZLEVEL=1".to_owned());
    }
    options
}

/// The one sample type of all bands.
fn common_type(spec: &OutputSpec) -> Result<Dtype> {
    let first = spec.bands.first().ok_or_else(|| Error::write(&spec.path, "there is no band to write"))?;
    match spec.bands.iter().find(|band| band.dtype != first.dtype) {
        None => Ok(first.dtype),
        Some(other) => Err(Error::write(
            &spec.path,
            format!(
                "band {} is {:?} and band {} is {:?}, but a GeoTIFF has one sample type; choose bands of one type with --bands",
                first.name, first.dtype, other.name, other.dtype
            ),
        )),
    }
}

/// Powers of two down to a size below 512 in both directions.
fn overview_factors(width: usize, height: usize) -> Vec<i32> {
    let mut factors = Vec::new();
    let mut factor = 1;
    while width.div_ceil(factor).max(height.div_ceil(factor)) >= TILE {
        factor *= 2;
        factors.push(factor as i32);
    }
    factors
}

fn joined(metadata: &[(String, String)]) -> Vec<String> {
    metadata.iter().map(|(key, value)| format!("{key}={value}")).collect()
}

fn describe(dataset: &Dataset, spec: &OutputSpec) -> Outcome<()> {
    // Metadata first: AREA_OR_POINT decides how the geotransform is stored.
    if !spec.metadata.is_empty() {
        dataset.set_metadata(&joined(&spec.metadata))?;
    }
    if !spec.grid.crs_wkt.is_empty() {
        dataset.set_crs(&spec.grid.crs_wkt)?;
    }
    if let Some(transform) = spec.grid.geotransform {
        dataset.set_geotransform(transform)?;
    }
    if let Some(nodata) = file_nodata(spec.bands.iter().map(|band| band.nodata)) {
        dataset.band(0)?.set_nodata(nodata)?;
    }
    spec.bands.iter().enumerate().try_for_each(|(index, band)| describe_band(dataset, index, band))
}

/// The one nodata value a GeoTIFF of these bands declares; none where they contradict each other,
/// because a wrong declaration would hide valid pixels.
#[must_use]
pub fn file_nodata(bands: impl IntoIterator<Item = Option<f64>>) -> Option<f64> {
    let mut declared = bands.into_iter().flatten();
    let first = declared.next()?;
    let same = |other: f64| other == first || (other.is_nan() && first.is_nan());
    declared.all(same).then_some(first)
}

fn describe_band(dataset: &Dataset, index: usize, band: &OutputBand) -> Outcome<()> {
    let target = dataset.band(index)?;
    target.set_description(&band.description)?;
    target.set_color(&band.color)?;
    if !band.metadata.is_empty() {
        target.set_metadata(&band.metadata)?;
    }
    if let Some(scale) = band.scale_tag {
        target.set_scale(scale)?;
    }
    if let Some(offset) = band.offset_tag {
        target.set_offset(offset)?;
    }
    if !band.unit.is_empty() {
        target.set_unit(&band.unit)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overviews_end_below_one_tile() {
        assert_eq!(overview_factors(10_980, 10_980), [2, 4, 8, 16, 32]);
        assert_eq!(overview_factors(511, 3), [0_i32; 0]);
        assert_eq!(overview_factors(856, 512), [2]);
    }
}
