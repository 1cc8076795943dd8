//! Cloudy patches whose own clear pixels are truths, in what a training sees and learns from.

use declouder::networks::Encoding;
use declouder::training::TrainConfig;
use declouder::training::config::DataConfig;
use declouder::training::dataset::Dataset;
use declouder::training::samples::{Crop, Samples};

use super::training::{assert_resumes_bit_for_bit, config, store};

/// Above all ground of the made-up store and below all its cloud.
const BETWEEN: f32 = 0.3;

fn partly(steps: u64) -> TrainConfig {
    let mut config = config(steps);
    config.data = DataConfig { partly_clear: 1.0, supervised: 8, jitter: 0.0, ..config.data };
    config
}

fn crops() -> (Vec<Crop>, Encoding) {
    let folder = tempfile::tempdir().unwrap();
    let config = partly(8);
    let network = config.network.clone();
    let dataset = Dataset::open(&[store(folder.path())], &network.bands, network.level).unwrap();
    let encoding = dataset.encoding(&network.bands).unwrap();
    let samples = Samples::new(dataset, config, encoding.clone()).unwrap();
    ((0..6).flat_map(|step| samples.step(step).supervised).collect(), encoding)
}

#[test]
fn of_a_cloudy_patch_only_clear_ground_is_a_truth() {
    let (crops, encoding) = crops();
    let (mut own, mut lent) = (0, 0);
    for crop in &crops {
        let under =
            crop.mask.iter().zip(&crop.valid).filter(|(m, valid)| **m > 0.5 && **valid == 1.0).count();
        lent += usize::from(under > 0);
        for (i, &valid) in crop.valid.iter().enumerate() {
            let truth = encoding.decode(0, crop.truth[i]);
            if truth > BETWEEN {
                own += 1;
                assert!(valid == 0.0, "cloud of {truth} is no truth");
                assert!(crop.mask[i] > 0.9, "a patch's own cloud is masked");
                assert!((crop.image[i] - crop.truth[i]).abs() < 1e-6, "and stays as it is");
            }
        }
    }
    assert!(own > 500, "{own} pixels of own cloud were seen");
    assert!(lent * 10 > crops.len() * 9, "{lent} of {} have cloud over known ground", crops.len());
}

#[test]
fn a_training_on_partly_clear_patches_goes_on_as_if_it_had_not_been_stopped() {
    assert_resumes_bit_for_bit(&partly(8));
}
