//! Text that comes with a product: a plain file, or a member of its archive.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::{Error, Result};

/// Reads a product's text of at most `limit` bytes from a path as GDAL writes it: a file, or
/// `/vsizip/{archive.zip}/member` (the braces may be missing).
///
/// # Errors
/// When it is not there, is larger than the limit, or is not UTF-8.
pub fn read_text(path: &str, limit: u64) -> Result<String> {
    let mut text = String::new();
    let read = |reader: &mut dyn Read, text: &mut String| {
        reader.take(limit + 1).read_to_string(text).map_err(|source| Error::io(path, "reading", source))
    };
    match path.strip_prefix("/vsizip/") {
        None => {
            let mut file = File::open(path).map_err(|source| Error::io(path, "opening", source))?;
            read(&mut file, &mut text)?;
        }
        Some(inside) => {
            let (archive, member) = split(inside)
                .ok_or_else(|| Error::damaged(path, "the path names no member of a zip archive"))?;
            let file = File::open(archive).map_err(|source| Error::io(archive, "opening", source))?;
            let bad = |error: zip::result::ZipError| {
                Error::damaged(
                    archive,
                    format!("{member} cannot be read from the archive ({error}); fetch it again"),
                )
            };
            let mut archive = zip::ZipArchive::new(file).map_err(bad)?;
            let mut member = archive.by_name(member).map_err(bad)?;
            read(&mut member, &mut text)?;
        }
    }
    if text.len() as u64 > limit {
        return Err(Error::damaged(path, format!("the file is larger than {} MiB", limit >> 20)));
    }
    Ok(text)
}

/// The archive and the member in `{a.zip}/m` or `a.zip/m`.
fn split(inside: &str) -> Option<(&Path, &str)> {
    if let Some(rest) = inside.strip_prefix('{') {
        let (archive, member) = rest.split_once('}')?;
        return Some((Path::new(archive), member.trim_start_matches('/')));
    }
    inside
        .match_indices('/')
        .map(|(at, _)| (Path::new(&inside[..at]), &inside[at + 1..]))
        .find(|(archive, _)| archive.is_file())
}
