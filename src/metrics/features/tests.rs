use super::*;

const WHOLE: Window = Window { x: 0, y: 0, width: CROP_PX, height: CROP_PX };

fn ramp(slope: f32) -> Plane<f32> {
    let data = (0..CROP_PX * CROP_PX).map(|i| 0.1 + slope * (i % CROP_PX) as f32).collect();
    Plane::from_vec(CROP_PX, CROP_PX, data)
}

fn get(extractor: &Extractor, features: &[f64], name: &str) -> f64 {
    let place = extractor.names().iter().position(|known| known == name);
    features[place.unwrap_or_else(|| panic!("no feature {name}"))]
}

#[test]
fn a_ramp_has_the_statistics_one_can_write_down() {
    let bands = [Band::B04, Band::B08];
    let planes = [ramp(0.004), ramp(0.008)];
    let extractor = Extractor::new(&bands);
    let features = extractor.features(&planes, &finite(&planes), WHOLE).expect("all pixels count");
    assert_eq!(features.len(), extractor.names().len());
    let value = |name| get(&extractor, &features, name);
    assert!((value("B04 mean") - (0.1 + 0.004 * 31.5)).abs() < 1e-6);
    assert!((value("B04 q50") - (0.1 + 0.004 * 31.5)).abs() < 1e-6);
    let deviation = 0.004 * ((64.0_f64 * 64.0 - 1.0) / 12.0).sqrt();
    assert!((value("B04 spread").exp() - 1e-3 - deviation).abs() < 1e-6);
    for (name, expected) in
        [("B04 gradient 1", 0.004), ("B04 rms gradient 1", 0.004), ("B08 gradient 4", 0.032)]
    {
        assert!((value(name).exp() - 1e-3 - expected).abs() < 1e-6, "{name}");
    }
    assert!((value("B04~B08") - 1.0).abs() < 1e-6);
    assert!(value("NDVI q90") > value("NDVI mean") && value("NDVI q10") >= 0.0);
}

#[test]
fn features_are_named_once_and_leave_out_cirrus_and_radar() {
    let bands: Vec<_> = crate::bands::L1C.into_iter().chain([Band::VV]).collect();
    let names: std::collections::BTreeSet<_> = Extractor::new(&bands).names().iter().cloned().collect();
    assert_eq!(names.len(), Extractor::new(&bands).names().len());
    assert_eq!(names.len(), 12 * 11 + 3 * 4 + 11 + 3);
    assert!(!names.iter().any(|name| name.contains("B10") || name.contains("VV")));
}

#[test]
fn invalid_pixels_count_nowhere_and_too_many_leave_no_features() {
    let bands = [Band::B02];
    let clean = [ramp(0.004)];
    let extractor = Extractor::new(&bands);
    let expected = extractor.features(&clean, &finite(&clean), WHOLE).expect("all pixels count");
    let mut broken = clean.clone();
    // Two rows: nothing of a ramp along x changes but how often each value counts.
    broken[0].data[10 * CROP_PX..12 * CROP_PX].fill(f32::NAN);
    let found = extractor.features(&broken, &finite(&broken), WHOLE).expect("97 % count");
    assert!(expected.iter().zip(&found).all(|(a, b)| (a - b).abs() < 1e-6), "{expected:?} {found:?}");
    assert_eq!(extractor.features(&broken, &finite(&clean), WHOLE), None, "NaN in a pixel that counts");
    broken[0].data[..7 * CROP_PX].fill(f32::NAN);
    assert_eq!(extractor.features(&broken, &finite(&broken), WHOLE), None, "86 % count");
}

#[test]
fn a_flat_crop_has_no_texture_and_no_correlation() {
    let planes = [Plane::filled(CROP_PX, CROP_PX, 0.2), Plane::filled(CROP_PX, CROP_PX, 1.5)];
    let extractor = Extractor::new(&[Band::B03, Band::B04]);
    let features = extractor.features(&planes, &finite(&planes), WHOLE).expect("all pixels count");
    assert_eq!(get(&extractor, &features, "B04 mean"), 1.0, "clipped");
    assert_eq!(get(&extractor, &features, "B03~B04"), 0.0);
    assert!((get(&extractor, &features, "B03 gradient 4") - 1e-3_f64.ln()).abs() < 1e-9);
}

#[test]
fn crops_lie_side_by_side_and_none_reaches_over_the_edge() {
    let found: Vec<_> = windows(150, 130).collect();
    assert_eq!(found.len(), 4);
    assert_eq!((found[3].x, found[3].y), (64, 64));
    assert_eq!(windows(63, 200).count(), 0);
}
