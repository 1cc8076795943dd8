//! What is said of codes beside their surfaces.

use std::path::Path;

use burn::tensor::Device;
use declouder::evaluation::labels::{About, Labeller};
use declouder::latents::{Asked, Directions, Subject, along, principal};
use declouder::networks::file::{Loaded, load};
use declouder::progress::Silent;
use declouder::raster::Plane;

fn shipped() -> Loaded {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/models/l1c.safetensors");
    load(&path, &Device::flex()).unwrap()
}

/// Hills under a cloud.
fn hills(loaded: &Loaded, side: usize) -> Subject {
    let bands = &loaded.model.config.bands;
    let value = |band: usize, i: usize| {
        0.1 + 0.01 * band as f32
            + 0.02 * ((i % side + 3 * band) as f32 / 17.0).sin() * (i as f32 / 900.0).cos()
    };
    let planes = (0..bands.len())
        .map(|band| Plane::from_vec(side, side, (0..side * side).map(|i| value(band, i)).collect()))
        .collect::<Vec<_>>();
    Subject::of_planes(bands, planes.clone(), planes, Plane::filled(side, side, 255))
}

#[test]
fn directions_move_classes_by_half_the_difference_of_two_steps() {
    let (loaded, device) = (shipped(), Device::flex());
    let labeller = Labeller::open(None, &device).unwrap();
    let about = About {
        name: "the hills".into(),
        bands: Vec::new(),
        level: Some(loaded.model.config.level),
        pixel_m: Some(10.0),
    };
    let asked = |force| Asked { labeller: &labeller, about: &about, force };
    let patches = [hills(&loaded, 120)];
    let plain = principal(&loaded, &patches, "hills".into(), &device, &Silent).unwrap();
    let mut found = plain.clone();
    let why = found.measure_classes(asked(false), &loaded, &patches, &device, &Silent).unwrap();
    assert!(why.is_some_and(|why| why.contains("L2A") && why.contains("the hills")));
    assert_eq!(found, plain, "directions are left as they are");
    let small = [hills(&loaded, 64)];
    let why = found.measure_classes(asked(true), &loaded, &small, &device, &Silent).unwrap();
    assert!(why.is_some_and(|why| why.contains("120 × 120")));
    assert_eq!(found.measure_classes(asked(true), &loaded, &patches, &device, &Silent).unwrap(), None);
    let classes = found.land_cover.as_ref().expect("measured");
    assert_eq!((classes.names.len(), classes.demonstration.len()), (19, 2), "{:?}", classes.demonstration);
    // One patch of one tile: the first is looked at around the prior's middle.
    let held = patches[0].held(&loaded.model, &device);
    let zero = vec![0.0; loaded.model.config.land_code()];
    for direction in &found.directions[..2] {
        let codes = [-1.0, 1.0].map(|step| along(&zero, &direction.vector, step));
        let tiles: Vec<_> = held
            .images(&codes)
            .iter()
            .flat_map(|image| labeller.tiles(&patches[0].bands, image, 120))
            .collect();
        assert_eq!(tiles.len(), 2);
        let own = direction.classes.as_ref().expect("measured");
        assert!(own.iter().any(|by| by.abs() > 1e-6), "{own:?}");
        for (class, by) in own.iter().enumerate() {
            let expected = 0.5 * (tiles[1].probabilities[class] - tiles[0].probabilities[class]);
            assert!((by - f64::from(expected)).abs() < 1e-5, "{by} {expected}");
        }
    }
    assert!(found.directions[8..].iter().all(|direction| direction.classes.is_none()));
    let text = serde_json::to_string(&found).unwrap();
    let read = Directions::parse(&text, &loaded).expect("kept and read again");
    assert_eq!(read.land_cover, found.land_cover);
    for (read, kept) in read.directions.iter().zip(&found.directions) {
        let pairs = read.classes.iter().flatten().zip(kept.classes.iter().flatten());
        assert_eq!(read.classes.as_ref().map(Vec::len), kept.classes.as_ref().map(Vec::len));
        assert!(pairs.into_iter().all(|(read, kept)| (read - kept).abs() < 1e-12));
    }
    found.directions[0].classes = Some(vec![0.1]);
    let text = serde_json::to_string(&found).unwrap();
    assert_eq!(Directions::parse(&text, &loaded), None, "a number for each class, or none");
}
