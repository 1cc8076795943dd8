//! Rows of a band on their way into tiles, and into overviews of half the size at each level.
//!
//! Overviews are averaged while the rows pass by. Letting GDAL build them afterwards would read and
//! decompress the whole file again, and would take the 0 of `synthetic` for nodata.

use super::Overview;
use super::ffi::{Band, Outcome};
use crate::raster::{Dtype, Samples, Window};

/// Receives a band's rows from top to bottom and writes them, and its overviews, in whole tiles.
pub(super) trait Rows: Send {
    /// Takes the next rows. `levels` are the band and its overviews, finest first.
    fn push(&mut self, samples: &Samples, levels: &[Band<'_>]) -> Outcome<()>;

    /// The row that comes next.
    fn next_row(&self) -> usize;
}

/// Rows of a band of `size` (columns, rows) with `overviews` levels below it.
pub(super) fn rows(
    dtype: Dtype,
    size: (usize, usize),
    overviews: usize,
    nodata: Option<f64>,
    overview: Overview,
) -> Box<dyn Rows> {
    let nodata = nodata.filter(|_| overview == Overview::MeasuredMean);
    match dtype {
        Dtype::U8 => Box::new(Pyramid::<u8>::new(size, overviews, nodata, overview)),
        Dtype::U16 => Box::new(Pyramid::<u16>::new(size, overviews, nodata, overview)),
        Dtype::I16 => Box::new(Pyramid::<i16>::new(size, overviews, nodata, overview)),
        Dtype::U32 => Box::new(Pyramid::<u32>::new(size, overviews, nodata, overview)),
        Dtype::I32 => Box::new(Pyramid::<i32>::new(size, overviews, nodata, overview)),
        Dtype::F32 => Box::new(Pyramid::<f32>::new(size, overviews, nodata, overview)),
        Dtype::F64 => Box::new(Pyramid::<f64>::new(size, overviews, nodata, overview)),
    }
}

/// A sample type that can be averaged.
trait Pixel: Copy + Default + PartialEq + Send + 'static {
    /// The values inside, where they are of this type.
    fn of(samples: &Samples) -> Option<&[Self]>;
    /// This type's value for a declared nodata value, where it has one.
    fn declared(value: f64) -> Option<Self>;
    /// Mean of the values that are not nodata; nodata where all are. Integers round half up, and
    /// step off a mean that would read as nodata.
    fn mean(values: [Self; 4], nodata: Option<Self>) -> Self;
}

macro_rules! integer_pixel {
    ($t:ty, $variant:ident, $sum:ty) => {
        impl Pixel for $t {
            fn of(samples: &Samples) -> Option<&[Self]> {
                if let Samples::$variant(values) = samples { Some(values) } else { None }
            }

            fn declared(value: f64) -> Option<Self> {
                // Exact or none: a nodata value outside the type can occur in no pixel.
                (value >= f64::from(<$t>::MIN) && value <= f64::from(<$t>::MAX) && value.fract() == 0.0)
                    .then_some(value as $t)
            }

            #[inline]
            fn mean(values: [Self; 4], nodata: Option<Self>) -> Self {
                let [a, b, c, d] = values.map(<$sum>::from);
                let Some(nodata) = nodata else { return ((a + b + c + d + 2) >> 2) as $t };
                let counts = values.map(|value| <$sum>::from(value != nodata));
                let count = counts[0] + counts[1] + counts[2] + counts[3];
                if count == 0 {
                    return nodata;
                }
                let sum = a * counts[0] + b * counts[1] + c * counts[2] + d * counts[3];
                let mean = (sum + count / 2).div_euclid(count) as $t;
                match mean == nodata {
                    true if mean < <$t>::MAX => mean + 1,
                    true => mean - 1,
                    false => mean,
                }
            }
        }
    };
}

integer_pixel!(u8, U8, u32);
integer_pixel!(u16, U16, u32);
integer_pixel!(i16, I16, i32);
integer_pixel!(u32, U32, u64);
integer_pixel!(i32, I32, i64);

macro_rules! float_pixel {
    ($t:ty, $variant:ident) => {
        impl Pixel for $t {
            fn of(samples: &Samples) -> Option<&[Self]> {
                if let Samples::$variant(values) = samples { Some(values) } else { None }
            }

            fn declared(value: f64) -> Option<Self> {
                Some(value as $t)
            }

            fn mean(values: [Self; 4], nodata: Option<Self>) -> Self {
                let (mut sum, mut count) = (0.0_f64, 0.0_f64);
                for value in values {
                    if !value.is_nan() && nodata != Some(value) {
                        sum += f64::from(value);
                        count += 1.0;
                    }
                }
                if count == 0.0 { values[0] } else { (sum / count) as $t }
            }
        }
    };
}

float_pixel!(f32, F32);
float_pixel!(f64, F64);

/// A band and its overviews.
struct Pyramid<T> {
    levels: Vec<Level<T>>,
    nodata: Option<T>,
    nearest: bool,
}

/// One size of a band.
struct Level<T> {
    width: usize,
    height: usize,
    /// First row that is not yet written.
    top: usize,
    /// Rows from `top` on that do not fill a row of tiles yet.
    waiting: Vec<T>,
}

impl<T: Pixel> Pyramid<T> {
    fn new(
        (width, height): (usize, usize),
        overviews: usize,
        nodata: Option<f64>,
        overview: Overview,
    ) -> Self {
        let levels = (0..=overviews)
            .map(|level| Level {
                width: width.div_ceil(1 << level),
                height: height.div_ceil(1 << level),
                top: 0,
                waiting: Vec::new(),
            })
            .collect();
        Self { levels, nodata: nodata.and_then(T::declared), nearest: overview == Overview::Nearest }
    }

    /// Takes rows at `level`: what fills a row of tiles is written and reduced into the next level.
    fn take(&mut self, level: usize, mut rows: &[T], bands: &[Band<'_>]) -> Outcome<()> {
        let (nodata, nearest) = (self.nodata, self.nearest);
        while let (Some(band), Some(own), false) =
            (bands.get(level), self.levels.get_mut(level), rows.is_empty())
        {
            let tile = band.block_size()?;
            let wanted = own.width * tile.1.min(own.height - own.top);
            let missing = (wanted - own.waiting.len()).min(rows.len());
            let (some, rest) = rows.split_at(missing);
            rows = rest;
            // Strips as high as a tile pass without being copied.
            let full = if missing == wanted {
                some
            } else {
                own.waiting.extend_from_slice(some);
                &own.waiting
            };
            if wanted == 0 || full.len() < wanted {
                break;
            }
            write_tiles(band, tile, own.width, own.top, full)?;
            let reduced = match level + 1 < bands.len() {
                true if nearest => thin(full, own.width),
                true => reduce(full, own.width, nodata),
                false => Vec::new(),
            };
            own.top += wanted / own.width;
            own.waiting.clear();
            self.take(level + 1, &reduced, bands)?;
        }
        Ok(())
    }
}

impl<T: Pixel> Rows for Pyramid<T> {
    fn push(&mut self, samples: &Samples, levels: &[Band<'_>]) -> Outcome<()> {
        let rows = T::of(samples).ok_or("the samples are of another type than the file")?;
        self.take(0, rows, levels)
    }

    fn next_row(&self) -> usize {
        self.levels.first().map_or(0, |level| level.top + level.waiting.len() / level.width)
    }
}

/// Writes whole rows of tiles. Tiles at the right and bottom edge repeat their last column and row,
/// which compresses to almost nothing.
fn write_tiles<T: Pixel>(
    band: &Band<'_>,
    (tile_width, tile_height): (usize, usize),
    width: usize,
    top: usize,
    rows: &[T],
) -> Outcome<()> {
    let height = rows.len() / width;
    let mut tile = vec![T::default(); tile_width * tile_height];
    for (column, x) in (0..width).step_by(tile_width).enumerate() {
        let inside = tile_width.min(width - x);
        for (y, line) in tile.chunks_exact_mut(tile_width).enumerate() {
            let source = &rows[y.min(height - 1) * width + x..][..inside];
            let (left, right) = line.split_at_mut(inside);
            left.copy_from_slice(source);
            right.fill(source[inside - 1]);
        }
        band.write_tile(column, top / tile_height, &tile)?;
    }
    Ok(())
}

/// Rows at half the size: means of 2 × 2 pixels, an odd last column and row standing for two.
fn reduce<T: Pixel>(rows: &[T], width: usize, nodata: Option<T>) -> Vec<T> {
    let mut reduced = Vec::with_capacity(rows.len().div_ceil(4) + width);
    for pair in rows.chunks(2 * width) {
        let upper = &pair[..width];
        let lower = if pair.len() > width { &pair[width..] } else { upper };
        let (upper, lower) = (upper.chunks(2), lower.chunks(2));
        reduced.extend(upper.zip(lower).map(|(a, b)| match (a, b) {
            ([a, b], [c, d]) => T::mean([*a, *b, *c, *d], nodata),
            (a, b) => T::mean([a[0], a[0], b[0], b[0]], nodata),
        }));
    }
    reduced
}

/// Rows at half the size: the upper left of 2 × 2 pixels.
fn thin<T: Pixel>(rows: &[T], width: usize) -> Vec<T> {
    rows.chunks(width).step_by(2).flat_map(|row| row.iter().copied().step_by(2)).collect()
}

/// The window of the next `height` rows of a band `width` wide.
pub(super) fn is_next(window: Window, width: usize, next_row: usize) -> bool {
    window.x == 0 && window.width == width && window.y == next_row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodata_takes_no_part_in_a_mean() {
        assert_eq!(u16::mean([0, 10, 20, 0], Some(0)), 15);
        assert_eq!(u16::mean([0, 10, 20, 0], None), 8);
        assert_eq!(u16::mean([0; 4], Some(0)), 0);
        assert_eq!(i16::mean([-9999, -3, -4, -9999], Some(-9999)), -3);
        assert_eq!(f32::mean([f32::NAN, 1.0, 2.0, -9999.0], Some(-9999.0)), 1.5);
        assert!(f32::mean([f32::NAN; 4], None).is_nan());
    }

    #[test]
    fn a_mean_of_measured_pixels_never_reads_as_nodata() {
        assert_eq!(u16::mean([99, 101, 99, 101], Some(100)), 101);
        assert_eq!(u8::mean([254, 255, 254, 254], Some(255)), 254);
        assert_eq!(i32::mean([i32::MAX, i32::MAX - 1, i32::MAX, i32::MIN], Some(i32::MIN)), i32::MAX);
    }

    #[test]
    fn halves_of_odd_sizes_keep_the_last_column_and_row() {
        let rows: Vec<u8> = vec![1, 3, 9, 1, 3, 9, 7, 7, 5];
        assert_eq!(reduce(&rows, 3, None), [2, 9, 7, 5]);
    }

    #[test]
    fn classes_are_picked_and_never_mixed() {
        assert_eq!(thin::<u8>(&[0, 2, 1, 2, 2, 0, 255, 1, 2], 3), [0, 1, 255, 2]);
    }

    #[test]
    fn a_nodata_value_outside_the_type_matches_nothing() {
        assert_eq!(u16::declared(-9999.0), None);
        assert_eq!(u8::declared(0.5), None);
        assert_eq!(u16::declared(65535.0), Some(65535));
    }
}
