//! Dilation of a mask's classes, for a mask that is written rather than used.

use super::{CLEAR, CLOUD, Mask, SHADOW, alpha};
use crate::raster::{Grid, Window};

/// Rows of a strip; its neighbours' rows within the radius are looked at too.
const STRIP_ROWS: usize = 512;

/// Lets cloud and then shadow grow over clear pixels within `radius_px` (Euclidean, exact). Besides
/// the result it needs a strip.
#[must_use]
pub fn dilated(mask: &Mask, radius_px: u32) -> Mask {
    let mut out = mask.clone();
    if radius_px == 0 {
        return out;
    }
    let (width, height) = (mask.codes.width, mask.codes.height);
    let halo = radius_px as usize;
    for strip in (Grid { width, height, ..Grid::default() }).strips(STRIP_ROWS) {
        let top = strip.y.saturating_sub(halo);
        let bottom = (strip.y + strip.height + halo).min(height);
        let around = mask.codes.crop(Window::new(0, top, width, bottom - top));
        for class in [CLOUD, SHADOW] {
            let only = around.map(|code| if code == class { CLOUD } else { CLEAR });
            let reach = alpha(&Mask { codes: only, source: String::new() }, radius_px, 0).0;
            for y in strip.y..strip.y + strip.height {
                for (code, &m) in out.codes.row_mut(y).iter_mut().zip(reach.row(y - top)) {
                    if *code == CLEAR && m == u8::MAX {
                        *code = class;
                    }
                }
            }
        }
    }
    out.source.push_str(&format!(", dilated by {radius_px} px"));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Plane;

    #[test]
    fn classes_grow_over_clear_pixels_only_and_across_strips() {
        let mut codes = Plane::filled(9, 1100, CLEAR);
        codes.set(0, 511, CLOUD);
        codes.set(4, 511, SHADOW);
        codes.set(0, 513, super::super::INVALID);
        let grown = dilated(&Mask { codes, source: String::new() }, 3).codes;
        assert_eq!((grown.get(0, 512), grown.get(0, 514), grown.get(0, 515)), (CLOUD, CLOUD, CLEAR));
        assert_eq!((grown.get(3, 511), grown.get(5, 512), grown.get(0, 513)), (CLOUD, SHADOW, 255));
    }
}
