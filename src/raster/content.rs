//! What a file is by its first bytes; its name's extension is never asked.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::{Error, Result};

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// TIFF or BigTIFF.
    Tiff,
    /// JPEG 2000: JP2 boxes or a bare codestream.
    Jpeg2000,
    /// A zip archive.
    Zip,
    /// XML other than a GDAL description of other files.
    Xml,
    /// Something else, in words that complete "it is …".
    Other(&'static str),
}

/// First bytes and what they mean.
const SIGNATURES: [(&[u8], Content); 16] = [
    (b"II*\0", Content::Tiff),
    (b"MM\0*", Content::Tiff),
    (b"II+\0", Content::Tiff),
    (b"MM\0+", Content::Tiff),
    (b"\0\0\0\x0cjP  ", Content::Jpeg2000),
    (b"\xff\x4f\xff\x51", Content::Jpeg2000),
    (b"PK\x03\x04", Content::Zip),
    (b"\x89HDF", Content::Other("an HDF5 or netCDF file")),
    (b"CDF", Content::Other("a netCDF file")),
    (b"\x89PNG", Content::Other("a PNG image")),
    (b"\xff\xd8\xff", Content::Other("a JPEG image")),
    (b"\x1f\x8b", Content::Other("a gzip archive; unpack it first")),
    (b"BZh", Content::Other("a bzip2 archive; unpack it first")),
    (b"SQLite", Content::Other("an SQLite database or GeoPackage")),
    (b"%PDF", Content::Other("a PDF document")),
    (b"\xfd7zXZ", Content::Other("an xz archive; unpack it first")),
];

/// XML roots by which GDAL would open other files or addresses.
const POINTING: [(&str, &str); 4] = [
    ("<VRTDataset", "a GDAL virtual raster (VRT), which only points at other files; open those"),
    ("<GDAL_WMS", "a GDAL web service description, which points at a network address"),
    ("<WCS_GDAL", "a GDAL web service description, which points at a network address"),
    ("<OGRVRTDataSource", "a GDAL virtual layer (VRT), which only points at other files"),
];

/// What the file at `path` holds.
///
/// # Errors
/// [`Error::Io`] where it cannot be read.
pub(super) fn of(path: &Path) -> Result<Content> {
    let mut head = Vec::with_capacity(1024);
    File::open(path)
        .and_then(|file| file.take(1024).read_to_end(&mut head))
        .map_err(|error| Error::io(path, "reading the file", error))?;
    Ok(of_bytes(&head))
}

fn of_bytes(head: &[u8]) -> Content {
    if head.is_empty() {
        return Content::Other("an empty file");
    }
    if let Some((_, content)) = SIGNATURES.iter().find(|(signature, _)| head.starts_with(signature)) {
        return *content;
    }
    let text = String::from_utf8_lossy(head);
    if let Some((_, what)) = POINTING.iter().find(|(root, _)| text.contains(root)) {
        return Content::Other(what);
    }
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with("<?xml") || text.starts_with('<') {
        return Content::Xml;
    }
    Content::Other("neither a TIFF nor a JPEG 2000 file")
}

/// Refuses what is neither TIFF nor JPEG 2000, before any driver sees it.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotAScene`] with what the file is instead, or [`Error::Io`].
pub(super) fn expect_raster(path: &Path) -> Result<()> {
    if !path.exists() {
        return Err(Error::NotFound(path.to_owned()));
    }
    let what = match of(path)? {
        Content::Tiff | Content::Jpeg2000 => return Ok(()),
        Content::Zip => "a zip archive",
        Content::Xml => "an XML file",
        Content::Other(what) => what,
    };
    Err(Error::NotAScene { path: path.to_owned(), reason: format!("it is {what}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_virtual_raster_is_recognised_under_any_declaration() {
        for text in ["<VRTDataset rasterXSize=\"1\">", "<?xml version=\"1.0\"?>\n<VRTDataset>"] {
            assert!(matches!(of_bytes(text.as_bytes()), Content::Other(what) if what.contains("VRT")));
        }
        assert_eq!(of_bytes(b"\xef\xbb\xbf<?xml version=\"1.0\"?><a/>"), Content::Xml);
        assert_eq!(of_bytes(b"MM\0*"), Content::Tiff);
    }
}
