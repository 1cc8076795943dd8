//! Stores that are damaged, foreign, hostile or half-written: one clear error, never wrong pixels.

use std::fs;
use std::path::{Path, PathBuf};

use declouder::bands::{Band, L1C, Level};
use declouder::patches::{Manifest, Store};
use declouder::progress::Silent;

use super::patches::{folder, made_store};

/// A sound store of ten patches in one shard.
fn sound() -> (tempfile::TempDir, PathBuf, Manifest) {
    let (guard, path) = folder();
    let (manifest, _) = made_store(&path, 10);
    assert_eq!(manifest.shards.len(), 1);
    (guard, path, manifest)
}

fn refusal(path: &Path) -> String {
    Store::open(path).map(drop).expect_err("the store must be refused").to_string()
}

fn expect(message: &str, words: &[&str]) {
    for word in words {
        assert!(message.contains(word), "\"{word}\" is not in: {message}");
    }
    assert_eq!(message.lines().count(), 1, "{message}");
}

/// Changes `store.json` as a text.
fn edit(path: &Path, from: &str, to: &str) {
    let file = path.join("store.json");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{from} is not in store.json");
    fs::write(&file, text.replacen(from, to, 1)).unwrap();
}

fn shard(path: &Path) -> PathBuf {
    path.join("shard-00000.safetensors")
}

/// Where the bytes of a tensor begin in the shard.
fn start_of(bytes: &[u8], tensor: &str) -> usize {
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let json: serde_json::Value = serde_json::from_slice(&bytes[8..header]).unwrap();
    header + json[tensor]["data_offsets"][0].as_u64().unwrap() as usize
}

/// Changes one byte of a tensor.
fn poke(path: &Path, tensor: &str, at: usize, byte: u8) {
    let mut bytes = fs::read(shard(path)).unwrap();
    let start = start_of(&bytes, tensor);
    bytes[start + at] = byte;
    fs::write(shard(path), bytes).unwrap();
}

#[test]
fn what_is_no_store_is_named() {
    let (guard, path) = folder();
    expect(&refusal(&path), &["no file or folder"]);
    expect(&refusal(guard.path()), &["no patch store", "no store.json"]);
    fs::write(&path, "a file").unwrap();
    expect(&refusal(&path), &["no patch store", "it is a file"]);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    fs::write(path.join("store.json"), "{\"name\": \"a shop\"}").unwrap();
    expect(&refusal(&path), &["no patch store", "declouder patch store"]);
    fs::write(path.join("store.json"), "{ not json").unwrap();
    expect(&refusal(&path), &["store.json is wrong"]);
}

#[test]
fn a_store_of_another_version_is_refused_before_its_fields_are_read() {
    let (_guard, path, _) = sound();
    edit(&path, "\"version\": 1", "\"version\": 2, \"colours\": 7");
    expect(&refusal(&path), &["version 2", "version 1", "prepare it again", "store.json"]);
}

#[test]
fn unknown_and_missing_fields_are_named() {
    for (from, to, word) in [
        ("\"rows\":", "\"colour\": \"blue\", \"rows\":", "colour"),
        ("\"patch_px\":", "\"patch_size\":", "patch_size"),
        ("\"level\": \"L1C\"", "\"level\": \"L9\"", "L9"),
        ("\"split\": \"train\"", "\"split\": \"exam\"", "exam"),
        ("\"B08\"", "\"B88\"", "B88"),
    ] {
        let (_guard, path, _) = sound();
        edit(&path, from, to);
        expect(&refusal(&path), &["store.json is wrong", word]);
    }
}

#[test]
fn a_manifest_that_contradicts_itself_or_its_shards_is_refused() {
    for (from, to, words) in [
        ("\"patch_px\": 16", "\"patch_px\": 0", ["patch_px is 0", "store.json"]),
        ("\"patch_px\": 16", "\"patch_px\": 32", ["tensor", "16"]),
        ("\"B08\"", "\"B02\"", ["twice", "store.json"]),
        ("\"B08\"", "\"VV\"", ["bands", "store.json"]),
        ("\"rows\": 10,\n  \"split_rule\"", "\"rows\": 11,\n  \"split_rule\"", ["rows is 11", "sum"]),
        ("\"shard-00000.safetensors\"", "\"../store/shard-00000.safetensors\"", ["plain file name", ".."]),
        ("\"shard-00000.safetensors\"", "\"shard-00001.safetensors\"", ["shard is missing", "00001"]),
        ("\"split\": \"validation\"", "\"split\": \"test\"", ["row", "do not fit"]),
    ] {
        let (_guard, path, _) = sound();
        edit(&path, from, to);
        expect(&refusal(&path), &words);
    }
}

#[test]
fn another_band_set_or_level_says_what_was_expected_and_found() {
    let (_guard, path, manifest) = sound();
    let store = Store::open(&path).unwrap();
    assert!(store.check_fits(&manifest.bands, Level::L1C).is_ok());
    let error = store.check_fits(&L1C, Level::L1C).unwrap_err().to_string();
    expect(&error, &["B02 B08", "B01 B02 B03", "store"]);
    let error = store.check_fits(&[Band::B08, Band::B02], Level::L1C).unwrap_err().to_string();
    expect(&error, &["B08 B02", "order"]);
    let error = store.check_fits(&manifest.bands, Level::L2A).unwrap_err().to_string();
    expect(&error, &["L1C", "L2A"]);
}

#[test]
fn a_truncated_or_missing_shard_is_named() {
    let (_guard, path, manifest) = sound();
    let bytes = fs::read(shard(&path)).unwrap();
    for length in [0, 7, 100, bytes.len() / 2, bytes.len() - 1] {
        fs::write(shard(&path), &bytes[..length]).unwrap();
        expect(&refusal(&path), &["shard-00000", &length.to_string(), &manifest.shards[0].bytes.to_string()]);
    }
    fs::remove_file(shard(&path)).unwrap();
    expect(&refusal(&path), &["shard is missing", "shard-00000"]);
}

#[test]
fn a_shard_whose_length_was_hidden_is_still_refused() {
    let (_guard, path, manifest) = sound();
    let bytes = fs::read(shard(&path)).unwrap();
    let half = bytes.len() / 2;
    fs::write(shard(&path), &bytes[..half]).unwrap();
    edit(&path, &format!("\"bytes\": {}", manifest.shards[0].bytes), &format!("\"bytes\": {half}"));
    expect(&refusal(&path), &["shard-00000", "does not fit"]);
}

#[test]
fn claims_of_absurd_sizes_are_refused_without_allocating() {
    let huge = usize::MAX / 8;
    let claims = [
        ("{\"pixels\":{\"dtype\":\"U16\",\"shape\":[{h},2,16,16],\"data_offsets\":[0,{h}]}}", "pixels"),
        ("{\"pair\":{\"dtype\":\"I64\",\"shape\":[{h}],\"data_offsets\":[0,0]}}", "pair"),
        ("{\"place\":{\"dtype\":\"U32\",\"shape\":[],\"data_offsets\":[0,4]}}", "end at byte 4"),
        ("{}", "end at byte 0"),
    ];
    for (claim, word) in claims {
        let (_guard, path, manifest) = sound();
        let header = claim.replace("{h}", &huge.to_string());
        let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &[0; 64]].concat();
        fs::write(shard(&path), &bytes).unwrap();
        edit(
            &path,
            &format!("\"bytes\": {}", manifest.shards[0].bytes),
            &format!("\"bytes\": {}", bytes.len()),
        );
        edit(&path, "\"rows\": 10,\n  \"split_rule\"", &format!("\"rows\": {huge},\n  \"split_rule\""));
        edit(&path, "\"rows\": 10,\n      \"bytes\"", &format!("\"rows\": {huge},\n      \"bytes\""));
        expect(&refusal(&path), &["shard-00000", word]);
    }
    let (_guard, path, manifest) = sound();
    let bytes = [u64::MAX.to_le_bytes(), [b'{'; 8]].concat();
    fs::write(shard(&path), &bytes).unwrap();
    edit(&path, &format!("\"bytes\": {}", manifest.shards[0].bytes), "\"bytes\": 16");
    expect(&refusal(&path), &["shard-00000", "header claims"]);
}

#[test]
fn numbers_that_cannot_be_are_refused_by_their_row() {
    for (tensor, at, byte, words) in [
        ("domain", 3, 7, ["row 3", "domain 7"]),
        ("split", 4, 9, ["row 4", "split 9"]),
        ("place", 4 * 5, 200, ["row 5", "place 200"]),
        ("pair", 8, 3, ["row 1", "paired with 3"]),
        ("pair", 8 * 3 + 6, 1, ["row 3", "paired with"]),
    ] {
        let (_guard, path, _) = sound();
        poke(&path, tensor, at, byte);
        expect(&refusal(&path), &words);
    }
}

#[test]
fn a_tampered_byte_anywhere_is_found_by_verify() {
    for (tensor, at) in [("pixels", 0), ("pixels", 5000), ("mask", 2559), ("labels_43", 1)] {
        let (_guard, path, _) = sound();
        let bytes = fs::read(shard(&path)).unwrap();
        let old = bytes[start_of(&bytes, tensor) + at];
        poke(&path, tensor, at, old ^ 1);
        let store = Store::open(&path).expect("its structure is sound");
        let error = store.verify(&Silent).unwrap_err().to_string();
        expect(&error, &["shard-00000", "SHA-256"]);
    }
    for (from, to) in [
        ("\"split_rule\": \"", "\"split_rule\": \"by hand"),
        ("\"name\": \"place 1\"", "\"name\": \"place 9\""),
        ("\"places\": 2", "\"places\": 3"),
    ] {
        let (_guard, path, _) = sound();
        edit(&path, from, to);
        let error = Store::open(&path).unwrap().verify(&Silent).unwrap_err().to_string();
        expect(&error, &["store.json", "fingerprint"]);
    }
}

#[test]
fn no_damage_to_a_shard_causes_a_panic() {
    let (_guard, path, _) = sound();
    let bytes = fs::read(shard(&path)).unwrap();
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut stream = declouder::random::Stream::new(11, 0, "damage");
    let mut refused = 0;
    for _ in 0..400 {
        let mut damaged = bytes.clone();
        damaged[stream.below(header as u64) as usize] = stream.next_u32() as u8;
        fs::write(shard(&path), &damaged).unwrap();
        match Store::open(&path) {
            Err(_) => refused += 1,
            // Padding, or the same byte again.
            Ok(store) => assert_eq!(store.row(9).pixels.len(), 512),
        }
    }
    assert!(refused > 300, "{refused}");
}

#[cfg(feature = "gdal")]
mod while_preparing {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    use super::super::bad_output::{Chance, SmallDisk};
    use super::super::fixtures::Raster;
    use super::super::patches::names;
    use super::super::support::outcome;
    use super::*;

    /// A folder of noisy scenes and a command that prepares them.
    struct Job {
        folder: tempfile::TempDir,
    }

    impl Job {
        fn new(scenes: usize, side: usize) -> Self {
            let job = Self { folder: tempfile::tempdir().unwrap() };
            fs::create_dir(job.path("scenes")).unwrap();
            for scene in 0..scenes {
                let raster = Raster {
                    width: side,
                    height: side,
                    bands: &["B02", "B03", "B04", "B11", "B12"],
                    ..Raster::default()
                };
                let path = job.path("scenes").join(format!("scene{scene}.tif"));
                raster.write(&path, |band, x, y| {
                    1 + (declouder::random::mix((scene * 1000 + band) as u64 ^ ((x << 32 | y) as u64)) % 2000)
                        as u16
                });
            }
            job
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn command(&self, output: &Path, more: &[&str]) -> Command {
            let mut command = Command::new(env!("CARGO_BIN_EXE_declouder"));
            command.arg("prepare").arg(self.path("scenes")).arg("-o").arg(output);
            command.args(["--patch", "64", "--level", "L1C", "--domain", "clear"]);
            command.args(["--store-bands", "B02,B03,B04,B11,B12"]).args(more);
            command
        }

        fn run(&self, output: &Path, more: &[&str]) -> (i32, String) {
            let (code, _, err) = outcome(&self.command(output, more).output().unwrap());
            (code, err)
        }
    }

    #[test]
    fn an_empty_source_is_an_error_and_leaves_nothing() {
        let job = Job::new(0, 0);
        let before = names(job.folder.path());
        let (code, err) = job.run(&job.path("store"), &[]);
        assert!(code == 1 && err.contains("no scene in this folder"), "{code} {err}");
        assert_eq!(names(job.folder.path()), before);
    }

    #[test]
    fn only_a_store_is_ever_replaced() {
        let job = Job::new(1, 64);
        let output = job.path("mine");
        fs::create_dir(&output).unwrap();
        fs::write(output.join("thesis.txt"), "years of work").unwrap();
        let (code, err) = job.run(&output, &["--overwrite"]);
        assert!(code == 1 && err.contains("something else"), "{code} {err}");
        assert_eq!(fs::read_to_string(output.join("thesis.txt")).unwrap(), "years of work");
        fs::remove_file(output.join("thesis.txt")).unwrap();
        let (code, err) = job.run(&output, &[]);
        assert_eq!(code, 0, "an empty folder may become a store: {err}");
        let (code, err) = job.run(&job.path("nowhere/store"), &[]);
        assert!(code == 1 && err.contains("nowhere"), "{code} {err}");
    }

    #[test]
    fn a_disk_that_fills_up_loses_nothing() {
        let job = Job::new(6, 128);
        let (code, err) = job.run(&job.path("store"), &[]);
        assert_eq!(code, 0, "{err}");
        let bytes: u64 = Store::open(&job.path("store")).unwrap().manifest().shards[0].bytes;
        let mut failed = 0;
        for percent in [20, 90, 100, 300] {
            let Some(disk) = SmallDisk::mount(bytes * percent / 100 + 20_000, "") else { return };
            let (code, err) = job.run(&disk.path("store"), &[]);
            if code == 0 {
                Store::open(&disk.path("store")).unwrap().verify(&Silent).unwrap();
                continue;
            }
            failed += 1;
            assert!(code == 1 && err.contains("disk is full") && err.contains("store"), "{code} {err}");
            assert_eq!(names(disk.folder.path()).len(), 0, "{percent} %");
        }
        assert!((2..4).contains(&failed), "{failed} failed");
    }

    #[test]
    fn a_prepare_killed_at_any_moment_leaves_the_old_store_or_the_new_one() {
        let job = Job::new(4, 192);
        let folder = job.path("out");
        fs::create_dir(&folder).unwrap();
        let output = folder.join("store");
        let mut versions = Vec::new();
        let mut longest = Duration::ZERO;
        for split in ["train", "test"] {
            let start = Instant::now();
            let (code, err) = job.run(&output, &["--overwrite", "--split", split]);
            longest = longest.max(start.elapsed());
            assert_eq!(code, 0, "{split}: {err}");
            versions.push(Store::open(&output).unwrap().manifest().fingerprint.clone());
        }
        assert_ne!(versions[0], versions[1]);
        let (mut chance, mut killed) = (Chance::new(), 0);
        for round in 0..120 {
            if killed >= 30 {
                break;
            }
            let split = ["train", "test"][round % 2];
            let mut child = job
                .command(&output, &["--overwrite", "--split", split])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(longest.mul_f64(chance.fraction()));
            child.kill().unwrap();
            killed += usize::from(!child.wait().unwrap().success());
            let store = Store::open(&output).unwrap_or_else(|error| panic!("round {round}: {error}"));
            store.verify(&Silent).unwrap();
            assert!(versions.contains(&store.manifest().fingerprint), "round {round}");
        }
        assert!(killed >= 30, "only {killed} were killed in time");
        let (code, err) = job.run(&output, &["--overwrite"]);
        assert_eq!(code, 0, "{err}");
        assert_eq!(names(&folder), ["store".to_owned()].into(), "what the killed ones left is gone");
    }

    #[test]
    fn an_interrupted_prepare_ends_with_130_and_leaves_nothing() {
        let job = Job::new(4, 192);
        let folder = job.path("out");
        fs::create_dir(&folder).unwrap();
        let output = folder.join("store");
        let start = Instant::now();
        assert_eq!(job.run(&output, &[]).0, 0);
        let longest = start.elapsed();
        fs::remove_dir_all(&output).unwrap();
        let (mut chance, mut cancelled) = (Chance::new(), 0);
        for round in 0..12 {
            let mut child =
                job.command(&output, &[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(longest.mul_f64(0.1 + 0.8 * chance.fraction()));
            // SAFETY: signals a child that was not waited for, so its number is still its own.
            unsafe { libc::kill(child.id() as i32, libc::SIGINT) };
            let code = child.wait().unwrap().code();
            match code {
                Some(0) => fs::remove_dir_all(&output).unwrap(),
                Some(130) => {
                    cancelled += 1;
                    assert_eq!(names(&folder).len(), 0, "round {round}");
                }
                // The signal came before the program could catch it.
                None => {
                    let left = names(&folder);
                    assert!(left.iter().all(|name| name.ends_with(".partial")), "{left:?}");
                }
                other => panic!("round {round}: {other:?}"),
            }
        }
        assert!(cancelled > 0, "none was interrupted in time");
    }
}
