//! From an opened scene to patches.

use super::subject::{Plan, Subject};
use crate::mask::{CLEAR, INVALID, Mask};
use crate::patches::labels::{CLASSES_19, CLASSES_43};
use crate::patches::{Domain, QUANTIFICATION, Result};
use crate::raster::{Plane, SceneReader, Window};

/// A patch on its way to the writer, which numbers rows and places.
#[derive(Debug)]
pub(super) struct Draft {
    pub pixels: Vec<u16>,
    pub mask: Vec<u8>,
    pub domain: Domain,
    pub place: String,
    pub labels_43: Option<[u8; CLASSES_43]>,
    pub labels_19: Option<[u8; CLASSES_19]>,
    pub s1: Option<Vec<f32>>,
    pub reference: Option<Vec<u16>>,
    pub pair: Option<Box<Draft>>,
}

/// What became of a window.
#[derive(Debug)]
pub(super) enum Cut {
    Taken(Box<Draft>),
    /// Neither clear nor cloudy by the thresholds.
    Between,
    /// Too little of it was measured.
    Invalid,
}

/// The windows of a scene's patches, row by row. A scene smaller than a patch has one window, itself.
pub(super) fn windows(width: usize, height: usize, side: usize, stride: usize) -> Vec<Window> {
    let (columns, rows) = (starts(width, side, stride), starts(height, side, stride));
    let window =
        |y: usize| columns.iter().map(move |&x| Window::new(x, y, side.min(width), side.min(height)));
    rows.iter().flat_map(|&y| window(y)).collect()
}

/// Where patches begin along an axis; the last one is moved inwards to end with the scene.
fn starts(len: usize, side: usize, stride: usize) -> Vec<usize> {
    let room = len.saturating_sub(side);
    (0..=room.div_ceil(stride)).map(|index| (index * stride).min(room)).collect()
}

/// Reads the windows of one subject; one a thread.
pub(super) struct Cutter<'s> {
    own: Side<'s>,
    /// The clear day of a pair.
    clear: Option<Side<'s>>,
}

/// One day: a subject, its mask, and readers of all that belongs to it.
struct Side<'s> {
    subject: &'s Subject,
    mask: &'s Mask,
    scene: SceneReader<'s>,
    s1: Option<(SceneReader<'s>, [usize; 2])>,
    reference: Option<(SceneReader<'s>, &'s [Option<usize>])>,
}

impl<'s> Cutter<'s> {
    /// `masks` are the subject's own and, for a pair, its clear day's.
    pub(super) fn new(subject: &'s Subject, masks: &'s [Mask]) -> Self {
        let clear = subject.pair.as_deref().zip(masks.get(1)).map(|(pair, mask)| Side::new(pair, mask));
        Self { own: Side::new(subject, &masks[0]), clear }
    }

    /// One patch.
    ///
    /// # Errors
    /// What reading a file meets.
    pub(super) fn cut(&mut self, plan: &Plan<'_>, window: Window) -> Result<Cut> {
        let (side, valid_least) = (plan.config.patch_px, plan.config.valid_least);
        let Some(covered) = covered(&self.own.mask.codes.crop(window), side, valid_least) else {
            return Ok(Cut::Invalid);
        };
        let Some(domain) = self.own.subject.domain.or_else(|| plan.config.domain_of(covered)) else {
            return Ok(Cut::Between);
        };
        let pair = match &mut self.clear {
            None => None,
            Some(clear) if self::covered(&clear.mask.codes.crop(window), side, valid_least).is_none() => {
                return Ok(Cut::Invalid);
            }
            Some(clear) => Some(Box::new(clear.draft(plan, window, Domain::Clear)?)),
        };
        let draft = self.own.draft(plan, window, domain)?;
        Ok(Cut::Taken(Box::new(Draft { pair, ..draft })))
    }
}

impl<'s> Side<'s> {
    fn new(subject: &'s Subject, mask: &'s Mask) -> Self {
        let reference = subject.reference.as_ref();
        Self {
            subject,
            mask,
            scene: SceneReader::new(&subject.scene),
            s1: subject.s1.as_ref().map(|(scene, bands)| (SceneReader::new(scene), *bands)),
            reference: reference.map(|(scene, bands)| (SceneReader::new(scene), bands.as_slice())),
        }
    }

    fn draft(&mut self, plan: &Plan<'_>, window: Window, domain: Domain) -> Result<Draft> {
        let side = plan.config.patch_px;
        let s1 = self.s1.as_mut().map(|(reader, bands)| radar(reader, *bands, window, side)).transpose()?;
        let reference =
            self.reference.as_mut().map(|(reader, bands)| pixels(reader, bands, window, side)).transpose()?;
        Ok(Draft {
            pixels: pixels(&mut self.scene, &self.subject.bands, window, side)?,
            mask: placed(&self.mask.codes.crop(window), side, INVALID),
            domain,
            place: self.subject.place_at(window, plan.config.place_km),
            labels_43: self.subject.labels_43,
            labels_19: self.subject.labels_19,
            s1,
            reference,
            pair: None,
        })
    }
}

/// The part of a window's valid pixels under cloud or shadow; none where too little of a whole patch
/// was measured.
fn covered(codes: &Plane<u8>, side: usize, valid_least: f64) -> Option<f64> {
    let (mut valid, mut clear) = (0_usize, 0_usize);
    for &code in &codes.data {
        valid += usize::from(code != INVALID);
        clear += usize::from(code == CLEAR);
    }
    let enough = valid > 0 && valid as f64 >= valid_least * (side * side) as f64;
    enough.then(|| (valid - clear) as f64 / valid as f64)
}

/// Stored numbers of the store's bands in a window: reflectance × 10000, at least 1 where measured.
fn pixels(
    reader: &mut SceneReader<'_>,
    bands: &[Option<usize>],
    window: Window,
    side: usize,
) -> Result<Vec<u16>> {
    let mut out = Vec::with_capacity(bands.len() * side * side);
    for band in bands {
        match band {
            Some(index) => out.extend(placed(&reader.reflectance(*index, window)?.map(number), side, 0)),
            None => out.resize(out.len() + side * side, 0),
        }
    }
    Ok(out)
}

/// The stored number of a reflectance; 0 for NaN.
fn number(reflectance: f32) -> u16 {
    if reflectance.is_nan() {
        0
    } else {
        (reflectance * QUANTIFICATION).round().clamp(1.0, f32::from(u16::MAX)) as u16
    }
}

/// VV and VH in dB.
fn radar(reader: &mut SceneReader<'_>, bands: [usize; 2], window: Window, side: usize) -> Result<Vec<f32>> {
    let mut out = Vec::with_capacity(2 * side * side);
    for band in bands {
        out.extend(placed(&reader.reflectance(band, window)?, side, f32::NAN));
    }
    Ok(out)
}

/// A plane in the middle of a square of `side` pixels, the rest filled: scenes may be smaller than a
/// patch.
fn placed<T: Copy>(plane: &Plane<T>, side: usize, fill: T) -> Vec<T> {
    if (plane.width, plane.height) == (side, side) {
        return plane.data.clone();
    }
    let (left, top) = ((side - plane.width) / 2, (side - plane.height) / 2);
    let mut out = vec![fill; side * side];
    for y in 0..plane.height {
        let start = (top + y) * side + left;
        out[start..start + plane.width].copy_from_slice(plane.row(y));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_cover_a_scene_and_stay_inside_it() {
        for (width, height, side, stride) in
            [(1080, 1080, 128, 128), (256, 256, 128, 64), (130, 500, 128, 100)]
        {
            let mut seen = vec![0_u8; width * height];
            for window in windows(width, height, side, stride) {
                assert_eq!((window.width, window.height), (side, side));
                for y in window.y..window.y + side {
                    for x in window.x..window.x + side {
                        seen[y * width + x] = 1;
                    }
                }
            }
            assert!(seen.iter().all(|&seen| seen == 1), "{width} × {height}");
        }
        assert_eq!(windows(256, 256, 128, 128).len(), 4);
        assert_eq!(windows(64, 300, 128, 128).len(), 3);
        assert_eq!(windows(64, 64, 128, 128), [Window::new(0, 0, 64, 64)]);
    }

    #[test]
    fn measured_pixels_are_never_the_number_of_nodata() {
        assert_eq!([f32::NAN, -0.3, 0.0, 0.1234, 9.0].map(number), [0, 1, 1, 1234, 65535]);
        for stored in 1..=u16::MAX {
            let reflectance = (f64::from(stored) * 1e-4) as f32;
            assert_eq!(number(reflectance), stored);
        }
    }

    #[test]
    fn a_small_scene_lies_in_the_middle_of_its_patch() {
        let plane = Plane::from_vec(2, 1, vec![7_u8, 8]);
        let square = [9, 9, 9, 9, 9, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9, 9];
        assert_eq!(placed(&plane, 4, 9), square);
        let codes = Plane::from_vec(2, 2, vec![0, 1, 2, 255]);
        assert_eq!(covered(&codes, 2, 0.75), Some(2.0 / 3.0));
        assert_eq!(covered(&codes, 2, 0.8), None);
    }
}
