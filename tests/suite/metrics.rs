//! The paired metrics: agreement with independent implementations, edge cases, and `compare`.

use declouder::bands::Band;
use declouder::metrics::{Comparison, PairedSums, Strip, paired};
use declouder::raster::{Plane, Window};

/// The fixed vectors that `tests/parity/metrics.py` makes, with what scikit-image and numpy say.
const VECTORS: &str = include_str!("../parity/metrics.json");

#[derive(serde::Deserialize)]
struct Vectors {
    cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    name: String,
    width: usize,
    height: usize,
    bands: Vec<Band>,
    image_dn: Vec<Vec<Option<i32>>>,
    reference_dn: Vec<Vec<Option<i32>>>,
    mask: Vec<u8>,
    expected: Comparison,
}

impl Case {
    fn planes(&self, dn: &[Vec<Option<i32>>]) -> Vec<Plane<f32>> {
        let reflectance =
            |value: &Option<i32>| value.map_or(f32::NAN, |value| (f64::from(value) * 1e-4) as f32);
        dn.iter()
            .map(|band| Plane::from_vec(self.width, self.height, band.iter().map(reflectance).collect()))
            .collect()
    }

    fn images(&self) -> (Vec<Plane<f32>>, Vec<Plane<f32>>, Plane<u8>) {
        let codes = Plane::from_vec(self.width, self.height, self.mask.clone());
        (self.planes(&self.image_dn), self.planes(&self.reference_dn), codes)
    }
}

fn cases() -> Vec<Case> {
    serde_json::from_str::<Vectors>(VECTORS).unwrap().cases
}

/// The numbers of a comparison by their JSON path, so that none can be forgotten.
fn numbers(comparison: &Comparison) -> Vec<(String, f64)> {
    fn walk(prefix: &str, value: &serde_json::Value, into: &mut Vec<(String, f64)>) {
        for (key, value) in value.as_object().unwrap() {
            match value.as_f64() {
                Some(number) => into.push((format!("{prefix}{key}"), number)),
                None => walk(&format!("{key}."), value, into),
            }
        }
    }
    let mut found = Vec::new();
    walk("", &serde_json::to_value(comparison).unwrap(), &mut found);
    found
}

#[test]
fn measures_agree_with_scikit_image_and_numpy_to_a_millionth() {
    let cases = cases();
    assert_eq!(cases.len(), 2);
    for case in cases {
        let (image, reference, codes) = case.images();
        let found = paired(&case.bands, &image, &reference, Some(&codes)).unwrap();
        let (found, expected) = (numbers(&found), numbers(&case.expected));
        assert_eq!(found.len(), 21, "{}", case.name);
        for ((key, found), (expected_key, expected)) in found.iter().zip(&expected) {
            assert_eq!(key, expected_key);
            assert!((found - expected).abs() < 1e-6, "{}: {key} {found} ≠ {expected}", case.name);
        }
    }
}

#[test]
fn strips_of_any_height_give_the_same_bits_as_the_whole() {
    for case in cases() {
        let (image, reference, codes) = case.images();
        let whole = paired(&case.bands, &image, &reference, Some(&codes)).unwrap();
        for rows in [1, 3, 7, 16] {
            let mut sums = PairedSums::new(&case.bands, case.width, case.height);
            for top in (0..case.height).step_by(rows) {
                let range = top..(top + rows).min(case.height);
                let window: Window = sums.support(&range);
                let crop = |planes: &[Plane<f32>]| planes.iter().map(|plane| plane.crop(window)).collect();
                let strip = Strip {
                    image: crop(&image),
                    reference: crop(&reference),
                    codes: Some(codes.crop(window)),
                };
                sums.add(range, strip).unwrap();
            }
            assert_eq!(sums.comparison(), whole, "{} in strips of {rows}", case.name);
        }
    }
}

#[test]
fn a_mask_never_changes_the_measures_of_all_pixels() {
    let case = &cases()[0];
    let (image, reference, codes) = case.images();
    let with = paired(&case.bands, &image, &reference, Some(&codes)).unwrap();
    let without = paired(&case.bands, &image, &reference, None).unwrap();
    assert_eq!(with.all, without.all);
    assert!(without.cloud.is_none() && without.clear.is_none());
}

#[test]
fn equal_images_have_no_finite_psnr_and_say_that_they_are_equal() {
    let case = &cases()[0];
    let (image, _, _) = case.images();
    let comparison = paired(&case.bands, &image, &image, None).unwrap();
    let json = serde_json::to_value(comparison).unwrap();
    assert!(json["psnr"].is_null());
    assert_eq!(json["identical"], true);
    for (key, best) in [("ssim", 1.0), ("sam", 0.0), ("mae", 0.0), ("rmse", 0.0), ("ergas", 0.0)] {
        assert!((json[key].as_f64().unwrap() - best).abs() < 1e-12, "{key}");
    }
}

#[test]
fn the_json_has_exactly_the_promised_keys() {
    let case = &cases()[0];
    let (image, reference, _) = case.images();
    let text = serde_json::to_string(&paired(&case.bands, &image, &reference, None).unwrap()).unwrap();
    let places: Vec<_> = ["psnr", "ssim", "sam", "mae", "rmse", "ergas", "ndvi_mae", "cloud", "clear"]
        .iter()
        .map(|key| text.find(&format!("\"{key}\":")).unwrap())
        .collect();
    assert!(places.is_sorted(), "{text}");
    assert_eq!(text.matches("\":").count(), places.len(), "{text}");
}

#[test]
fn what_cannot_be_measured_is_null_and_the_rest_still_stands() {
    let pixel = |value| vec![Plane::filled(1, 1, value)];
    let one = paired(&[Band::B04], &pixel(0.2), &pixel(0.3), None).unwrap().all;
    assert!((one.mae.unwrap() - 0.1).abs() < 1e-7);
    assert_eq!((one.ssim, one.ndvi_mae), (None, None));

    let row = |value| vec![Plane::filled(40, 1, value)];
    assert_eq!(paired(&[Band::B04], &row(0.2), &row(0.3), None).unwrap().all.ssim, None);

    let nothing = paired(&[Band::B04], &pixel(f32::NAN), &pixel(0.3), None).unwrap().all;
    assert_eq!((nothing.pixels, nothing.mae, nothing.identical), (0, None, false));

    let black = paired(&[Band::B04], &pixel(0.2), &pixel(0.0), None).unwrap().all;
    assert_eq!((black.ergas, black.sam), (None, None));
}

#[test]
fn reflectance_beyond_the_range_is_clipped_and_infinity_is_no_measurement() {
    let plane = |data: [f32; 3]| vec![Plane::from_vec(3, 1, data.to_vec())];
    let image = plane([1.4, -0.2, f32::INFINITY]);
    let comparison = paired(&[Band::B02], &image, &plane([1.0, 0.0, 0.5]), None).unwrap();
    assert!(comparison.all.identical);
    assert_eq!(comparison.all.pixels, 2);
}

#[test]
fn arrays_that_do_not_fit_are_refused_with_both_shapes() {
    let plane = |width| vec![Plane::filled(width, 2, 0.1_f32)];
    let message = paired(&[Band::B02], &plane(3), &plane(4), None).unwrap_err().to_string();
    assert!(message.contains("3 × 2") && message.contains("4 × 2"), "{message}");
    assert!(paired(&[Band::B02, Band::B03], &plane(3), &plane(3), None).is_err());
    let codes = Plane::filled(3, 3, 0_u8);
    assert!(paired(&[Band::B02], &plane(3), &plane(3), Some(&codes)).is_err());
}
