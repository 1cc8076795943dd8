//! The tests put to generators made by hand, whose answer is known.

use super::config::HonestyConfig;
use super::cycle::{Cycle, Planes};
use super::goals::Verdict;
use super::latent::judge;
use super::report::SetHonesty;
use super::run::images_of;
use super::specimen::Specimen;
use crate::bands::{Band, Level};
use crate::mask::{self, CLEAR, CLOUD, Mask};
use crate::networks::infer::Codes;
use crate::progress::Silent;
use crate::random::Stream;
use crate::raster::Plane;

const SIDE: usize = 64;
/// Reflectances of the land are multiples of it, so that a remainder can carry a message.
const STEP: f32 = 0.01;
const MESSAGE: f32 = 0.003;
const WHITE: f32 = 0.4;

/// Land, and a cloud that brightens a square of it by [`WHITE`].
fn specimen(scene: &str, (left, top): (usize, usize)) -> Specimen {
    let mut stream = Stream::new(1, 0, scene);
    let mut land = || (0..SIDE * SIDE).map(|_| STEP * (10 + stream.below(6)) as f32).collect();
    let clear: Planes = (0..2).map(|_| Plane::from_vec(SIDE, SIDE, land())).collect();
    let inside = |i: usize| (left..left + 28).contains(&(i % SIDE)) && (top..top + 28).contains(&(i / SIDE));
    let codes: Vec<u8> = (0..SIDE * SIDE).map(|i| if inside(i) { CLOUD } else { CLEAR }).collect();
    let mask = Mask { codes: Plane::from_vec(SIDE, SIDE, codes), source: String::new() };
    let under = |plane: &Plane<f32>| {
        let values = plane.data.iter().enumerate().map(|(i, &v)| if inside(i) { v + WHITE } else { v });
        Plane::from_vec(SIDE, SIDE, values.collect())
    };
    Specimen {
        name: format!("{scene}_p1"),
        scene: scene.to_owned(),
        donor: None,
        bands: vec![Band::B04, Band::B11],
        level: Some(Level::L1C),
        cloudy: clear.iter().map(under).collect(),
        context: vec![Plane::filled(SIDE, SIDE, 0.12); 2],
        alpha: mask::alpha(&mask, 0, 2).0,
        codes: mask.codes,
        clear,
    }
}

fn specimens() -> Vec<Specimen> {
    vec![specimen("a", (4, 4)), specimen("b", (32, 8)), specimen("c", (18, 32))]
}

/// Clears perfectly. Knows the cloud's place by its code, or from a message it hid in the clear image.
struct Known {
    hides: bool,
    has_code: bool,
}

impl Cycle for Known {
    type Cloud = Plane<f32>;

    fn land_numbers(&self) -> usize {
        2
    }

    fn surfaces(&self, specimen: &Specimen, codes: &[Codes]) -> Vec<Planes> {
        let hidden = |i: usize| if self.hides && specimen.codes.data[i] == CLOUD { MESSAGE } else { 0.0 };
        let one = |code: &Codes| -> Planes {
            let z = if let Codes::One(code) = code { code[0] } else { 0.0 };
            let value = |(i, v): (usize, &f32)| v + hidden(i) + 0.01 * z * (i % SIDE) as f32 / SIDE as f32;
            let plane =
                |p: &Plane<f32>| Plane::from_vec(SIDE, SIDE, p.data.iter().enumerate().map(value).collect());
            specimen.clear.iter().map(plane).collect()
        };
        codes.iter().map(one).collect()
    }

    fn land_of_truth(&self, _: &Specimen) -> Option<Vec<f32>> {
        Some(vec![0.0; 2])
    }

    fn between(&self, _: &Specimen, surface: &Planes) -> Planes {
        surface.clone()
    }

    fn cloud(&self, cloudy: &Planes, clear: &Planes) -> Option<Plane<f32>> {
        let pairs = cloudy[0].data.iter().zip(&clear[0].data);
        let place = pairs.map(|(a, b)| f32::from(u8::from(a - b > 0.1))).collect();
        self.has_code.then(|| Plane::from_vec(SIDE, SIDE, place))
    }

    fn cover(&self, code: &Plane<f32>, _: (usize, usize)) -> Option<Plane<f32>> {
        Some(code.clone())
    }

    fn render(&self, clear: &Planes, code: Option<&Plane<f32>>) -> Planes {
        let hidden = |i: usize| {
            let part = clear[0].data[i] / STEP;
            (part - part.floor() - MESSAGE / STEP).abs() < 0.1
        };
        let told = code.filter(|_| !self.hides);
        let place = |i: usize| told.map_or_else(|| hidden(i), |code| code.data[i] > 0.5);
        let value = |(i, v): (usize, &f32)| if place(i) { v + WHITE } else { *v };
        let plane =
            |p: &Plane<f32>| Plane::from_vec(SIDE, SIDE, p.data.iter().enumerate().map(value).collect());
        clear.iter().map(plane).collect()
    }
}

fn found(hides: bool, has_code: bool) -> SetHonesty {
    let config = HonestyConfig::default();
    let images = images_of(&Known { hides, has_code }, specimens(), &config, &Silent).expect("arrays");
    SetHonesty::of("known", images, &config)
}

fn verdict(found: &SetHonesty, measure: &str) -> Verdict {
    found.goals.iter().find(|goal| goal.measure == measure).expect("a goal").verdict
}

fn mean(interval: Option<crate::evaluation::bootstrap::Interval>) -> f64 {
    interval.expect("images").mean
}

#[test]
fn a_renderer_that_follows_its_code_puts_cloud_there_and_only_there() {
    let found = found(false, true);
    assert_eq!((mean(found.swap.restored), mean(found.swap.new), mean(found.swap.said)), (1.0, 1.0, 1.0));
    assert_eq!((mean(found.swap.old), mean(found.swap.old_noisy), mean(found.swap.own)), (0.0, 0.0, 1.0));
    assert_eq!(verdict(&found, "IoU at the new place"), Verdict::Met);
    assert_eq!(verdict(&found, "IoU at the old place"), Verdict::Met);
    // Noise passes through and adds its own mean absolute value, no more.
    for point in &found.noise {
        let own = point.sigma * (2.0 / std::f64::consts::PI).sqrt();
        assert!((mean(point.clear) - own).abs() < 0.05 * own + 1e-6, "{point:?}");
        assert!((mean(point.covered) - own).abs() < 0.06 * own + 1e-6, "{point:?}");
    }
}

#[test]
fn a_generator_without_a_code_restores_clouds_in_their_places_and_noise_stops_it() {
    let found = found(true, false);
    assert_eq!(mean(found.swap.restored), 1.0);
    assert!(mean(found.swap.restored_noisy) < 0.3);
    assert!(found.swap.new.is_none() && found.swap.old.is_none());
    assert_eq!(verdict(&found, "IoU at the old place"), Verdict::NotMet);
    assert_eq!(verdict(&found, "IoU at the new place"), Verdict::Inconclusive);
    let error = |i: usize| mean(found.noise[i].covered);
    assert!(error(0) < 0.004 && error(1) > 0.2, "{} {}", error(0), error(1));
}

#[test]
fn with_one_scene_nothing_is_swapped_and_the_own_cloud_is_not_taken_for_the_old_place() {
    let config = HonestyConfig::default();
    let one = |hides: bool, has_code: bool| {
        let images = images_of(&Known { hides, has_code }, specimens()[..1].to_vec(), &config, &Silent);
        SetHonesty::of("one", images.expect("arrays"), &config)
    };
    let goal = |found: &SetHonesty, measure: &str| {
        found.goals.iter().find(|goal| goal.measure == measure).expect("a goal").clone()
    };
    let coded = one(false, true);
    // It restores its own cloud by its own code, which is what a code is for.
    assert_eq!(mean(coded.swap.restored), 1.0);
    for measure in ["IoU at the new place", "IoU at the old place"] {
        let goal = goal(&coded, measure);
        assert_eq!((goal.found, goal.verdict), (None, Verdict::Inconclusive), "{measure}");
        assert!(goal.because.as_ref().is_some_and(|words| words.contains("another scene")), "{goal:?}");
    }
    // Without a code what is restored is restored in spite of it, one scene or many.
    let plain = one(true, false);
    assert_eq!(goal(&plain, "IoU at the old place").found, Some(1.0));
    let new = goal(&plain, "IoU at the new place");
    assert_eq!(new.because.as_deref(), Some(super::NO_CODE));
}

#[test]
fn a_generator_that_ignores_its_code_fails_both_halves_of_the_swap() {
    let found = found(true, true);
    assert_eq!((mean(found.swap.restored), mean(found.swap.new), mean(found.swap.old)), (1.0, 0.0, 1.0));
    assert!(mean(found.swap.old_noisy) < 0.3);
    assert_eq!(verdict(&found, "IoU at the new place"), Verdict::NotMet);
    assert_eq!(verdict(&found, "IoU at the old place"), Verdict::NotMet);
}

#[test]
fn the_probe_sees_a_constant_and_cannot_see_where_nothing_was_changed() {
    let found = found(false, true);
    assert!(mean(found.probe.control) > 0.95 && found.probe.conclusive);
    // The land was drawn without regard to the mask.
    assert!((mean(found.probe.truth) - 0.5).abs() < 0.1, "{:?}", found.probe.truth);
    assert!((mean(found.probe.found) - 0.5).abs() < 0.1, "{:?}", found.probe.found);
    let images = images_of(
        &Known { hides: false, has_code: true },
        specimens()[..1].to_vec(),
        &HonestyConfig::default(),
        &Silent,
    );
    assert_eq!(images.expect("arrays")[0].probe, super::report::ProbeAreas::default());
}

#[test]
fn samples_differ_where_the_generator_lets_them_and_nowhere_else() {
    let found = found(false, true);
    let latent = found.latent.as_ref().expect("a land code");
    assert_eq!(latent.outside, 0.0);
    assert_eq!(verdict(&found, "greatest change outside"), Verdict::Met);
    assert!((0.002..0.009).contains(&mean(latent.spread)), "{:?}", latent.spread);
    // The middle is the truth itself; no sample can be better.
    assert!(mean(latent.middle) < 1e-6 && mean(latent.best) > 0.0 && mean(latent.encoded) < 1e-6);
    assert!(mean(latent.sample) > mean(latent.best));
    let spreads: Vec<f64> = latent.by_spread.iter().map(|class| class.spread).collect();
    assert!(
        spreads.len() == 10 && spreads.is_sorted() && latent.by_spread.iter().all(|class| class.error < 1e-6)
    );
}

/// Truth and K samples about a constant, of a deviation that grows along a row; `narrow` times as far for samples.
fn drawn(samples: usize, narrow: f64) -> super::latent::LatentUse {
    let mut image = specimen("a", (4, 4));
    let mut stream = Stream::new(1, 0, "test");
    let mut draw = |times: f64| -> Planes {
        let value = |i: usize| 0.5 + times * (0.01 + 0.002 * (i % SIDE) as f64) * stream.normal();
        vec![Plane::from_vec(SIDE, SIDE, (0..SIDE * SIDE).map(value).map(|v| v as f32).collect())]
    };
    image.cloudy.truncate(1);
    image.clear = draw(1.0);
    let samples: Vec<Planes> = (0..samples).map(|_| draw(narrow)).collect();
    judge(&image, &vec![Plane::filled(SIDE, SIDE, 0.5)], &samples, None)
}

#[test]
fn samples_drawn_as_the_truth_is_cover_it_and_tell_where_errors_are_large() {
    let found = drawn(16, 1.0);
    assert!((found.coverage_80 - 0.8).abs() < 0.05, "{}", found.coverage_80);
    assert!(found.spearman.is_some_and(|rho| rho > 0.25), "{:?}", found.spearman);
    assert!((found.ranks.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    assert!((found.ranks[0] + found.ranks[16] - 2.0 / 17.0).abs() < 0.04, "{:?}", found.ranks);
    let sure = drawn(16, 0.3);
    assert!(sure.coverage_80 < 0.45 && sure.ranks[0] + sure.ranks[16] > 0.4, "{sure:?}");
    let same = drawn(16, 0.0);
    assert_eq!((same.spread, same.spearman, same.coverage_80), (0.0, None, 0.0));
}
