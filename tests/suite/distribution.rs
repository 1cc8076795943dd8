//! Distribution and multi-label metrics: agreement with scipy, torchmetrics, prdc and scikit-learn.

use declouder::metrics::distribution::{Features, NEIGHBOUR, Points, Projection, frechet, kid, neighbours};
use declouder::metrics::multilabel::{Labels, Scores, multilabel};

/// Made by `tests/parity/distribution.py`.
const POINTS: &str = include_str!("../parity/distribution.json");
/// Made by `tests/parity/multilabel.py`.
const LABELS: &str = include_str!("../parity/multilabel.json");

#[derive(serde::Deserialize)]
struct PointVectors {
    cases: Vec<PointCase>,
    projection: ProjectionCase,
}

#[derive(serde::Deserialize)]
struct PointCase {
    name: String,
    dimension: usize,
    real: Vec<f64>,
    made: Vec<f64>,
    fd_scipy: f64,
    fd_torchmetrics: f64,
    kid: f64,
    precision: f64,
    recall: f64,
    density: f64,
    coverage: f64,
}

#[derive(serde::Deserialize)]
struct ProjectionCase {
    features: usize,
    real: Vec<f64>,
    made: Vec<f64>,
    deviations: Vec<f64>,
    explained: f64,
    coordinates: Vec<f64>,
}

fn vectors() -> PointVectors {
    serde_json::from_str(POINTS).unwrap()
}

#[track_caller]
fn near(what: &str, found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance * expected.abs().max(1.0), "{what}: {found} ≠ {expected}");
}

#[test]
fn distances_agree_with_scipy_torchmetrics_and_prdc() {
    let cases = vectors().cases;
    assert_eq!(cases.len(), 3);
    for case in cases {
        let points = |values: &[f64]| Points::new(case.dimension, values.to_vec()).unwrap();
        let (real, made) = (points(&case.real), points(&case.made));
        let fd = frechet(&real, &made).unwrap();
        near(&case.name, fd.distance(), case.fd_scipy, 1e-10);
        near(&case.name, fd.distance(), case.fd_torchmetrics, 1e-10);
        near(&case.name, kid(&real, &made).unwrap(), case.kid, 1e-11);
        let found = neighbours(&real, &made, NEIGHBOUR).unwrap();
        let pairs = [
            ("precision", found.precision, case.precision),
            ("recall", found.recall, case.recall),
            ("density", found.density, case.density),
            ("coverage", found.coverage, case.coverage),
        ];
        for (what, found, expected) in pairs {
            near(&format!("{} {what}", case.name), found, expected, 1e-12);
        }
    }
}

#[test]
fn the_projection_is_scikit_learns() {
    let case = vectors().projection;
    let crops = |values: &[f64]| {
        let mut features = Features::new((0..case.features).map(|i| i.to_string()).collect());
        values.chunks(case.features).for_each(|row| features.push(0, row).unwrap());
        features
    };
    let d = case.deviations.len();
    let projection = Projection::fit(&crops(&case.real)).unwrap();
    near("explained", projection.explained(d), case.explained, 1e-12);
    for (found, expected) in projection.deviations(d).iter().zip(&case.deviations) {
        near("deviation", *found, *expected, 1e-12);
    }
    let made = projection.project(&crops(&case.made), d).unwrap();
    let found: Vec<f64> = made.rows().flatten().map(|x| x.abs()).collect();
    assert_eq!(found.len(), case.coordinates.len());
    for (found, expected) in found.iter().zip(&case.coordinates) {
        near("coordinate", *found, *expected, 1e-11);
    }
}

#[derive(serde::Deserialize)]
struct LabelVectors {
    cases: Vec<LabelCase>,
}

#[derive(serde::Deserialize)]
struct LabelCase {
    name: String,
    classes: usize,
    truth: Vec<bool>,
    scores: Vec<f64>,
    decided: Vec<bool>,
    micro: Scores,
    #[serde(rename = "macro")]
    macro_mean: Scores,
    samples: Scores,
    hamming_loss: f64,
    per_class: Vec<Scores>,
}

fn same(what: &str, found: Scores, expected: Scores) {
    for (name, found, expected) in [
        ("precision", found.precision, expected.precision),
        ("recall", found.recall, expected.recall),
        ("F1", found.f1, expected.f1),
        ("F2", found.f2, expected.f2),
        ("AP", found.ap, expected.ap),
    ] {
        near(&format!("{what} {name}"), found, expected, 1e-12);
    }
}

#[test]
fn multi_label_measures_agree_with_scikit_learn() {
    let cases = serde_json::from_str::<LabelVectors>(LABELS).unwrap().cases;
    assert_eq!(cases.len(), 2);
    for case in cases {
        let LabelCase { classes, truth, scores, decided, .. } = &case;
        let found = multilabel(&Labels { classes: *classes, truth, scores, decided }).unwrap();
        same(&format!("{} micro", case.name), found.micro, case.micro);
        same(&format!("{} macro", case.name), found.macro_mean, case.macro_mean);
        same(&format!("{} samples", case.name), found.samples, case.samples);
        near(&case.name, found.hamming_loss, case.hamming_loss, 1e-12);
        assert_eq!(found.classes.len(), case.per_class.len());
        for (index, (found, expected)) in found.classes.iter().zip(&case.per_class).enumerate() {
            same(&format!("{} class {index}", case.name), found.scores, *expected);
        }
    }
}
