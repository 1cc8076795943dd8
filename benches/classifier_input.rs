//! How fast a classifier's batches come out of a large labelled store.
//!
//!     cargo bench --profile dev --bench classifier_input -- STORE [PATCHES] [PX]
//!
//! Makes a synthetic store of BigEarthNet's layout (12 bands, 19 labels) at STORE if there is none: 100,000 patches
//! of 32 px unless told otherwise (2.5 GB; at the published 120 px it would be 36 GB). Prints batches, patches
//! and megabytes a second of the whole pipeline: draw, turn, mix, to network range, ahead on a thread.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use declouder::bands::{L2A, Level};
use declouder::networks::classifier::ClassifierConfig;
use declouder::patches::{About, Domain, Patch, Prefetch, Split, StoreSpec, StoreWriter};
use declouder::random::{Stream, mix};
use declouder::training::classifier::{Batch, ClassifierTraining, Labelled, Patches};

const PLACES: usize = 500;
const BATCHES: u64 = 300;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let Some(path) = args.first().map(Path::new) else {
        eprintln!("usage: classifier_input STORE [PATCHES] [PX]");
        std::process::exit(2);
    };
    let number = |index: usize, otherwise| {
        args.get(index).map_or(otherwise, |text: &String| text.parse().expect("a number"))
    };
    let (rows, side) = (number(1, 100_000), number(2, 32));
    if !path.exists() {
        write(path, rows, side);
    }
    let network = ClassifierConfig { patch_px: side, ..ClassifierConfig::default() };
    let config = ClassifierTraining { network, ..ClassifierTraining::default() };
    let start = Instant::now();
    let data = Labelled::open(path, &config.network).expect("the store opens");
    println!("{} labelled patches opened in {:.2?}", data.examples.len(), start.elapsed());
    for mixup in [0.0, config.mixup] {
        measure(&ClassifierTraining { mixup, ..config.clone() }, &data);
    }
}

fn measure(config: &ClassifierTraining, data: &Labelled) {
    let rows = data.rows(Split::Train).expect("all are for training");
    let patches = Patches::new(&data.encoding(&rows[..1000.min(rows.len())]));
    let (own, store) = (config.clone(), data.clone());
    let start = Instant::now();
    let mut batches =
        Prefetch::new(3, 0, move |step| Batch::new(step, &own, (&store, &rows), &patches)).expect("a thread");
    for _ in 0..BATCHES {
        black_box(batches.next().expect("a batch"));
    }
    let seconds = start.elapsed().as_secs_f64();
    let read = BATCHES as usize * config.batch * if config.mixup > 0.0 { 2 } else { 1 };
    let (bands, side) = data.store().shape();
    println!(
        "mixup {}: {:.1} batches/s of {}, {:.0} patches/s read, {:.0} MB/s",
        config.mixup,
        BATCHES as f64 / seconds,
        config.batch,
        read as f64 / seconds,
        (2 * read * bands * side * side) as f64 / seconds / 1e6
    );
}

fn write(path: &Path, rows: usize, side: usize) {
    let start = Instant::now();
    let spec = StoreSpec { bands: L2A.to_vec(), level: Level::L2A, patch_px: side, shard_mib: 256 };
    let mut writer = StoreWriter::create(path, spec, false).expect("the store begins");
    for row in 0..rows {
        let place = writer.place(&format!("place {:06}", row % PLACES), Split::Train, &[]).expect("a place");
        let base = Stream::new(0, row as u64, "classifier bench").next_u64();
        let flag =
            |class: usize| u8::from(mix(base ^ (class as u64 + 7)).is_multiple_of(6) || class == row % 19);
        let patch = Patch {
            pixels: (0..12 * side * side).map(|i| (mix(base ^ i as u64) % 4000 + 200) as u16).collect(),
            mask: vec![0; side * side],
            domain: Domain::Clear,
            place,
            pair: None,
            labels_43: None,
            labels_19: Some(std::array::from_fn(flag)),
            s1: None,
            reference: None,
        };
        writer.push(&patch).expect("the disk has room");
    }
    writer.finish(About::default()).expect("the store is finished");
    println!("{rows} patches of {side} px written in {:.1?}", start.elapsed());
}
