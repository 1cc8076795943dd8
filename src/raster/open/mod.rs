//! From a path to a [`Scene`]: each reader is one file, tried in order.

mod folder;
mod geotiff;
mod parts;

use std::path::Path;

use super::{Error, Result, Scene, SceneOptions};

/// One kind of scene on disk.
struct Reader {
    /// Whether the path looks like this kind, by its content rather than its extension.
    recognises: fn(&Path) -> bool,
    /// Opens it.
    open: fn(&Path, &SceneOptions) -> Result<Scene>,
}

/// Every reader, most specific first. A new kind of scene is one file and one line here.
const READERS: [Reader; 2] = [
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
    if !path.exists() {
        return Err(Error::NotFound(path.to_owned()));
    }
    let reader = READERS.iter().find(|reader| (reader.recognises)(path)).ok_or_else(|| Error::NotAScene {
        path: path.to_owned(),
        reason: if path.is_dir() {
            "the folder holds no product and no file named after a band".into()
        } else {
            "no reader recognises its content".into()
        },
    })?;
    (reader.open)(path, options)
}
