use super::*;
use crate::random::Stream;

fn names(count: usize) -> std::sync::Arc<[String]> {
    (0..count).map(|i| format!("feature {i}")).collect()
}

/// Crops of some places: correlated features around a mean.
fn crops(count: usize, places: u32, shift: f64, purpose: &str) -> Features {
    let mut stream = Stream::new(5, 0, purpose);
    let mut features = Features::new(names(20));
    for i in 0..count {
        let common: Vec<f64> = (0..6).map(|k| stream.normal() * 3.0 / f64::from(k + 1)).collect();
        let row: Vec<f64> =
            (0..20).map(|j| shift + common[j % 6] + common[(j / 3) % 6] + 0.3 * stream.normal()).collect();
        features.push(i as u32 % places, &row).expect("a sound row");
    }
    features
}

#[test]
fn directions_follow_the_crops_up_to_32_and_the_features() {
    for (count, expected) in [(80, 8), (129, 12), (500, 20)] {
        let (real, made) = (crops(count, 8, 0.0, "test/real"), crops(count + 3, 9, 0.0, "test/made"));
        let found = distribution(&real, &made, 0).expect("they fit");
        let found = found.distances().expect("there is enough");
        assert_eq!(found.dimensions, expected, "of {count} crops and 20 features");
        assert_eq!((found.crops.real, found.crops.made, found.places.made), (count, count + 3, 9));
        assert!(found.neighbours.coverage > 0.8, "{}", found.neighbours.coverage);
        assert!(found.fd_infinity.fd < 0.5 * found.fd, "{} {}", found.fd_infinity.fd, found.fd);
        assert!(found.explained > 0.9 && found.explained <= 1.0 + 1e-12);
    }
}

#[test]
fn too_few_crops_or_places_give_no_number() {
    for (real, made, real_places, made_places) in
        [(79, 200, 8, 8), (200, 79, 8, 8), (200, 200, 7, 8), (200, 200, 8, 7), (0, 0, 1, 1)]
    {
        let real = crops(real, real_places, 0.0, "test/real");
        let made = crops(made, made_places, 0.0, "test/made");
        let Distribution::NotEnoughData(shortage) = distribution(&real, &made, 0).expect("they fit") else {
            panic!("{} crops of {} places are not enough", real.len(), real.places())
        };
        assert_eq!((shortage.needed_crops, shortage.needed_places), (80, 8));
        assert_eq!((shortage.crops.real, shortage.places.made), (real.len(), made.places()));
        let text = shortage.to_string();
        assert!(text.contains("not enough data") && text.contains(&real.len().to_string()), "{text}");
    }
    let mut alike = Features::new(names(3));
    (0..100).for_each(|i| alike.push(i % 10, &[1.0, 2.0, 3.0]).expect("a sound row"));
    let found = distribution(&alike, &alike, 0).expect("they fit");
    assert!(matches!(found, Distribution::NotEnoughData(Shortage { alike: true, .. })), "{found:?}");
}

#[test]
fn a_moved_distribution_is_farther_and_says_in_which_feature() {
    let real = crops(200, 8, 0.0, "test/real");
    let same = distribution(&real, &crops(200, 8, 0.0, "test/made"), 0).expect("they fit");
    let mut far = Features::new(names(20));
    for row in crops(200, 8, 0.0, "test/made").rows() {
        let mut row = row.to_vec();
        row[7] += 6.0;
        far.push(0, &row).expect("a sound row");
    }
    // One place would not do.
    assert!(distribution(&real, &far, 0).expect("they fit").distances().is_none());
    let mut moved = Features::new(names(20));
    far.rows().enumerate().for_each(|(i, row)| moved.push(i as u32, row).expect("a sound row"));
    let moved = distribution(&real, &moved, 0).expect("they fit");
    let (same, moved) = (same.distances().expect("enough"), moved.distances().expect("enough"));
    assert_eq!(moved.moved[0].feature, "feature 7");
    assert!(moved.moved[0].deviations > 1.0 && moved.moved.len() == 5);
    assert!(moved.fd > same.fd + 1.0 && moved.fd_infinity.fd > same.fd_infinity.fd && moved.kid > same.kid);
    assert!(moved.neighbours.precision < same.neighbours.precision);
    assert!(moved.outside.made > 0.0 || moved.dimensions == 20);
}

#[test]
fn sets_of_other_features_and_broken_numbers_are_refused_by_name() {
    let real = crops(100, 8, 0.0, "test/real");
    let error = distribution(&real, &Features::new(names(19)), 0).expect_err("19 features").to_string();
    assert!(error.contains("19") && error.contains("20"), "{error}");
    let error = Features::new(names(2)).push(0, &[1.0, f64::NAN]).expect_err("NaN").to_string();
    assert!(error.contains("feature 1"), "{error}");
}

#[test]
fn the_json_says_first_whether_there_was_enough() {
    let real = crops(100, 8, 0.0, "test/real");
    let found = distribution(&real, &crops(100, 8, 0.5, "test/made"), 0).expect("they fit");
    let json = serde_json::to_value(&found).expect("it can be written");
    assert_eq!(json["status"], "measured");
    assert!(json["coverage"].is_number() && json["crops"]["real"] == 100);
    assert_eq!(serde_json::from_value::<Distribution>(json).expect("and read again"), found);
    let few = distribution(&Features::new(names(1)), &Features::new(names(1)), 0).expect("they fit");
    assert_eq!(serde_json::to_value(&few).expect("it can be written")["status"], "not_enough_data");
}
