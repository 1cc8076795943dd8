//! What the Fréchet distance rewards, and what catches it: a generator that knows nine images by heart has a lower
//! distance than one that knows all and is a little off. Only coverage tells (`docs/distribution.md`).

use declouder::bands::Band;
use declouder::metrics::distribution::{
    Distances, Evaluated, Features, best_checkpoint, collapse, distribution,
};
use declouder::metrics::features::{CROP_PX, Extractor};
use declouder::random::Stream;
use declouder::raster::{Plane, Window};

const BANDS: [Band; 4] = [Band::B02, Band::B03, Band::B04, Band::B08];
/// Crops of each set.
const CROPS: u64 = 240;
/// Places they are spread over.
const PLACES: u64 = 12;

/// Ground of a brightness and a roughness, both in standard deviations of this world.
fn crop(brightness: f64, roughness: f64, seed: u64) -> Vec<Plane<f32>> {
    let mut stream = Stream::new(5, seed, "test/crop");
    (0..BANDS.len())
        .map(|band| {
            let base = (0.1 + 0.03 * band as f64) * (0.35 * brightness).exp();
            let rough = 0.012 * (0.5 * roughness).exp();
            let phase = stream.between(0.0, 6.0);
            let pixel = |i: usize| {
                let wave = ((i % CROP_PX) as f64 / 5.0 + phase).sin() + ((i / CROP_PX) as f64 / 7.0).cos();
                (base + rough * (wave + 0.5 * stream.normal())).max(0.001) as f32
            };
            Plane::from_vec(CROP_PX, CROP_PX, (0..CROP_PX * CROP_PX).map(pixel).collect())
        })
        .collect()
}

/// Features of crops, a place after the other.
fn features(crops: impl Iterator<Item = Vec<Plane<f32>>>) -> Features {
    let extractor = Extractor::new(&BANDS);
    let valid = Plane::filled(CROP_PX, CROP_PX, true);
    let mut features = Features::new(extractor.names().clone());
    for (number, crop) in crops.enumerate() {
        let row = extractor.features(&crop, &valid, Window::new(0, 0, CROP_PX, CROP_PX)).unwrap();
        features.push((number as u64 % PLACES) as u32, &row).unwrap();
    }
    features
}

/// The world: both factors normal and independent.
fn world(seed: u64, shift: f64) -> Features {
    let mut stream = Stream::new(5, seed, "test/world");
    let draw = move |number: u64| {
        let (brightness, roughness) = (stream.normal(), stream.normal());
        crop(brightness + shift, roughness, 10_000 * seed + number)
    };
    features((0..CROPS).map(draw))
}

/// Nine images, one for each pair of −√1.5, 0, √1.5: mean 0 and variance 1 in both factors, as the world has.
fn by_heart() -> Features {
    let factor = |number: u64| 1.5_f64.sqrt() * (number as f64 - 1.0);
    features((0..CROPS).map(move |number| {
        let image = number / 3 % 9;
        crop(factor(image % 3), factor(image / 3), 777 + image)
    }))
}

fn against(real: &Features, made: &Features) -> Distances {
    distribution(real, made, 0).unwrap().distances().expect("enough data").clone()
}

#[test]
fn nine_images_by_heart_have_the_lower_distance_and_coverage_tells() {
    let real = world(1, 0.0);
    let (collapsed, shifted, same) =
        (against(&real, &by_heart()), against(&real, &world(2, 0.8)), against(&real, &world(3, 0.0)));
    for (name, found) in [("same", &same), ("shifted", &shifted), ("nine by heart", &collapsed)] {
        println!(
            "| {name} | {:.2} | {:.2} | {:.4} | {:.2} | {:.2} | {:.2} | {:.2} |",
            found.fd,
            found.fd_infinity.fd,
            found.kid,
            found.neighbours.precision,
            found.neighbours.recall,
            found.neighbours.density,
            found.neighbours.coverage
        );
    }
    assert!(collapsed.fd < shifted.fd, "{} {}", collapsed.fd, shifted.fd);
    assert!(collapsed.neighbours.coverage < 0.6 * shifted.neighbours.coverage);

    // The rules of training: the fall is told, and the collapsed one is not the best.
    let evaluated = |step, found: &Distances| Evaluated {
        step,
        fd: found.fd,
        fd_infinity: found.fd_infinity.fd,
        coverage: found.neighbours.coverage,
        crops: found.crops.real,
    };
    let history: Vec<_> = (1..=6).map(|n| evaluated(n, if n <= 3 { &shifted } else { &collapsed })).collect();
    assert!(collapse(&history).is_some());
    assert!(best_checkpoint(&history).unwrap() < 3);
}
