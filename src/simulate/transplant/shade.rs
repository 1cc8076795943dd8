//! Where a donor's shadows fall and how deep they are.

use super::{LONG_WAVES, Optics, cast, places};
use crate::bands::Band;
use crate::mask::{self, CLEAR, CLOUD, INVALID, Mask, SHADOW};
use crate::raster::Plane;
use crate::raster::resample::area_mean;

/// A place is in shadow where the long waves bring less than this part of the ground's light. (The
/// deepest measured shadows leave 0.4, on ground that is darker than its estimate more.)
const DARK: f32 = 0.85;
/// Where they bring less than this part, there is water and not shadow.
const BLACK: f32 = 0.25;
/// Cloud that brightens a pixel by more than this hides what shadow lies under it.
const BRIGHT: f32 = 0.03;
/// Cloud of at least this visible excess throws a shadow.
const THROWS: f32 = 0.2;
/// How far from the cloud's moved outline its shadow may lie, in pixels: clouds differ in height.
const AROUND_PX: u32 = 8;
/// Dark spots narrower than twice this are taken for ground, in pixels.
const OPENING_PX: u32 = 2;
/// Ratios are taken over (2 · this + 1)² pixels, so that the ground's detail does not travel.
const MEAN_PX: usize = 2;
/// A ratio is never below this part of the deepest measured one: what is darker is dark ground.
const DEEPEST: f32 = 0.8;

/// Where shadow falls: where the mask says so; where it names none, the dark places to the side to which
/// the cloud throws its shadow.
pub(super) fn dark(
    bands: &[Band],
    cloudy: &[Plane<f32>],
    ground: &[Plane<f32>],
    optics: &[Option<Optics>],
    codes: &Plane<u8>,
    excess: &Plane<f32>,
) -> Vec<bool> {
    if codes.data.contains(&SHADOW) {
        return codes.data.iter().map(|&code| code == SHADOW).collect();
    }
    let long: Vec<_> =
        places(bands, &LONG_WAVES).into_iter().filter_map(|b| Some((b, optics[b]?.air))).collect();
    let missing = |i: usize| {
        let (mut light, mut expected) = (0.0, 0.0);
        for &(b, air) in &long {
            light += cloudy[b].data[i] - air;
            expected += ground[b].data[i] - air;
        }
        let ratio = light / expected;
        let seen = codes.data[i] != INVALID && excess.data[i] < BRIGHT && expected > 0.0;
        if seen && ratio >= BLACK { 1.0 - ratio } else { f32::NAN }
    };
    let darkness = Plane::from_vec(codes.width, codes.height, (0..codes.data.len()).map(missing).collect());
    let throws = (0..codes.data.len()).map(|i| u8::from(codes.data[i] == CLOUD && excess.data[i] >= THROWS));
    let throws = Plane::from_vec(codes.width, codes.height, throws.collect());
    let Some(under) = thrown(&darkness, &throws) else { return vec![false; codes.data.len()] };
    let found: Vec<bool> = (0..under.len()).map(|i| under[i] && darkness.data[i] > 1.0 - DARK).collect();
    opened(&found, codes.width, codes.height)
}

/// The pixels onto which the cloud throws its shadow; none where no shadow is known.
fn thrown(darkness: &Plane<f32>, throws: &Plane<u8>) -> Option<Vec<bool>> {
    let cells = |plane: &Plane<f32>| area_mean(plane, cast::CELL);
    let cloud = cells(&throws.map(f32::from)).map(|part| part >= 0.5);
    let (dx, dy) = cast::displacement(&cells(darkness), &cloud)?;
    let (dx, dy) = (dx * cast::CELL as isize, dy * cast::CELL as isize);
    let mut moved = Plane::filled(throws.width, throws.height, CLEAR);
    for y in 0..throws.height {
        for x in 0..throws.width {
            let (u, v) = (x as isize - dx, y as isize - dy);
            if (0..throws.width as isize).contains(&u) && (0..throws.height as isize).contains(&v) {
                moved.set(x, y, throws.get(u as usize, v as usize));
            }
        }
    }
    Some(within(&moved, |code| code == CLOUD, AROUND_PX))
}

/// Whether a pixel of a kind lies within a radius of each pixel.
fn within(codes: &Plane<u8>, kind: impl Fn(u8) -> bool, radius_px: u32) -> Vec<bool> {
    let only = codes.map(|code| if kind(code) { CLOUD } else { CLEAR });
    let reach = mask::alpha(&Mask { codes: only, source: String::new() }, radius_px, 0);
    reach.0.data.into_iter().map(|m| m == u8::MAX).collect()
}

/// Shrunk and grown again by a disc.
fn opened(found: &[bool], width: usize, height: usize) -> Vec<bool> {
    let plane = |values: Vec<u8>| Plane::from_vec(width, height, values);
    let outside = plane(found.iter().map(|&yes| u8::from(!yes)).collect());
    let shrunk: Vec<u8> =
        within(&outside, |code| code == CLOUD, OPENING_PX).into_iter().map(|near| u8::from(!near)).collect();
    within(&plane(shrunk), |code| code == CLOUD, OPENING_PX)
}

/// What part of the ground's light (air taken off) reaches each pixel of a band, from the deepest
/// measured shadow's to 1: of means over a few pixels that no cloud brightens.
pub(super) fn ratio(x: &Plane<f32>, g: &Plane<f32>, optics: &Optics, excess: &Plane<f32>) -> Plane<f32> {
    let counts = |i: usize| excess.data[i] < BRIGHT && !x.data[i].is_nan();
    let light =
        |i: usize| if counts(i) { [x.data[i] - optics.air, g.data[i] - optics.air] } else { [0.0; 2] };
    let sums = box_sums(&(0..x.data.len()).map(light).collect::<Vec<_>>(), x.width, x.height);
    let least = DEEPEST * optics.shadow;
    let one = |(i, [light, expected]): (usize, [f32; 2])| {
        if counts(i) && expected > 0.0 { (light / expected).clamp(least, 1.0) } else { 1.0 }
    };
    Plane::from_vec(x.width, x.height, sums.into_iter().enumerate().map(one).collect())
}

/// Sums over a square around each pixel, cut at the edges.
fn box_sums(values: &[[f32; 2]], width: usize, height: usize) -> Vec<[f32; 2]> {
    let along = |values: &[[f32; 2]], outer: usize, len: usize, index: &dyn Fn(usize, usize) -> usize| {
        let mut sums = vec![[0.0_f32; 2]; values.len()];
        for line in 0..outer {
            for place in 0..len {
                let mut sum = [0.0; 2];
                for near in place.saturating_sub(MEAN_PX)..(place + MEAN_PX + 1).min(len) {
                    let value = values[index(line, near)];
                    sum = [sum[0] + value[0], sum[1] + value[1]];
                }
                sums[index(line, place)] = sum;
            }
        }
        sums
    };
    let rows = along(values, height, width, &|y, x| y * width + x);
    along(&rows, width, height, &|x, y| y * width + x)
}
