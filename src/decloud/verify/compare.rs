//! One raster of an export against the source's bands of its size, strip by strip.

use rayon::prelude::*;

use super::fit::{grid_problems, unfit};
use super::locate::Located;
use super::{BandVerdict, Difference, expected_bands, file_name};
use crate::each_samples;
use crate::progress::Monitor;
use crate::raster::{Error, Nodata, Result, Samples, Scene, SceneOptions, SceneReader, Window, open};

/// Rows compared at a time: a row of tiles of our exports.
const STRIP_ROWS: usize = 512;

/// What comparing a raster gave.
pub(super) enum Compared {
    /// It is no export of this scene; pixels were not compared.
    Unfit(Vec<String>),
    /// Its pixels were compared.
    Counted(Box<Counted>),
}

/// Counts of one raster.
pub(super) struct Counted {
    pub output: Scene,
    pub bands: Vec<BandVerdict>,
    pub first_difference: Option<Difference>,
    pub problems: Vec<String>,
}

pub(super) fn compare(scene: &Scene, file: &Located, monitor: &dyn Monitor) -> Result<Compared> {
    let path = &file.layout.path;
    if !path.is_file() {
        return Ok(Compared::Unfit(vec![format!(
            "{} is missing; the scene has bands of this size",
            file_name(path)
        )]));
    }
    let output = match open(path, &SceneOptions::default()) {
        Err(Error::DuplicateBand { band, .. }) => {
            return Ok(Compared::Unfit(vec![format!(
                "{} names two bands {band}: its band descriptions were changed since it was written",
                file_name(path)
            )]));
        }
        opened => opened?,
    };
    let extras = file.extras.as_deref().map(|path| open(path, &SceneOptions::default())).transpose()?;
    let mut problems = unfit(scene, file, &output);
    let (marks_scene, marks) = match synthetic_band(file, &output, extras.as_ref()) {
        Ok(found) => found,
        Err(problem) => {
            problems.push(problem);
            return Ok(Compared::Unfit(problems));
        }
    };
    if !problems.is_empty() {
        return Ok(Compared::Unfit(problems));
    }
    let mut tally = Tally::new(scene, file, &output);
    let mut marks_reader = SceneReader::new(marks_scene);
    for strip in file.layout.grid.strips(STRIP_ROWS) {
        if monitor.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let copied = marked_as_copied(&marks_reader.samples(marks, strip)?)
            .map_err(|found| Error::damaged(&marks_scene.path, found))?;
        tally.strip(strip, &copied)?;
        monitor.advance((strip.len() * file.layout.bands.len()) as u64);
    }
    let (bands, first_difference) = tally.end();
    Ok(Compared::Counted(Box::new(Counted { output, bands, first_difference, problems })))
}

/// Where the marks are: the scene's index of the `synthetic` band in the raster or in its extras.
fn synthetic_band<'s>(
    file: &Located,
    output: &'s Scene,
    extras: Option<&'s Scene>,
) -> std::result::Result<(&'s Scene, usize), String> {
    let named = |scene: &Scene, index: usize| {
        scene.bands.get(index).is_some_and(|band| band.description == "synthetic")
    };
    let own = file.layout.bands.len();
    if named(output, own) {
        return Ok((output, own));
    }
    let Some(extras) = extras.filter(|extras| named(extras, 0)) else {
        return Err(format!(
            "{} has no synthetic band, and there is none beside it: nothing says what was copied",
            file_name(&file.layout.path)
        ));
    };
    match grid_problems(&file_name(&extras.path), &file.layout.grid, &extras.grid).pop() {
        Some(problem) => Err(problem),
        None => Ok((extras, 0)),
    }
}

/// Which pixels are marked as copied.
///
/// # Errors
/// A mark that is none: not a whole number from 0 to 255.
fn marked_as_copied(marks: &Samples) -> std::result::Result<Vec<bool>, String> {
    (0..marks.len())
        .map(|index| match marks.get(index) {
            mark if (0.0..=255.0).contains(&mark) && mark.fract() == 0.0 => Ok(mark == 0.0),
            mark => Err(format!("its synthetic band holds {mark}; expected whole numbers from 0 to 255")),
        })
        .collect()
}

/// Two readers and the counts of one band.
struct BandTally<'s> {
    source: SceneReader<'s>,
    source_index: usize,
    output: SceneReader<'s>,
    output_index: usize,
    nodata: Nodata,
    is_radar: bool,
    counts: BandVerdict,
    first: Option<Difference>,
}

/// The bands of one raster, compared in parallel.
struct Tally<'s> {
    bands: Vec<BandTally<'s>>,
}

impl<'s> Tally<'s> {
    fn new(scene: &'s Scene, file: &Located, output: &'s Scene) -> Self {
        let file_name = file_name(&file.layout.path);
        let bands = expected_bands(scene, file)
            .iter()
            .zip(&file.layout.bands)
            .enumerate()
            .map(|(output_index, (band, &source_index))| BandTally {
                source: SceneReader::new(scene),
                source_index,
                output: SceneReader::new(output),
                output_index,
                nodata: band.nodata,
                is_radar: !band.is_reflectance(),
                counts: BandVerdict {
                    name: band.name.clone(),
                    file: file_name.clone(),
                    copied: 0,
                    made: 0,
                    nodata: 0,
                    changed: 0,
                },
                first: None,
            })
            .collect();
        Self { bands }
    }

    fn strip(&mut self, strip: Window, copied: &[bool]) -> Result<()> {
        self.bands.par_iter_mut().try_for_each(|band| band.strip(strip, copied))
    }

    /// The counts, and the first difference in reading order (row, column, band).
    fn end(self) -> (Vec<BandVerdict>, Option<Difference>) {
        let first = self
            .bands
            .iter()
            .filter_map(|band| band.first.as_ref())
            .min_by_key(|found| (found.y, found.x))
            .cloned();
        (self.bands.into_iter().map(|band| band.counts).collect(), first)
    }
}

impl BandTally<'_> {
    fn strip(&mut self, strip: Window, copied: &[bool]) -> Result<()> {
        let source = self.source.samples(self.source_index, strip)?;
        let output = self.output.samples(self.output_index, strip)?;
        let same = same_bits(&source, &output);
        let counts = &mut self.counts;
        for (index, ((&is_copied, &is_same), &is_nodata)) in
            copied.iter().zip(&same).zip(&nodata_in(&source, &self.nodata)).enumerate()
        {
            let kind = match (is_nodata, is_copied || self.is_radar) {
                (true, _) => &mut counts.nodata,
                (false, true) => &mut counts.copied,
                (false, false) => &mut counts.made,
            };
            *kind += 1;
            let may_differ = !(is_nodata || is_copied || self.is_radar);
            if !is_same && !may_differ {
                counts.changed += 1;
                self.first.get_or_insert_with(|| Difference {
                    file: counts.file.clone(),
                    band: counts.name.clone(),
                    x: strip.x + index % strip.width,
                    y: strip.y + index / strip.width,
                    source: value_in_full(&source, index),
                    output: value_in_full(&output, index),
                });
            }
        }
        Ok(())
    }
}

/// Where nothing was measured.
fn nodata_in(samples: &Samples, nodata: &Nodata) -> Vec<bool> {
    #[allow(clippy::cast_lossless, clippy::unnecessary_cast, reason = "the macro's type may be f64 already")]
    {
        each_samples!(samples, values => values.iter().map(|&value| nodata.matches(value as f64)).collect())
    }
}

/// Which values are the same bit by bit: −0 is not 0, and every NaN is only itself.
fn same_bits(first: &Samples, second: &Samples) -> Vec<bool> {
    macro_rules! same {
        ($a:expr, $b:expr) => {
            $a.iter().zip($b).map(|(a, b)| a == b).collect()
        };
    }
    match (first, second) {
        (Samples::U8(a), Samples::U8(b)) => same!(a, b),
        (Samples::U16(a), Samples::U16(b)) => same!(a, b),
        (Samples::I16(a), Samples::I16(b)) => same!(a, b),
        (Samples::U32(a), Samples::U32(b)) => same!(a, b),
        (Samples::I32(a), Samples::I32(b)) => same!(a, b),
        (Samples::F32(a), Samples::F32(b)) => {
            a.iter().zip(b).map(|(a, b)| a.to_bits() == b.to_bits()).collect()
        }
        (Samples::F64(a), Samples::F64(b)) => {
            a.iter().zip(b).map(|(a, b)| a.to_bits() == b.to_bits()).collect()
        }
        // Types were compared before; should they differ, nothing is the same.
        _ => vec![false; first.len()],
    }
}

/// A value so that it can be told from every other: floats that print alike with their bits.
fn value_in_full(samples: &Samples, index: usize) -> String {
    let value = samples.get(index);
    if samples.dtype().is_integer() || (value.is_finite() && value != 0.0) {
        value.to_string()
    } else {
        format!("{value} (bits {:016x})", value.to_bits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_compared_by_their_bits() {
        let nan = f32::from_bits(0x7fc0_0001);
        let first = Samples::F32(vec![f32::NAN, nan, 0.0, 1.0]);
        let second = Samples::F32(vec![f32::NAN, f32::NAN, -0.0, 1.0]);
        assert_eq!(same_bits(&first, &second), [true, false, false, true]);
    }

    #[test]
    fn a_mark_outside_0_to_255_is_refused() {
        assert_eq!(marked_as_copied(&Samples::F32(vec![0.0, 255.0, -0.0])), Ok(vec![true, false, true]));
        for bad in [f32::NAN, 256.0, -1.0, 0.5] {
            assert!(marked_as_copied(&Samples::F32(vec![bad])).is_err(), "{bad}");
        }
    }
}
