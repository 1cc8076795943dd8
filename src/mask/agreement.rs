//! How well two masks agree.

use serde::{Deserialize, Serialize};

use super::{CLOUD, INVALID, Mask, SHADOW};

/// Agreement of one class with a reference. A ratio without a denominator (nothing found, nothing
/// to find) is none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassAgreement {
    /// Pixels of the class in the reference.
    pub reference: u64,
    /// Pixels of the class in the mask.
    pub found: u64,
    /// Pixels of the class in both.
    pub both: u64,
    /// Both / either.
    pub iou: Option<f64>,
    /// Both / found.
    pub precision: Option<f64>,
    /// Both / reference.
    pub recall: Option<f64>,
}

/// Agreement of a mask with a reference over the pixels valid in both.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Pixels valid in both.
    pub pixels: u64,
    /// Cloud.
    pub cloud: ClassAgreement,
    /// Shadow.
    pub shadow: ClassAgreement,
}

/// Compares two masks of the same size; pixels invalid in either are left out.
#[must_use]
pub fn agreement(mask: &Mask, reference: &Mask) -> Agreement {
    let mut pixels = 0;
    let mut counts = [[0_u64; 3]; 2];
    for (&found, &wanted) in mask.codes.data.iter().zip(&reference.codes.data) {
        if found == INVALID || wanted == INVALID {
            continue;
        }
        pixels += 1;
        for (counts, class) in counts.iter_mut().zip([CLOUD, SHADOW]) {
            let (found, wanted) = (found == class, wanted == class);
            counts[0] += u64::from(wanted);
            counts[1] += u64::from(found);
            counts[2] += u64::from(found && wanted);
        }
    }
    let class = |[reference, found, both]: [u64; 3]| {
        let ratio = |of: u64| (of > 0).then(|| both as f64 / of as f64);
        ClassAgreement {
            reference,
            found,
            both,
            iou: ratio(reference + found - both),
            precision: ratio(found),
            recall: ratio(reference),
        }
    };
    Agreement { pixels, cloud: class(counts[0]), shadow: class(counts[1]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Plane;

    #[test]
    fn classes_are_counted_apart_and_invalid_pixels_left_out() {
        let mask =
            |codes: [u8; 6]| Mask { codes: Plane::from_vec(6, 1, codes.to_vec()), source: String::new() };
        let found = agreement(&mask([1, 1, 1, 2, 0, 255]), &mask([1, 1, 0, 1, 0, 1]));
        assert_eq!((found.pixels, found.cloud.both), (5, 2));
        assert_eq!((found.cloud.iou, found.cloud.precision), (Some(0.5), Some(2.0 / 3.0)));
        assert_eq!((found.shadow.recall, found.shadow.precision), (None, Some(0.0)));
    }
}
