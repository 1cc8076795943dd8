//! Event files that `TensorBoard` reads, beside `events.jsonl`: `RUN/tensorboard/events.out.tfevents.…`.
//!
//! A run that goes on begins a new file whose first word is that everything after its step is void, so
//! the files of one folder make one curve.

mod event;
mod record;

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use event::{What, encoded};
use record::framed;

use super::{Error, Result};

/// An event file, open for writing.
pub struct Board {
    path: PathBuf,
    file: File,
}

impl Board {
    /// Begins a new file in `folder`, which is made where there is none. A run that begins at step 0
    /// removes event files of the one it replaces.
    ///
    /// # Errors
    /// [`Error::Run`] where it cannot be written.
    pub fn open(folder: &Path, step: u64) -> Result<Self> {
        let unwritable = |error| unwritable(folder, &error);
        std::fs::create_dir_all(folder).map_err(unwritable)?;
        if step == 0 {
            for old in std::fs::read_dir(folder).map_err(unwritable)?.flatten() {
                if old.file_name().to_string_lossy().starts_with("events.out.tfevents.") {
                    std::fs::remove_file(old.path()).map_err(unwritable)?;
                }
            }
        }
        let name = |number: u32| {
            let seconds = now() as u64;
            folder
                .join(format!("events.out.tfevents.{seconds:010}.declouder.{}.{number}", std::process::id()))
        };
        let free = (0..u32::MAX).map(name).find(|path| !path.exists()).unwrap_or_else(|| name(0));
        let file = OpenOptions::new().create_new(true).append(true).open(&free);
        let file = file.map_err(|error| self::unwritable(&free, &error))?;
        let mut board = Self { path: free, file };
        board.write(0, &What::Version)?;
        board.write(step, &What::Start)?;
        Ok(board)
    }

    /// Numbers of a step, by tag; what is not finite is left out.
    ///
    /// # Errors
    /// [`Error::Run`] where they cannot be written.
    pub fn scalars(&mut self, step: u64, scalars: &[(String, f64)]) -> Result<()> {
        let finite: Vec<_> = scalars.iter().filter(|(_, value)| value.is_finite()).cloned().collect();
        if finite.is_empty() { Ok(()) } else { self.write(step, &What::Scalars(&finite)) }
    }

    /// A PNG in RGB.
    ///
    /// # Errors
    /// [`Error::Run`] where it cannot be written.
    pub fn image(&mut self, step: u64, tag: &str, png: &[u8], size: (u32, u32)) -> Result<()> {
        self.write(step, &What::Image(tag, png, size))
    }

    fn write(&mut self, step: u64, what: &What<'_>) -> Result<()> {
        // One write a record: who reads along sees whole ones.
        let record = framed(&encoded(now(), step, what));
        self.file.write_all(&record).map_err(|error| unwritable(&self.path, &error))
    }
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::Run { path: path.to_owned(), problem: format!("this cannot be written ({error})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of `TensorBoard`'s own writer (`tests/parity/tensorboard_events.py`).
    const REFERENCE: &str = include_str!("../../../tests/parity/tensorboard_events.json");

    fn bytes(hex: &str) -> Vec<u8> {
        let digits = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16);
        hex.as_bytes().chunks(2).map(|pair| digits(pair).expect("hex")).collect()
    }

    #[test]
    fn records_are_those_of_the_reference_writer_byte_for_byte() {
        let reference: serde_json::Value = serde_json::from_str(REFERENCE).expect("JSON");
        let scalars = [
            ("losses/cycle_a".to_owned(), 0.125),
            ("rate/generator".to_owned(), 0.0),
            ("µ".to_owned(), -3.5),
        ];
        let png: Vec<u8> = (0..=255).collect();
        let cases = [
            ("version", 0, What::Version),
            ("start", 300, What::Start),
            ("scalars", 1234, What::Scalars(&scalars)),
            ("image", 7, What::Image("samples", &png, (640, 480))),
        ];
        for (name, step, what) in cases {
            let expected = bytes(reference[name].as_str().expect("a case"));
            assert_eq!(framed(&encoded(1_700_000_000.25, step, &what)), expected, "{name}");
        }
    }

    #[test]
    fn a_run_that_begins_again_removes_old_files_and_one_that_goes_on_adds_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let count = || std::fs::read_dir(folder.path()).expect("a folder").count();
        Board::open(folder.path(), 0).expect("written");
        Board::open(folder.path(), 12).expect("written");
        assert_eq!(count(), 2);
        let mut board = Board::open(folder.path(), 0).expect("written");
        assert_eq!(count(), 1);
        let before = std::fs::metadata(&board.path).expect("a file").len();
        board.scalars(1, &[("a".into(), f64::NAN)]).expect("written");
        assert_eq!(std::fs::metadata(&board.path).expect("a file").len(), before);
    }
}
