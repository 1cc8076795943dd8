//! Cloudy patches as truths: where they are clear their ground is known, and cloud can be lent to it as to a clear
//! patch. What lies under their own cloud stays unknown and is not learned from.

use super::{DRAWS, Samples};
use crate::mask::{self, CLEAR, CLOUD, Mask, SHADOW};
use crate::random::Stream;
use crate::raster::Plane;
use crate::training::dataset::{MARGIN_PX, Patch};

/// Least part of a cloudy patch that must be known.
const LEAST_KNOWN: f32 = 0.3;

/// Ground to be put under cloud.
pub(super) struct Ground {
    pub(super) patch: Patch,
    /// Where the patch has cloud or shadow of its own, or is near it; nowhere in a clear patch.
    pub(super) unknown: Plane<bool>,
}

impl Samples {
    /// A clear patch, or a cloudy one that is known in part (`data.partly_clear`).
    pub(super) fn ground(&self, stream: &mut Stream) -> Ground {
        let share = self.config.data.partly_clear;
        let partly = (share > 0.0 && stream.chance(share)).then(|| self.partly_clear(stream)).flatten();
        partly.unwrap_or_else(|| {
            let patch = self.clear_patch(&[], stream);
            let unknown = patch.codes.map(|_| false);
            Ground { patch, unknown }
        })
    }

    /// A cloudy patch that is known in part and has no cirrus there; none where a few draws find none.
    fn partly_clear(&self, stream: &mut Stream) -> Option<Ground> {
        (0..DRAWS).find_map(|_| {
            let patch = self.dataset.patch(self.dataset.draw(&self.cloudy, &[], stream));
            let unknown = unknown(&patch.codes);
            let known = unknown.data.iter().filter(|&&unknown| !unknown).count();
            let enough = known as f32 >= LEAST_KNOWN * unknown.data.len() as f32;
            (enough && !self.has_cirrus(&patch, &unknown)).then_some(Ground { patch, unknown })
        })
    }
}

impl Ground {
    /// Puts the patch's own cloud back where lent cloud was laid over it.
    pub(super) fn keep_own(&self, image: &mut [Plane<f32>], codes: &mut Plane<u8>) {
        for (i, &own) in self.patch.codes.data.iter().enumerate() {
            if self.unknown.data[i] && (own == CLOUD || own == SHADOW) {
                codes.data[i] = own;
                for (plane, of_patch) in image.iter_mut().zip(&self.patch.planes) {
                    plane.data[i] = of_patch.data[i];
                }
            }
        }
    }
}

/// Where codes are anything but clear, or that is near.
fn unknown(codes: &Plane<u8>) -> Plane<bool> {
    let around = codes.map(|code| if code == CLEAR { CLEAR } else { CLOUD });
    mask::alpha(&Mask { codes: around, source: String::new() }, MARGIN_PX, 0).0.map(|m| m > 0)
}
