//! The clear date in the light of the cloudy date.
//!
//! The dates of a pair lie days to months apart. Sun, haze and season change all land alike, and a method that keeps to
//! the light of the date it is given is blamed for that. Relative radiometric normalisation (Schott, Salvaggio and
//! Volchok 1988) takes it away: where both dates are clear, the median difference of a band is what changed for all of
//! the land, and the clear date is moved by it. What lies under cloud has no say in it, and every method is measured
//! against the same moved date. Land that changed by itself stays changed.

use super::image::Image;
use crate::mask::{self, CLEAR};
use crate::raster::Plane;

/// Clear pixels nearer than this to cloud or shadow have no say: thin margins lie there.
const MARGIN_PX: u32 = 10;
/// With fewer clear pixels the median says little.
const LEAST_PX: usize = 500;
/// About so many pixels are looked at.
const LOOK_PX: usize = 1 << 20;

/// The clear date moved by a number a band; none for transplanted cloud, whose truth is of the same date, and where too
/// little is clear on both dates.
pub(super) fn aligned(image: &Image) -> Option<Vec<Plane<f32>>> {
    if image.lent.is_some() {
        return None;
    }
    let near = mask::alpha(&image.mask, MARGIN_PX, 0).0;
    let codes = &image.mask.codes.data;
    let pixels: Vec<usize> = (0..codes.len()).filter(|&i| codes[i] == CLEAR && near.data[i] == 0).collect();
    let step = pixels.len().div_ceil(LOOK_PX).max(1);
    let moved = |(cloudy, clear): (&Plane<f32>, &Plane<f32>)| {
        let difference = |&i: &usize| cloudy.data[i] - clear.data[i];
        let differences = pixels.iter().step_by(step).map(difference).filter(|value| value.is_finite());
        let by = median(differences.collect())?;
        Some(clear.map(|value| value + by))
    };
    image.cloudy.iter().zip(&image.clear).map(moved).collect()
}

/// The middle value; none of too few.
fn median(mut values: Vec<f32>) -> Option<f32> {
    if values.len() < LEAST_PX {
        return None;
    }
    let middle = values.len() / 2;
    Some(*values.select_nth_unstable_by(middle, f32::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bands::Band;
    use crate::evaluation::report::Lent;
    use crate::mask::{CLOUD, Mask};
    use crate::simulate::transplant::Placing;

    /// Land of which a tenth changed by itself, all of it 0.03 brighter on the cloudy date, with a cloud in its middle
    /// whose thin margin no mask tells.
    fn image(width: usize) -> Image {
        let mut codes = Plane::filled(width, 60, CLEAR);
        (20..40).for_each(|y| codes.row_mut(y)[20..width - 20].fill(CLOUD));
        let clear =
            Plane::from_vec(width, 60, (0..60 * width).map(|i| 0.1 + 0.001 * (i % 50) as f32).collect());
        let mut cloudy = clear.map(|value| value + 0.03);
        for y in 0..60 {
            for x in 0..width {
                let near = (14..46).contains(&y) && (14..width - 14).contains(&x);
                if near || x < 4 {
                    cloudy.set(x, y, 0.6);
                }
            }
        }
        cloudy.set(width - 1, 0, f32::NAN);
        Image {
            name: "i".into(),
            scene: "s".into(),
            lent: None,
            bands: vec![Band::B04],
            level: None,
            on_disk: None,
            cloudy: vec![cloudy],
            clear: vec![clear],
            s1: None,
            reference: None,
            mask: Mask { codes: codes.clone(), source: String::new() },
            alpha: mask::alpha(&Mask { codes, source: String::new() }, 0, 0),
            excess: None,
            paths: Default::default(),
            order: (0, 0),
        }
    }

    #[test]
    fn what_changed_for_all_land_is_taken_away_and_nothing_else() {
        let image = image(60);
        let moved = aligned(&image).expect("enough is clear");
        for (moved, clear) in moved[0].data.iter().zip(&image.clear[0].data) {
            assert!((moved - clear - 0.03).abs() < 1e-6);
        }
    }

    #[test]
    fn nothing_is_moved_within_a_date_or_where_little_is_clear() {
        let mut lent = image(60);
        lent.lent = Some(Lent { donor: "d".into(), placing: Placing::default() });
        assert_eq!(aligned(&lent), None);
        let mut overcast = image(60);
        overcast.mask.codes.data[..50 * 60].fill(CLOUD);
        assert_eq!(aligned(&overcast), None);
    }
}
