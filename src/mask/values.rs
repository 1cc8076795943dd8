//! From the stored values of a mask file to codes, and what was seen on the way.

use super::{CLEAR, CLOUD, Classes, FileOptions, INVALID};
use crate::raster::Scene;

/// From this weight (in 255ths) a pixel is more replaced than kept.
const HALF: f64 = 128.0;

/// Most different values that are taken for classes: no product has more.
pub(super) const MOST_CLASSES: u32 = 24;

/// What the values of one band of a mask file mean.
pub(super) struct Values<'a> {
    classes: &'a Classes,
    is_float: bool,
    declared: Option<f64>,
    /// Weights of our own: `declouder mask --feather`, and the band that marks what was made.
    is_weights: bool,
    /// Whether Declouder wrote the file, so that its codes are known.
    is_ours: bool,
    seen: Seen,
}

/// Whether a band of this name holds weights of our own.
pub(super) fn is_weights(name: &str) -> bool {
    ["m", "synthetic"].contains(&name)
}

/// Whether Declouder wrote a file.
pub(super) fn is_ours(file: &Scene) -> bool {
    file.metadata.iter().any(|item| item.starts_with("DECLOUDER_"))
}

/// Which values there were.
#[derive(Default)]
struct Seen {
    black: bool,
    white: bool,
    other: bool,
    /// Which whole numbers from 0 to 255.
    numbers: [u64; 4],
}

impl<'a> Values<'a> {
    pub(super) fn of(file: &Scene, band: usize, options: &'a FileOptions) -> Self {
        let info = &file.bands[band];
        Self {
            classes: &options.classes,
            is_float: !info.dtype.is_integer(),
            declared: info.nodata.declared,
            is_weights: options.classes == Classes::default() && is_weights(&info.name),
            is_ours: is_ours(file),
            seen: Seen::default(),
        }
    }

    /// The code for a value; none for one that makes no sense.
    pub(super) fn code(&mut self, value: f64) -> Option<u8> {
        if self.is_weights {
            return Some(if value >= HALF { CLOUD } else { CLEAR });
        }
        // A declared 0 is far more often GDAL's habit than a statement about the sky.
        if self.declared.is_some_and(|nodata| nodata == value && nodata != 0.0) {
            self.seen.other = true;
            return Some(INVALID);
        }
        self.seen.black |= value == 0.0;
        self.seen.white |= value == 255.0;
        self.seen.other |= value != 0.0 && value != 255.0;
        if (0.0..256.0).contains(&value) {
            self.seen.numbers[value as usize / 64] |= 1 << (value as usize % 64);
        }
        self.classes.code(value, self.is_float)
    }

    /// Whether the values seen were 0 and 255 and no other, in a file that does not say what they mean.
    pub(super) fn are_black_and_white(&self) -> bool {
        let Seen { black, white, other, .. } = self.seen;
        let unsaid = *self.classes == Classes::default() && !self.is_ours && !self.is_weights;
        unsaid && black && white && !other
    }

    /// How many different values there were, where there are too many for classes in a file that does not say what
    /// they mean: a probability in percent, or weights.
    pub(super) fn too_many(&self) -> Option<u32> {
        let count = self.seen.numbers.iter().map(|bits| bits.count_ones()).sum();
        let unsaid = *self.classes == Classes::default() && !self.is_float && !self.is_weights;
        (unsaid && count > MOST_CLASSES).then_some(count)
    }

    /// The meaning in words, for the report.
    pub(super) fn words(&self) -> String {
        if self.is_weights {
            "weights in 255ths, cut at half".to_owned()
        } else if self.are_black_and_white() {
            "0 clear, 255 cloud".to_owned()
        } else {
            self.classes.to_string()
        }
    }
}
