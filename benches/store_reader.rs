//! How fast patches come out of a large store: in order, drawn and augmented, and as batches made
//! ahead; from the disk and from memory.
//!
//!     cargo bench --profile dev --bench store_reader -- STORE [PATCHES]
//!
//! Makes a synthetic store of 12 bands × 120 × 120 at STORE if there is none (20,000 patches unless
//! told otherwise, 7.2 GB). Prints patches and megabytes a second.

use std::fs::File;
use std::hint::black_box;
use std::io::Error;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use declouder::bands::{L2A, Level};
use declouder::patches::{Augment, Domain, Prefetch, Sampler, Split, Store, StoreSpec, write_synthetic};
use declouder::progress::Silent;
use declouder::random::Stream;

const SIDE: usize = 120;
const CROP: usize = 96;
const BATCH: usize = 16;
const PLACES: usize = 500;

fn main() {
    // Cargo hands `--bench` on to programs without a harness.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let Some(path) = args.first().map(Path::new) else {
        eprintln!("usage: store_reader STORE [PATCHES]");
        std::process::exit(2);
    };
    let rows = args.get(1).map_or(20_000, |text| text.parse().expect("a number of patches"));
    if !path.exists() {
        let spec = StoreSpec { bands: L2A.to_vec(), level: Level::L2A, patch_px: SIDE, shard_mib: 256 };
        let start = Instant::now();
        write_synthetic(path, &spec, rows, PLACES, false, &Silent).expect("the store is written");
        tell("made and written", rows, start);
    }
    let start = Instant::now();
    let store = Arc::new(Store::open(path).expect("the store opens"));
    println!(
        "{} patches in {} shards opened in {:.2?}",
        store.len(),
        store.manifest().shards.len(),
        start.elapsed()
    );
    for state in ["from the disk", "from memory"] {
        println!("{state}:");
        for (name, measure) in [
            ("in order", in_order as fn(&Arc<Store>) -> usize),
            ("drawn, cropped to 96 and turned", drawn),
            ("the same in batches of 16, 4 ahead", ahead),
        ] {
            if state == "from the disk" {
                forget(path).expect("the system forgets the files");
            }
            let start = Instant::now();
            let rows = measure(&store);
            tell(name, rows, start);
        }
    }
}

/// Reads every number of every patch once.
fn in_order(store: &Arc<Store>) -> usize {
    for row in 0..store.len() {
        let patch = store.row(row);
        black_box(patch.pixels.iter().map(|&number| u64::from(number)).sum::<u64>());
        black_box(patch.mask.iter().map(|&code| u64::from(code)).sum::<u64>());
    }
    store.len()
}

/// Half as many patches as the store has, as training draws them.
fn drawn(store: &Arc<Store>) -> usize {
    let sampler = Sampler::new(store, Domain::Clear, Split::Train).expect("there are clear patches");
    let mut stream = Stream::new(1, 0, "bench");
    for _ in 0..store.len() / 2 {
        black_box(one(store, &sampler, &mut stream));
    }
    store.len() / 2
}

fn ahead(store: &Arc<Store>) -> usize {
    let sampler = Sampler::new(store, Domain::Clear, Split::Train).expect("there are clear patches");
    let own = Arc::clone(store);
    let mut batches = Prefetch::new(4, 0, move |step| {
        let mut stream = Stream::new(2, step, "bench");
        (0..BATCH).map(|_| one(&own, &sampler, &mut stream)).collect::<Vec<_>>()
    })
    .expect("a thread starts");
    let count = store.len() / 2 / BATCH;
    for _ in 0..count {
        black_box(batches.next().expect("a batch"));
    }
    count * BATCH
}

fn one(store: &Store, sampler: &Sampler, stream: &mut Stream) -> usize {
    let row = store.row(sampler.draw(stream));
    let patch = Augment::draw(SIDE, CROP, stream).row_of(&row);
    black_box(&patch);
    patch.pixels.len()
}

fn tell(what: &str, rows: usize, start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    let each = (2 * L2A.len() + 1) * SIDE * SIDE;
    println!(
        "  {what}: {:.0} patches/s, {:.0} MB/s ({rows} in {seconds:.2} s)",
        rows as f64 / seconds,
        (rows * each) as f64 / seconds / 1e6
    );
}

/// Asks the system to drop the store's files from its cache.
fn forget(store: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(store)? {
        let file = File::open(entry?.path())?;
        // SAFETY: a plain call on an open file.
        let code = unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
        if code != 0 {
            return Err(Error::from_raw_os_error(code));
        }
    }
    Ok(())
}
