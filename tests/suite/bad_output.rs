//! Outputs that cannot or must not be written: one clear error, the stated exit code, nothing lost,
//! nothing half-written; and an export that is killed at any moment.
#![cfg(feature = "gdal")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use declouder::raster::export::{check_output, commit, stage_text};
use gdal::Dataset;

use super::fixtures::Raster;
use super::support::{declouder, names, outcome};

/// Values that do not compress, so that files are as large as their pixels.
fn noise(band: usize, x: usize, y: usize) -> u16 {
    let mut state = (band as u32 + 1).wrapping_mul(0x9e37_79b9) ^ ((x as u32) << 16) ^ y as u32;
    for _ in 0..3 {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
    }
    1 + (state % 9999) as u16
}

/// A noisy scene and a mask on its grid.
struct Job {
    folder: tempfile::TempDir,
}

impl Job {
    fn new(side: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let job = Self { folder };
        Raster { width: side, height: side, ..Raster::default() }.write(&job.path("scene.tif"), noise);
        let mask = Raster { width: side, height: side, bands: &["mask"], ..Raster::default() };
        mask.write(&job.path("mask.tif"), |_, x, y| u8::from(x / 20 % 3 == 0 && y / 20 % 3 == 0));
        job
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, output: &Path, options: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_declouder"));
        command
            .arg("decloud")
            .arg(self.path("scene.tif"))
            .arg("-o")
            .arg(output)
            .arg("--mask")
            .arg(self.path("mask.tif"))
            .args(options);
        command
    }

    /// Exit code and standard error of an export.
    fn export(&self, output: &Path, options: &[&str]) -> (i32, String) {
        let (code, _, err) = outcome(&self.command(output, options).output().unwrap());
        (code, err)
    }

    fn start(&self, output: &Path, options: &[&str]) -> Child {
        self.command(output, options).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }
}

/// Every value of every band and overview; an error where one cannot be read.
fn all_pixels(path: &Path) -> gdal::errors::Result<Vec<u16>> {
    let dataset = Dataset::open(path)?;
    let mut all = Vec::new();
    for index in 1..=dataset.raster_count() {
        let band = dataset.rasterband(index)?;
        all.extend_from_slice(band.read_band_as::<u16>()?.data());
        for level in 0..band.overview_count()? {
            all.extend_from_slice(band.overview(level as usize)?.read_band_as::<u16>()?.data());
        }
    }
    Ok(all)
}

/// A small file system of memory, or none where the test may not mount one.
pub struct SmallDisk {
    pub folder: tempfile::TempDir,
}

impl SmallDisk {
    pub fn mount(bytes: u64, more: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={bytes}{more}");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "declouder-test"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            Some(Self { folder })
        } else {
            eprintln!("skipped: this user may not mount a small disk");
            None
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: programs that other tests start meanwhile may have inherited an open file.
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}

#[test]
fn an_existing_output_is_refused_without_overwrite_and_stays_as_it_was() {
    let job = Job::new(64);
    for taken in ["OUT.tif", "OUT.report.json"] {
        fs::write(job.path(taken), b"mine").unwrap();
        let before = names(job.folder.path());
        let (code, err) = job.export(&job.path("OUT.tif"), &[]);
        assert!(code == 1 && err.contains("--overwrite") && err.contains(taken), "{code} {err}");
        assert_eq!(names(job.folder.path()), before);
        assert_eq!(fs::read(job.path(taken)).unwrap(), b"mine");
        fs::remove_file(job.path(taken)).unwrap();
    }
    fs::write(job.path("OUT.tif"), b"mine").unwrap();
    fs::write(job.path("OUT.tif.aux.xml"), b"<PAMDataset/>").unwrap();
    let (code, err) = job.export(&job.path("OUT.tif"), &["--overwrite"]);
    assert_eq!(code, 0, "{err}");
    assert!(all_pixels(&job.path("OUT.tif")).is_ok());
    let left = ["OUT.report.json", "OUT.tif", "mask.tif", "scene.tif"];
    assert_eq!(names(job.folder.path()), left, "the old file's statistics are gone with it");
}

#[test]
fn an_output_that_is_an_input_by_any_name_is_refused() {
    let job = Job::new(64);
    let source = fs::read(job.path("scene.tif")).unwrap();
    symlink(job.path("scene.tif"), job.path("link.tif")).unwrap();
    fs::hard_link(job.path("scene.tif"), job.path("hard.tif")).unwrap();
    fs::create_dir(job.path("sub")).unwrap();
    let before = names(job.folder.path());
    for name in ["scene.tif", "link.tif", "hard.tif", "sub/../scene.tif", "mask.tif"] {
        let (code, err) = job.export(&job.path(name), &["--overwrite"]);
        assert!(code == 2 && err.contains("input"), "{name}: {code} {err}");
        assert_eq!(names(job.folder.path()), before, "{name}");
        assert_eq!(fs::read(job.path("scene.tif")).unwrap(), source, "{name}");
    }
    let mut relative = job.command(Path::new("./scene.tif"), &["--overwrite"]);
    let (code, _, err) = outcome(&relative.current_dir(job.folder.path()).output().unwrap());
    assert!(code == 2 && err.contains("input"), "relative: {code} {err}");
    assert_eq!(fs::read(job.path("scene.tif")).unwrap(), source);
}

#[test]
fn a_link_as_output_is_followed_and_kept() {
    let job = Job::new(64);
    fs::create_dir(job.path("elsewhere")).unwrap();
    fs::write(job.path("elsewhere/real.tif"), b"old").unwrap();
    symlink(job.path("elsewhere/real.tif"), job.path("OUT.tif")).unwrap();
    let (code, err) = job.export(&job.path("OUT.tif"), &["--overwrite"]);
    assert_eq!(code, 0, "{err}");
    assert!(fs::symlink_metadata(job.path("OUT.tif")).unwrap().is_symlink());
    assert!(all_pixels(&job.path("elsewhere/real.tif")).is_ok());
}

#[test]
fn a_folder_that_cannot_be_written_is_named_before_any_work() {
    let job = Job::new(64);
    fs::write(job.path("file"), b"").unwrap();
    fs::create_dir(job.path("folder.tif")).unwrap();
    let unusable = [
        (job.path("nowhere/OUT.tif"), "nowhere"),
        (job.path("file/OUT.tif"), "file"),
        (PathBuf::from("/proc/OUT.tif"), "/proc"),
    ];
    let error = check_output(Path::new("/dev/null"), true, &[]).unwrap_err().to_string();
    assert!(error.contains("no regular file") && error.contains("/dev/null"), "{error}");
    for (output, named) in unusable {
        let (code, err) = job.export(&output, &["--overwrite"]);
        assert!(code == 1 && err.contains(named), "{}: {code} {err}", output.display());
        assert_eq!(err.lines().filter(|line| line.starts_with("declouder:")).count(), 1, "{err}");
    }
    let Some(disk) = SmallDisk::mount(1 << 20, ",ro") else { return };
    let (code, err) = job.export(&disk.path("OUT.tif"), &[]);
    assert!(code == 1 && err.contains("OUT.tif"), "{code} {err}");
}

#[test]
fn a_disk_that_fills_up_at_any_phase_loses_nothing() {
    let job = Job::new(700);
    let free = job.path("free");
    fs::create_dir(&free).unwrap();
    for options in [&["--overwrite"][..], &["--overwrite", "--cog"]] {
        let (code, err) = job.export(&free.join("OUT.tif"), options);
        assert_eq!(code, 0, "{err}");
        let bytes = fs::metadata(free.join("OUT.tif")).unwrap().len();
        let mut failed = 0;
        // From the first tile to the last directory; past the end the export must succeed.
        for percent in [1, 20, 50, 80, 95, 98, 100, 110, 400] {
            let Some(disk) = SmallDisk::mount(bytes * percent / 100 + 16_384, "") else { return };
            fs::write(disk.path("OUT.tif"), b"old").unwrap();
            fs::write(disk.path("OUT.report.json"), b"{}").unwrap();
            let (code, err) = job.export(&disk.path("OUT.tif"), options);
            let found = names(disk.folder.path());
            assert_eq!(found, ["OUT.report.json", "OUT.tif"], "{percent} %: nothing else is left");
            if code == 0 {
                assert!(all_pixels(&disk.path("OUT.tif")).is_ok(), "{percent} %: said to be done");
                continue;
            }
            failed += 1;
            let clear = err.contains("the disk is full") && err.contains("OUT") && err.lines().count() < 4;
            assert!(code == 1 && clear, "{percent} %: {code} {err}");
            assert_eq!(fs::read(disk.path("OUT.tif")).unwrap(), b"old", "{percent} %: {err}");
            assert_eq!(fs::read(disk.path("OUT.report.json")).unwrap(), b"{}", "{percent} %");
        }
        assert!((4..9).contains(&failed), "the sizes meet several phases: {failed} failed");
    }
}

#[test]
fn a_text_output_takes_its_name_only_when_committed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("OUT.report.json");
    drop(stage_text(&path, "{}", false).unwrap());
    assert_eq!(names(folder.path()), [""; 0], "dropped");
    let staged = stage_text(&path, "{}", false).unwrap();
    assert!(!path.exists());
    fs::write(&path, "mine").unwrap();
    let error = commit(vec![staged]).unwrap_err().to_string();
    assert!(error.contains("--overwrite"), "a name taken meanwhile: {error}");
    assert_eq!(names(folder.path()), ["OUT.report.json"]);
    assert_eq!(fs::read(&path).unwrap(), b"mine");
}

#[test]
fn leftovers_of_dead_processes_are_removed_and_living_ones_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("OUT.tif");
    let mut gone = Command::new("true").spawn().unwrap();
    let dead = gone.id();
    gone.wait().unwrap();
    let living = format!(".OUT.tif.{}-77.partial.tif", std::process::id());
    let other = format!(".OTHER.tif.{dead}-0.partial.tif");
    for name in [&format!(".OUT.tif.{dead}-0.partial.tif"), &living, &other] {
        fs::write(folder.path().join(name), b"half").unwrap();
    }
    check_output(&path, false, &[]).unwrap();
    assert_eq!(names(folder.path()), [other, living]);
}

/// Numbers that differ from run to run; the seed is shown so that a failure can be repeated.
pub struct Chance(u64);

impl Chance {
    pub fn new() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let seed = std::env::var("CHANCE").ok().and_then(|text| text.parse().ok());
        let seed = seed.unwrap_or(now.as_nanos() as u64 | 1);
        eprintln!("CHANCE={seed}");
        Self(seed)
    }

    /// From 0 up to 1.
    pub fn fraction(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Two exports of the same job that differ, as pixels.
fn two_versions(job: &Job, output: &Path) -> ([Vec<u16>; 2], Duration) {
    let mut longest = Duration::ZERO;
    let mut version = |feather: &str| {
        let start = Instant::now();
        let (code, err) = job.export(output, &["--overwrite", "--feather", feather]);
        longest = longest.max(start.elapsed());
        assert_eq!(code, 0, "{err}");
        all_pixels(output).unwrap()
    };
    let versions = [version("0"), version("8")];
    assert_ne!(versions[0], versions[1]);
    (versions, longest)
}

const FEATHERS: [&str; 2] = ["0", "8"];

#[test]
fn an_export_killed_at_any_moment_leaves_the_old_file_or_the_new_one() {
    let job = Job::new(300);
    let folder = job.path("out");
    fs::create_dir(&folder).unwrap();
    let output = folder.join("OUT.tif");
    let (versions, longest) = two_versions(&job, &output);
    let (mut chance, mut killed) = (Chance::new(), 0);
    for round in 0..400 {
        if killed >= 100 {
            break;
        }
        let mut child = job.start(&output, &["--overwrite", "--feather", FEATHERS[round % 2]]);
        std::thread::sleep(longest.mul_f64(chance.fraction()));
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());
        let pixels = all_pixels(&output).unwrap_or_else(|error| panic!("round {round}: {error}"));
        assert!(versions.contains(&pixels), "round {round}: neither the old file nor the new one");
        let report = fs::read(folder.join("OUT.report.json")).unwrap();
        assert!(serde_json::from_slice::<serde_json::Value>(&report).is_ok(), "round {round}");
    }
    assert!(killed >= 100, "only {killed} exports were killed in time");
    let (code, err) = job.export(&output, &["--overwrite"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(names(&folder), ["OUT.report.json", "OUT.tif"], "what the killed ones left is gone");
    let (code, _, err) =
        outcome(&declouder(&["verify", job.path("scene.tif").to_str().unwrap(), output.to_str().unwrap()]));
    assert_eq!(code, 0, "{err}");
}

#[test]
fn an_interrupted_export_ends_with_130_and_leaves_nothing_behind() {
    let job = Job::new(300);
    let folder = job.path("out");
    fs::create_dir(&folder).unwrap();
    let output = folder.join("OUT.tif");
    let (versions, longest) = two_versions(&job, &output);
    let mut chance = Chance::new();
    let mut cancelled = 0;
    for round in 0..24 {
        let signal = [libc::SIGINT, libc::SIGTERM][round % 2];
        let mut child = job.start(&output, &["--overwrite", "--feather", FEATHERS[round / 2 % 2]]);
        // Not before the program can have set its handler up.
        std::thread::sleep(longest.mul_f64(0.05 + 0.95 * chance.fraction()));
        // SAFETY: signals a child that was not waited for, so its number is still its own.
        unsafe { libc::kill(child.id() as i32, signal) };
        let status = child.wait().unwrap();
        let code = status.code();
        cancelled += usize::from(code == Some(130));
        let before_handler = code.is_none();
        assert!(before_handler || code == Some(130) || code == Some(0), "round {round}: {status}");
        assert_eq!(names(&folder), ["OUT.report.json", "OUT.tif"], "round {round}");
        assert!(versions.contains(&all_pixels(&output).unwrap()), "round {round}");
    }
    assert!(cancelled > 0, "no export was interrupted in time");
}
