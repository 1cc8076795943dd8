//! From a path to a [`Scene`]: each reader is one file, tried in order.

mod assemble;
mod bigearthnet;
mod folder;
mod geotiff;
mod intact;
mod names;
mod nesting;
mod pam;
mod parts;
mod safe;
mod tree;
mod xml;

use std::path::Path;

pub use bigearthnet::{PatchMetadata, patch_metadata};

use super::content::{self, Content};
use super::{Error, Result, Scene, SceneOptions};

/// One kind of scene on disk.
struct Reader {
    /// Whether the path looks like this kind, by its content rather than its extension.
    recognises: fn(&Path) -> bool,
    /// Opens it.
    open: fn(&Path, &SceneOptions) -> Result<Scene>,
}

/// Every reader, most specific first. A new kind of scene is one file and one line here.
const READERS: [Reader; 4] = [
    Reader { recognises: safe::recognises, open: safe::open },
    Reader { recognises: bigearthnet::recognises, open: bigearthnet::open },
    Reader { recognises: folder::recognises, open: folder::open },
    Reader { recognises: geotiff::recognises, open: geotiff::open },
];

/// Opens a scene: a GeoTIFF, a SAFE product (folder, metadata file or zip), a BigEarthNet patch
/// folder or a folder of band files.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotAScene`], or what is wrong with the product's files.
pub fn open(path: &Path, options: &SceneOptions) -> Result<Scene> {
    super::driver::setup();
    refuse_virtual(path)?;
    if !path.exists() {
        return Err(Error::NotFound(path.to_owned()));
    }
    let Some(reader) = READERS.iter().find(|reader| (reader.recognises)(path)) else {
        return Err(Error::NotAScene { path: path.to_owned(), reason: what_instead(path)? });
    };
    (reader.open)(path, options)
}

/// Refuses addresses and GDAL's virtual file systems by name: they could lead anywhere.
fn refuse_virtual(path: &Path) -> Result<()> {
    let text = path.to_string_lossy();
    let what = if text.starts_with("/vsi") {
        "a path into one of GDAL's virtual file systems"
    } else if text.contains("://") {
        "a network address; download the scene first"
    } else {
        return Ok(());
    };
    Err(Error::NotAScene { path: path.to_owned(), reason: format!("it is {what}") })
}

/// What a path that no reader knows leads to.
fn what_instead(path: &Path) -> Result<String> {
    if path.is_dir() {
        let empty = std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
        return Ok(if empty {
            "the folder is empty".into()
        } else {
            "the folder holds no product and no file named after a band".into()
        });
    }
    if !path.is_file() {
        return Ok("it is neither a file nor a folder".into());
    }
    Ok(match content::of(path)? {
        Content::Tiff | Content::Jpeg2000 => "no reader takes it".into(),
        Content::Zip => "it is a zip archive without a Sentinel-2 product".into(),
        Content::Xml => {
            "it is an XML file, but no Sentinel-2 product's MTD_MSIL1C.xml or MTD_MSIL2A.xml".into()
        }
        Content::Other(what) => format!("it is {what}"),
    })
}
