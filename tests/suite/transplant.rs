//! Transplanted clouds: what is left untouched, how they turn, physics, donors that lend nothing.

use declouder::bands::{Band, L1C};
use declouder::mask::{self, CLEAR, CLOUD, DEFAULT_FEATHER_PX, INVALID, Mask, SHADOW};
use declouder::random::Stream;
use declouder::raster::Plane;
use declouder::simulate::transplant::{Donor, Placing, Turn};
use proptest::prelude::*;

/// Reflectance of an even ground and of a thick cloud, in the order of [`L1C`].
const LAND: [f32; 13] = [0.12, 0.1, 0.09, 0.08, 0.11, 0.2, 0.24, 0.23, 0.26, 0.08, 0.001, 0.18, 0.1];
const CLOUDS: [f32; 13] = [0.6, 0.6, 0.61, 0.63, 0.62, 0.65, 0.68, 0.66, 0.7, 0.25, 0.004, 0.5, 0.38];

const WIDTH: usize = 96;
const HEIGHT: usize = 72;

/// A number in −0.5..0.5 that looks random.
fn noise(i: usize) -> f32 {
    ((i * 7919 + 13) % 1009) as f32 / 1009.0 - 0.5
}

/// Land of a brightness, with detail of its own.
fn land(width: usize, height: usize, brightness: f32, seed: usize) -> Vec<Plane<f32>> {
    let plane = |band: usize| {
        let value = |i: usize| LAND[band] * brightness * (1.0 + 0.1 * noise(i + 31 * band + 977 * seed));
        Plane::from_vec(width, height, (0..width * height).map(value).collect())
    };
    (0..13).map(plane).collect()
}

/// Opacity of a round cloud at (30, 30): 0.95 in the middle, 0 from 20 pixels on.
fn opacity(i: usize) -> f32 {
    let (x, y) = ((i % WIDTH) as f32 - 30.0, (i / WIDTH) as f32 - 30.0);
    0.95 * (1.0 - (x.hypot(y) / 20.0).powi(2)).max(0.0)
}

/// Whether a place lies in the shadow of that cloud, 40 pixels to the right.
fn shaded(i: usize) -> bool {
    let (x, y) = ((i % WIDTH) as f32 - 70.0, (i / WIDTH) as f32 - 30.0);
    x.hypot(y) < 12.0
}

struct Scene {
    ground: Vec<Plane<f32>>,
    cloudy: Vec<Plane<f32>>,
    codes: Plane<u8>,
}

/// Even land under one cloud of one opacity in all bands, and its shadow, which the mask does not name.
fn scene(thickness: f32) -> Scene {
    let ground: Vec<_> = LAND.iter().map(|&value| Plane::filled(WIDTH, HEIGHT, value)).collect();
    let cloudy =
        ground.iter().zip(CLOUDS).zip(land(WIDTH, HEIGHT, 1.0, 0)).map(|((ground, cloud), detail)| {
            let value = |i: usize| {
                let e = thickness * opacity(i);
                let lit = if shaded(i) { 0.5 * ground.data[i] } else { detail.data[i] };
                if e > 0.0 { (1.0 - e) * ground.data[i] + e * cloud } else { lit }
            };
            Plane::from_vec(WIDTH, HEIGHT, (0..WIDTH * HEIGHT).map(value).collect())
        });
    let cloudy = cloudy.collect();
    let code = |i: usize| if opacity(i) > 0.0 { CLOUD } else { CLEAR };
    let codes = Plane::from_vec(WIDTH, HEIGHT, (0..WIDTH * HEIGHT).map(code).collect());
    Scene { ground, cloudy, codes }
}

fn donor(scene: &Scene) -> Donor {
    Donor::new(&L1C, &scene.cloudy, &scene.ground, &scene.codes).unwrap()
}

/// The mask m of codes, as everything downstream makes it.
fn alpha(codes: &Plane<u8>) -> Plane<u8> {
    mask::alpha(&Mask { codes: codes.clone(), source: String::new() }, 0, DEFAULT_FEATHER_PX).0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn pixels_outside_the_feathered_mask_keep_every_bit(
        seed in any::<u64>(), width in 8_usize..140, height in 8_usize..140,
    ) {
        let clear = land(width, height, 1.4, 3);
        let donor = donor(&scene(1.0));
        let placing = Placing::draw(&mut Stream::new(seed, 0, "place"), donor.size(), (width, height));
        let under = donor.over(&clear, placing.turn, placing.shift);
        let m = alpha(&under.codes);
        for (before, after) in clear.iter().zip(&under.planes) {
            for i in 0..m.data.len() {
                if m.data[i] == 0 {
                    prop_assert_eq!(before.data[i].to_bits(), after.data[i].to_bits());
                }
                prop_assert!(after.data[i].is_finite() && after.data[i] >= 0.0);
            }
        }
        prop_assert!(under.excess.data.iter().all(|e| (0.0..=1.0).contains(e)));
        prop_assert!((0..m.data.len()).all(|i| under.excess.data[i] == 0.0 || m.data[i] > 0));
        prop_assert_eq!(under, donor.over(&clear, placing.turn, placing.shift));
    }

    #[test]
    fn image_and_mask_turn_and_move_together(number in 0_u8..8, dx in -40_isize..40, dy in -40_isize..40) {
        let donor = donor(&scene(1.0));
        let turn = Turn { mirrored: number >= 4, quarters: number % 4 };
        let (codes, excess) = (turn.of(donor.codes()), turn.of(donor.excess()));
        let clear = land(WIDTH, WIDTH, 1.4, 3);
        let under = donor.over(&clear, turn, (dx, dy));
        for y in 0..WIDTH {
            for x in 0..WIDTH {
                let (u, v) = (x as isize - dx, y as isize - dy);
                if (0..codes.width as isize).contains(&u) && (0..codes.height as isize).contains(&v) {
                    let (u, v) = (u as usize, v as usize);
                    prop_assert_eq!(under.codes.get(x, y), codes.get(u, v));
                    if codes.get(u, v) == CLOUD {
                        prop_assert!((under.excess.get(x, y) - excess.get(u, v)).abs() < 1e-6);
                        let brighter = under.planes[1].get(x, y) - clear[1].get(x, y);
                        prop_assert!(excess.get(u, v) < 0.1 || brighter > 0.03);
                    }
                }
            }
        }
    }
}

#[test]
fn over_its_own_ground_a_cloud_is_what_was_measured() {
    let scene = scene(1.0);
    let donor = donor(&scene);
    assert_eq!(donor.spectrum(), "its own brightest core");
    let back = donor.over(&scene.ground, Turn::default(), (0, 0));
    for (band, (measured, back)) in scene.cloudy.iter().zip(&back.planes).enumerate() {
        for i in (0..measured.data.len()).filter(|&i| opacity(i) > 0.5) {
            let apart = (measured.data[i] - back.data[i]).abs();
            assert!(apart < 1e-3, "{} at {i}: {apart}", L1C[band]);
        }
    }
}

#[test]
fn the_excess_is_told_from_the_brightness_and_thick_cloud_hides_all_detail() {
    let donor = donor(&scene(1.0));
    let thickest = opacity(30 * WIDTH + 30);
    for i in (0..WIDTH * HEIGHT).filter(|&i| opacity(i) > 0.0 && !shaded(i)) {
        // The brightest tenth of the core stands for thick cloud, so e is a little above the truth.
        let (found, truth) = (donor.excess().data[i], opacity(i));
        assert!(found >= truth - 0.02 && found <= truth / (0.85 * thickest) + 0.02, "{found} for {truth}");
    }
    let (dark, bright) = (land(WIDTH, HEIGHT, 0.5, 1), land(WIDTH, HEIGHT, 2.0, 2));
    let at = |clear: &[Plane<f32>], x: usize| donor.over(clear, Turn::default(), (0, 0)).planes[3].get(x, 30);
    assert!((at(&dark, 30) - at(&bright, 30)).abs() < 0.01, "an opaque core looks alike everywhere");
    assert!(at(&bright, 46) - at(&dark, 46) > 0.03, "a thin rim shows the ground's brightness");
}

#[test]
fn shadows_beside_cloud_are_found_and_darken_long_waves_as_much_as_measured() {
    let donor = donor(&scene(1.0));
    let found = (0..WIDTH * HEIGHT).filter(|&i| donor.codes().data[i] == SHADOW).count();
    let truth = (0..WIDTH * HEIGHT).filter(|&i| shaded(i)).count();
    assert!(found.abs_diff(truth) * 10 < truth, "{found} of {truth}");
    let clear = land(WIDTH, HEIGHT, 1.5, 2);
    let under = donor.over(&clear, Turn::default(), (0, 0));
    let at = 30 * WIDTH + 70;
    for band in [8, 11, 12] {
        let ratio = under.planes[band].data[at] / clear[band].data[at];
        assert!((ratio - 0.5).abs() < 0.03, "{}: {ratio}", L1C[band]);
    }
    assert_eq!((under.codes.data[at], under.excess.data[at]), (SHADOW, 0.0));
    // Blue light comes from the air too, and that is no darker in shadow.
    assert!(under.planes[1].data[at] / clear[1].data[at] > 0.6);
}

#[test]
fn a_thin_cloud_borrows_the_spectrum_of_a_measured_kind() {
    let donor = donor(&scene(0.25));
    assert_ne!(donor.spectrum(), "its own brightest core");
    let middle = donor.excess().get(30, 30);
    assert!((0.1..0.4).contains(&middle), "{middle}");
    // Half of the ground's detail or so still shows through it.
    let clear = land(WIDTH, HEIGHT, 1.0, 5);
    let under = donor.over(&clear, Turn::default(), (0, 0));
    assert!(under.planes[3].get(30, 30) > clear[3].get(30, 30) + 0.05);
}

#[test]
fn the_detail_of_the_donors_ground_does_not_travel() {
    let scene = scene(0.08);
    let mut rough = Scene { cloudy: scene.cloudy.clone(), ..scene };
    // Fields as uneven as the clear land, half of which shows through so thin a cloud; the estimate of
    // its ground knows nothing of them.
    for (band, plane) in rough.cloudy.iter_mut().enumerate() {
        for (i, value) in plane.data.iter_mut().enumerate() {
            *value += 0.5 * LAND[band] * 0.1 * noise(i / 3 + 31 * band);
        }
    }
    let donor = donor(&rough);
    let even: Vec<_> = LAND.iter().map(|&value| Plane::filled(WIDTH, HEIGHT, value)).collect();
    let under = donor.over(&even, Turn::default(), (0, 0));
    // Roughness from pixel to pixel in the near infrared, where the cloud itself is smooth.
    let roughness = |plane: &Plane<f32>| {
        (20..40)
            .map(|x| (plane.get(x, 30) - 2.0 * plane.get(x + 1, 30) + plane.get(x + 2, 30)).abs())
            .sum::<f32>()
    };
    let (before, after) = (roughness(&rough.cloudy[8]), roughness(&under.planes[8]));
    assert!(after < 0.5 * before, "{after} of {before}");
}

#[test]
fn without_cloud_or_without_visible_bands_there_is_no_donor() {
    let scene = scene(1.0);
    let none = scene.codes.map(|_| CLEAR);
    assert!(Donor::new(&L1C, &scene.cloudy, &scene.ground, &none).is_none());
    let unmeasured = scene.codes.map(|code| if code == CLOUD { INVALID } else { code });
    assert!(Donor::new(&L1C, &scene.cloudy, &scene.ground, &unmeasured).is_none());
    let only = [Band::B11, Band::B12];
    assert!(Donor::new(&only, &scene.cloudy[11..], &scene.ground[11..], &scene.codes).is_none());
}

#[test]
fn what_was_not_measured_is_neither_lent_nor_covered() {
    let mut scene = scene(1.0);
    scene.cloudy[2].set(30, 30, f32::NAN);
    scene.codes.set(31, 30, INVALID);
    let donor = donor(&scene);
    let mut clear = land(WIDTH, HEIGHT, 1.0, 4);
    clear[11].set(28, 30, f32::NAN);
    let under = donor.over(&clear, Turn::default(), (0, 0));
    assert_eq!(under.codes.get(28, 30), INVALID);
    for x in [28, 30, 31] {
        for (before, after) in clear.iter().zip(&under.planes) {
            assert_eq!(before.get(x, 30).to_bits(), after.get(x, 30).to_bits(), "column {x}");
        }
    }
    assert!(under.planes[1].get(29, 30) > 0.4);
}

#[test]
fn radar_stays_as_it_is() {
    let scene = scene(1.0);
    let bands = [Band::B02, Band::B04, Band::VV];
    let pick = |planes: &[Plane<f32>]| {
        vec![planes[1].clone(), planes[3].clone(), Plane::filled(WIDTH, HEIGHT, -12.0)]
    };
    let donor = Donor::new(&bands, &pick(&scene.cloudy), &pick(&scene.ground), &scene.codes).unwrap();
    let clear = pick(&land(WIDTH, HEIGHT, 1.0, 2));
    let under = donor.over(&clear, Turn::default(), (0, 0));
    assert_eq!(under.planes[2], clear[2]);
    assert_ne!(under.planes[0], clear[0]);
}
