//! Haze that no mask tells, in what a training sees.

use declouder::networks::Encoding;
use declouder::training::config::DataConfig;
use declouder::training::dataset::Dataset;
use declouder::training::samples::{Crop, Samples};

use super::training::{config, store};

/// Supervised crops of the first steps.
fn crops(haze: f64) -> (Vec<Crop>, Encoding) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(8);
    config.data = DataConfig { haze, supervised: 8, jitter: 0.0, drop_conditioning: 0.0, ..config.data };
    let network = config.network.clone();
    let dataset = Dataset::open(&[store(folder.path())], &network.bands, network.level).unwrap();
    let encoding = dataset.encoding(&network.bands).unwrap();
    let samples = Samples::new(dataset, config, encoding.clone()).unwrap();
    ((0..6).flat_map(|step| samples.step(step).supervised).collect(), encoding)
}

/// Mean of image − truth, in reflectance, over the pixels of the first band that no mask touches and no shadow
/// darkens.
fn brighter(crops: &[Crop], encoding: &Encoding) -> f64 {
    let mut differences = Vec::new();
    for crop in crops {
        let pixels = crop.side * crop.side;
        let pairs = crop.image[..pixels].iter().zip(&crop.truth[..pixels]).zip(&crop.mask);
        let pairs = pairs.filter(|((image, truth), m)| **m == 0.0 && image >= truth);
        differences.extend(
            pairs.map(|((&image, &truth), _)| {
                f64::from(encoding.decode(0, image) - encoding.decode(0, truth))
            }),
        );
    }
    assert!(differences.len() > 1000, "{}", differences.len());
    differences.iter().sum::<f64>() / differences.len() as f64
}

#[test]
fn haze_brightens_what_no_mask_covers_and_leaves_the_truth() {
    let ((bare, encoding), (hazy, _)) = (crops(0.0), crops(1.0));
    let (without, with) = (brighter(&bare, &encoding), brighter(&hazy, &encoding));
    // Thin cloud that a detector would not see lies outside the masks either way, but it is little.
    assert!(with > 0.01 && with > 4.0 * without, "{with} with haze, {without} without");
    assert!(with < 0.15, "thinner than a detector sees: {with}");
}

#[test]
fn a_changed_spectrum_keeps_the_light_of_the_air() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(8);
    config.data = DataConfig { jitter: 1.0, supervised: 8, ..config.data };
    let network = config.network.clone();
    let dataset = Dataset::open(&[store(folder.path())], &network.bands, network.level).unwrap();
    let encoding = dataset.encoding(&network.bands).unwrap();
    let samples = Samples::new(dataset, config, encoding.clone()).unwrap();
    let crops: Vec<Crop> = (0..6).flat_map(|step| samples.step(step).supervised).collect();
    for (band, name) in network.bands.iter().enumerate() {
        let air = declouder::simulate::air_light(*name, Some(network.level));
        let least = 0.06 + 0.025 * band as f32;
        for crop in &crops {
            let pixels = crop.side * crop.side;
            for &value in &crop.truth[band * pixels..(band + 1) * pixels] {
                let value = encoding.decode(band, value);
                assert!(value >= air.min(least) - 2e-3, "{name}: {value}, air alone {air}");
            }
        }
    }
}
