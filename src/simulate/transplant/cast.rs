//! Where the cloud of an image throws its shadow, told from the image alone.
//!
//! Nobody says where the sun stood. But all clouds of a small image throw their shadows to one side, about
//! equally far: so the cloud's outline is moved over the image, and the place where it covers the darkest
//! ground is its shadow's. Woods are dark too, but not in the shape of the clouds.

use crate::raster::Plane;

/// Side of the cells in which it is looked for, in pixels.
pub(super) const CELL: usize = 4;
/// The farthest a shadow is looked for, in cells: cloud 1.2 km up under a sun 45° high, or 2 km under one
/// of 60°.
const REACH: isize = 30;
/// The nearest: closer by, the rim of the cloud itself is met.
const NEAREST: isize = 2;
/// The least number of cells by which a shadow is known.
const MIN_CELLS: usize = 12;
/// The least part of the cloud whose shadow must fall on ground that is seen.
const MIN_PART: f32 = 0.2;
/// How much darker than the rest of the ground it must be, in parts of the ground's light.
const MIN_CONTRAST: f32 = 0.12;

/// How far the shadow lies from its cloud, in cells (columns, rows), or none that is clearly one.
/// `darkness` is the part of the ground's light that is missing in a cell (below 0 where there is more than
/// expected, NaN where cloud hides the ground), `cloud` tells the cells with cloud thick enough to throw a shadow.
pub(super) fn displacement(darkness: &Plane<f32>, cloud: &Plane<bool>) -> Option<(isize, isize)> {
    let cells: Vec<(isize, isize)> = (0..cloud.data.len())
        .filter(|&i| cloud.data[i])
        .map(|i| ((i % cloud.width) as isize, (i / cloud.width) as isize))
        .collect();
    let (sum, count) = darkness
        .data
        .iter()
        .filter(|dark| !dark.is_nan())
        .fold((0.0, 0), |(sum, count), dark| (sum + dark, count + 1));
    let least = MIN_CELLS.max((MIN_PART * cells.len() as f32) as usize);
    if count < least {
        return None;
    }
    let usual = sum / count as f32;
    let mut best: Option<(f32, (isize, isize))> = None;
    for dy in -REACH..=REACH {
        for dx in -REACH..=REACH {
            let distance = dx * dx + dy * dy;
            if !(NEAREST * NEAREST..=REACH * REACH).contains(&distance) {
                continue;
            }
            let Some((contrast, cells)) = contrast(darkness, &cells, (dx, dy), usual) else { continue };
            let score = contrast * (cells as f32).sqrt();
            if cells >= least && contrast >= MIN_CONTRAST && best.is_none_or(|(known, _)| score > known) {
                best = Some((score, (dx, dy)));
            }
        }
    }
    best.map(|(_, shift)| shift)
}

/// By how much the ground under the moved cloud is darker than usual, and in how many cells it is seen.
fn contrast(
    darkness: &Plane<f32>,
    cloud: &[(isize, isize)],
    shift: (isize, isize),
    usual: f32,
) -> Option<(f32, usize)> {
    let (mut sum, mut count) = (0.0, 0);
    for &(x, y) in cloud {
        let (x, y) = (x + shift.0, y + shift.1);
        if (0..darkness.width as isize).contains(&x) && (0..darkness.height as isize).contains(&y) {
            let dark = darkness.get(x as usize, y as usize);
            if !dark.is_nan() {
                sum += dark;
                count += 1;
            }
        }
    }
    (count > 0).then(|| (sum / count as f32 - usual, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A dark disc on ground of a darkness that varies a little.
    fn ground(centre: (usize, usize), radius: usize) -> Plane<f32> {
        let value = |i: usize| {
            let (x, y) = (i % 48, i / 48);
            let inside = x.abs_diff(centre.0).pow(2) + y.abs_diff(centre.1).pow(2) <= radius * radius;
            0.05 * ((i * 7919) % 101) as f32 / 101.0 + if inside { 0.5 } else { 0.0 }
        };
        Plane::from_vec(48, 48, (0..48 * 48).map(value).collect())
    }

    fn disc(centre: (usize, usize), radius: usize) -> Plane<bool> {
        let inside = |i: usize| {
            (i % 48).abs_diff(centre.0).pow(2) + (i / 48).abs_diff(centre.1).pow(2) <= radius * radius
        };
        Plane::from_vec(48, 48, (0..48 * 48).map(inside).collect())
    }

    #[test]
    fn the_moved_outline_that_is_darkest_is_the_shadow() {
        let cloud = disc((30, 20), 5);
        let mut dark = ground((14, 26), 5);
        dark.data.iter_mut().zip(&cloud.data).for_each(|(dark, &cloud)| {
            if cloud {
                *dark = f32::NAN;
            }
        });
        let (dx, dy) = displacement(&dark, &cloud).expect("a shadow");
        assert!((dx + 16).abs() <= 1 && (dy - 6).abs() <= 1, "{dx}, {dy}");
    }

    #[test]
    fn even_ground_and_far_shadows_are_none() {
        assert_eq!(displacement(&ground((14, 26), 0), &disc((30, 20), 5)), None);
        assert_eq!(displacement(&ground((2, 45), 3), &disc((45, 2), 3)), None);
        assert_eq!(displacement(&ground((14, 26), 5), &disc((30, 20), 0)), None);
    }
}
