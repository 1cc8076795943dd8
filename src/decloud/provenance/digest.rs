//! The files behind a scene, and digests of whole files.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{FileFacts, file_name};
use crate::raster::{Error, Result, Scene};

/// The files on disk that a scene's pixels come from: each once, in band order; an archive for its
/// members. Outputs must be none of them.
#[must_use]
pub fn source_files(scene: &Scene) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    for band in &scene.bands {
        let file = file_of_dataset(&band.source.dataset);
        if !files.contains(&file) {
            files.push(file);
        }
    }
    files
}

/// The file behind a GDAL dataset name: the archive for `/vsizip/{archive.zip}/member` and
/// `/vsizip/archive.zip/member`.
fn file_of_dataset(dataset: &str) -> PathBuf {
    let Some(rest) = dataset.strip_prefix("/vsizip/") else { return dataset.into() };
    if let Some((archive, _)) = rest.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
        return archive.into();
    }
    let inside = Path::new(rest);
    inside.ancestors().find(|candidate| candidate.is_file()).unwrap_or(inside).to_owned()
}

/// Size and SHA-256 of a whole file, read in pieces.
///
/// # Errors
/// [`Error::Io`], [`Error::Cancelled`].
pub fn digest(path: &Path, is_cancelled: &dyn Fn() -> bool) -> Result<FileFacts> {
    let fail = |error| Error::io(path, "cannot read the file for its digest", error);
    let mut file = File::open(path).map_err(fail)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0_u8; 1 << 20];
    let mut bytes = 0_u64;
    loop {
        let read = file.read(&mut piece).map_err(fail)?;
        if read == 0 {
            break;
        }
        if is_cancelled() {
            return Err(Error::Cancelled);
        }
        hash.update(&piece[..read]);
        bytes += read as u64;
    }
    Ok(FileFacts { name: file_name(path), bytes, sha256: hex(&hash.finalize()) })
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_sha256sum_s() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), b"abc").expect("written");
        let facts = digest(file.path(), &|| false).expect("digested");
        assert_eq!(facts.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(facts.bytes, 3);
    }

    #[test]
    fn an_archive_stands_for_its_members() {
        assert_eq!(file_of_dataset("/vsizip/{/a/b.zip}/c/d.jp2"), Path::new("/a/b.zip"));
        assert_eq!(file_of_dataset("/a/b.tif"), Path::new("/a/b.tif"));
    }
}
