//! A file of events that grows while it is read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::training::folder::RunFolder;
use crate::training::validate::Validation;

/// Bytes read at a time.
const PORTION: u64 = 4 << 20;
/// Bytes before the place reached that must still be what they were.
const MARK: usize = 96;

/// A line of `events.jsonl`.
#[derive(Debug, Clone, Deserialize)]
pub struct Line {
    pub(super) step: u64,
    #[serde(default)]
    pub(super) seconds: f64,
    pub(super) rate: Option<f64>,
    pub(super) rate_discriminator: Option<f64>,
    /// A loss that is no number is null in JSON.
    #[serde(default)]
    pub(super) losses: BTreeMap<String, Option<f64>>,
    pub(super) validation: Option<Validation>,
    pub(super) best: Option<bool>,
}

/// What was read at a time.
#[derive(Debug, Clone, Default)]
pub struct Portion {
    /// Whether the file was begun anew, so that what was read before is void.
    pub restarted: bool,
    /// New lines.
    pub lines: Vec<Line>,
    /// Whether there is more to read at once.
    pub more: bool,
}

/// Reads a growing `events.jsonl`, each time what is new.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    offset: u64,
    /// The last bytes before `offset`: where they are others now, the file was begun anew.
    mark: Vec<u8>,
}

impl Tail {
    /// At the beginning of a run's events; the file need not be there yet.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { path: RunFolder(folder.to_owned()).events(), offset: 0, mark: Vec::new() }
    }

    /// Reads what is new, up to the last whole line. Lines that nobody understands are left out.
    ///
    /// # Errors
    /// Where the file is there but cannot be read.
    pub fn read(&mut self) -> std::io::Result<Portion> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(self.restart()),
            Err(error) => return Err(error),
        };
        let mut portion = if self.is_continued(&mut file)? { Portion::default() } else { self.restart() };
        file.seek(SeekFrom::Start(self.offset))?;
        let mut bytes = Vec::new();
        file.take(PORTION).read_to_end(&mut bytes)?;
        let Some(end) = bytes.iter().rposition(|&byte| byte == b'\n').map(|at| at + 1) else {
            return Ok(portion);
        };
        portion.more = bytes.len() as u64 == PORTION;
        bytes.truncate(end);
        self.offset += end as u64;
        self.mark.extend_from_slice(&bytes[end.saturating_sub(MARK)..]);
        self.mark.drain(..self.mark.len().saturating_sub(MARK));
        let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        portion.lines = lines.filter_map(|line| serde_json::from_slice(line).ok()).collect();
        Ok(portion)
    }

    /// From the beginning again.
    fn restart(&mut self) -> Portion {
        let restarted = self.offset > 0;
        self.offset = 0;
        self.mark.clear();
        Portion { restarted, ..Portion::default() }
    }

    fn is_continued(&self, file: &mut File) -> std::io::Result<bool> {
        if file.metadata()?.len() < self.offset {
            return Ok(false);
        }
        file.seek(SeekFrom::Start(self.offset - self.mark.len() as u64))?;
        let mut found = vec![0; self.mark.len()];
        file.read_exact(&mut found)?;
        Ok(found == self.mark)
    }
}
