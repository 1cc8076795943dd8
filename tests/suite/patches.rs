//! The patch store: what is written is read back, row by row, and drawn from evenly.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use declouder::bands::{Band, Level};
use declouder::patches::{
    About, Augment, Domain, Manifest, Patch, Prefetch, Sampler, Split, Store, StoreSpec, StoreWriter,
    write_synthetic,
};
use declouder::progress::Silent;
use declouder::random::Stream;

pub const SIDE: usize = 16;
pub const PLANE: usize = SIDE * SIDE;

pub fn spec() -> StoreSpec {
    StoreSpec { bands: vec![Band::B02, Band::B08], level: Level::L1C, patch_px: SIDE, shard_mib: 1 }
}

/// A patch whose every number tells which one it is.
pub fn patch(number: usize, place: u32, domain: Domain) -> Patch {
    Patch {
        pixels: (0..2 * PLANE).map(|i| (1 + (number * 7 + i) % 9000) as u16).collect(),
        mask: (0..PLANE).map(|i| u8::from(domain == Domain::Cloudy && i % 5 == number % 5)).collect(),
        domain,
        place,
        pair: None,
        labels_43: None,
        labels_19: None,
        s1: None,
        reference: None,
    }
}

/// A store of `rows` patches, alternately clear and cloudy, over three places; returns its patches.
pub fn made_store(output: &Path, rows: usize) -> (Manifest, Vec<Patch>) {
    let mut writer = StoreWriter::create(output, spec(), false).unwrap();
    let mut patches = Vec::new();
    for row in 0..rows {
        let split = [Split::Train, Split::Train, Split::Validation][row / 2 % 3];
        let place = writer.place(&format!("place {}", row / 2 % 3), split, &[]).unwrap();
        let domain = [Domain::Clear, Domain::Cloudy][row % 2];
        let mut patch = patch(row, place, domain);
        if domain == Domain::Cloudy {
            patch.pair = Some(row - 1);
        }
        assert_eq!(writer.push(&patch).unwrap(), row);
        patches.push(patch);
    }
    (writer.finish(About::default()).unwrap(), patches)
}

pub fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    (folder, path)
}

pub fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

fn assert_same(store: &Store, patches: &[Patch]) {
    assert_eq!(store.len(), patches.len());
    for (index, patch) in patches.iter().enumerate() {
        let row = store.row(index);
        assert_eq!(row.pixels, patch.pixels, "{index}");
        assert_eq!(row.mask, patch.mask);
        assert_eq!((row.domain, row.place, row.pair), (patch.domain, patch.place, patch.pair));
        assert_eq!(row.split, store.manifest().places[row.place as usize].split);
        assert_eq!(row.labels_43, patch.labels_43.as_ref().map(|labels| &labels[..]));
        assert_eq!(row.labels_19, patch.labels_19.as_ref().map(|labels| &labels[..]));
        assert_eq!(row.s1, patch.s1.as_deref());
        assert_eq!(row.reference, patch.reference.as_deref());
    }
}

#[test]
fn every_row_of_several_shards_is_read_back_as_it_was_written() {
    let (folder, path) = folder();
    let (manifest, patches) = made_store(&path, 2001);
    assert!(manifest.shards.len() > 2, "{} shards", manifest.shards.len());
    assert!(manifest.shards.iter().all(|shard| shard.bytes <= (1 << 20) + 4096));
    let store = Store::open(&path).unwrap();
    assert_eq!(*store.manifest(), manifest);
    assert_eq!(store.shape(), (2, SIDE));
    assert_same(&store, &patches);
    store.verify(&Silent).unwrap();
    assert_eq!(names(folder.path()), ["store".to_owned()].into());
}

#[test]
fn rows_may_have_radar_reference_and_labels_or_not() {
    let (_folder, path) = folder();
    let mut writer = StoreWriter::create(&path, spec(), false).unwrap();
    let place = writer.place("somewhere", Split::Test, &[Band::B08]).unwrap();
    let mut patches = Vec::new();
    for row in 0..6 {
        let mut patch = patch(row, place, Domain::Clear);
        if [1, 4].contains(&row) {
            patch.s1 = Some((0..2 * PLANE).map(|i| -20.0 + (row * i) as f32 / 64.0).collect());
        }
        if row == 2 {
            patch.reference = Some(vec![1234; 2 * PLANE]);
            let mut labels = [0; 43];
            labels[7] = 1;
            patch.labels_43 = Some(labels);
        }
        if row == 3 {
            let mut labels = [0; 19];
            labels[18] = 1;
            patch.labels_19 = Some(labels);
        }
        writer.push(&patch).unwrap();
        patches.push(patch);
    }
    writer.finish(About::default()).unwrap();
    let store = Store::open(&path).unwrap();
    assert_same(&store, &patches);
    assert_eq!(store.manifest().places[0].missing_bands, [Band::B08]);
}

#[test]
fn shards_are_safetensors_that_other_programs_read() {
    let (_folder, path) = folder();
    let (manifest, patches) = made_store(&path, 10);
    let bytes = fs::read(path.join(&manifest.shards[0].file)).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let pixels = tensors.tensor("pixels").unwrap();
    assert_eq!(pixels.shape(), [10, 2, SIDE, SIDE]);
    let expected: Vec<u8> = patches
        .iter()
        .flat_map(|patch| patch.pixels.iter().flat_map(|number| number.to_le_bytes()))
        .collect();
    assert_eq!(pixels.data(), expected);
    assert_eq!(tensors.tensor("pair").unwrap().data()[8..16], 0_i64.to_le_bytes());
}

#[test]
fn equal_patches_give_equal_stores_and_one_other_number_another_fingerprint() {
    let (folder, path) = folder();
    let (first, _) = made_store(&path, 20);
    let (second, _) = made_store(&folder.path().join("again"), 20);
    assert_eq!(first, second);
    let mut writer = StoreWriter::create(&folder.path().join("other"), spec(), false).unwrap();
    let place = writer.place("place 0", Split::Train, &[]).unwrap();
    writer.push(&patch(0, place, Domain::Clear)).unwrap();
    let other = writer.finish(About::default()).unwrap();
    assert_ne!(first.fingerprint, other.fingerprint);
}

#[test]
fn a_patch_that_does_not_fit_is_refused_and_a_place_stays_in_its_split() {
    let (folder, path) = folder();
    let mut writer = StoreWriter::create(&path, spec(), false).unwrap();
    let place = writer.place("T33UUP", Split::Train, &[]).unwrap();
    let good = patch(0, place, Domain::Clear);
    for (words, bad) in [
        ("pixels", Patch { pixels: vec![1; 3], ..good.clone() }),
        ("mask", Patch { mask: vec![0; 3], ..good.clone() }),
        ("s1", Patch { s1: Some(vec![0.0; 3]), ..good.clone() }),
        ("place 7", Patch { place: 7, ..good.clone() }),
        ("pair 0", Patch { pair: Some(0), ..good.clone() }),
    ] {
        let error = writer.push(&bad).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    assert_eq!(writer.rows(), 0);
    let error = writer.place("T33UUP", Split::Test, &[]).unwrap_err().to_string();
    assert!(error.contains("T33UUP") && error.contains("--split"), "{error}");
    let error = writer.finish(About::default()).unwrap_err().to_string();
    assert!(error.contains("no patch"), "{error}");
    assert_eq!(names(folder.path()), BTreeSet::new(), "an empty store is none");
}

#[test]
fn a_batch_never_has_a_place_on_both_sides_and_is_the_same_after_a_restart() {
    let (_folder, path) = folder();
    let manifest = write_synthetic(&path, &spec(), 600, 25, false, &Silent).unwrap();
    assert_eq!(manifest.places.len(), 25);
    let batches = |first: u64| {
        let store = Store::open(&path).unwrap();
        let clear = Sampler::new(&store, Domain::Clear, Split::Train).unwrap();
        let cloudy = Sampler::new(&store, Domain::Cloudy, Split::Train).unwrap();
        Prefetch::new(3, first, move |step| {
            let mut stream = Stream::new(5, step, "batch");
            let rows: Vec<_> = (0..4).map(|_| cloudy.draw(&mut stream)).collect();
            let taken: Vec<_> = rows.iter().map(|&row| store.kind(row).2).collect();
            let others: Vec<_> = (0..4).map(|_| clear.draw_elsewhere(&taken, &mut stream).unwrap()).collect();
            let places = |rows: &[usize]| rows.iter().map(|&row| store.kind(row).2).collect::<BTreeSet<_>>();
            assert!(places(&rows).is_disjoint(&places(&others)));
            let augment = Augment::draw(SIDE, 8, &mut stream);
            let patches: Vec<_> =
                rows.iter().chain(&others).map(|&row| augment.row_of(&store.row(row))).collect();
            (rows, others, patches)
        })
        .unwrap()
    };
    let mut whole = batches(0);
    let all: Vec<_> = (0..10).map(|_| whole.next().unwrap()).collect();
    let mut resumed = batches(6);
    for batch in &all[6..] {
        assert_eq!(resumed.next().unwrap(), *batch);
    }
    assert_ne!(all[0].0, all[1].0);
}

#[test]
fn drawing_from_nothing_says_what_is_missing() {
    let (_folder, path) = folder();
    made_store(&path, 6);
    let store = Store::open(&path).unwrap();
    let error = Sampler::new(&store, Domain::Cloudy, Split::Test).unwrap_err().to_string();
    assert!(error.contains("cloudy") && error.contains("test") && error.contains("--split"), "{error}");
}
