//! The files of a product, in a folder or in a zip archive, by their paths inside it.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::xml;
use crate::raster::driver::{dataset_name, member_name, shown_path};
use crate::raster::{Error, Result, read_text};

/// A SAFE product has about a hundred files; an old one with many granules a few thousand.
const MAX_FILES: usize = 50_000;
const MAX_DEPTH: usize = 8;

/// A product's files.
pub(super) struct Tree {
    place: Place,
    /// Paths relative to the product's root, with `/`, sorted.
    pub files: Vec<String>,
}

enum Place {
    Folder(PathBuf),
    Zip { archive: PathBuf, root: String },
}

impl Tree {
    /// The files below a folder.
    ///
    /// # Errors
    /// [`Error::Io`] where the folder cannot be listed, [`Error::NotAScene`] where it is endless.
    pub fn of_folder(root: &Path) -> Result<Self> {
        let mut files = Vec::new();
        walk(root, "", 0, &mut files)?;
        files.sort();
        Ok(Self { place: Place::Folder(root.to_owned()), files })
    }

    /// The files of the one product in a zip archive.
    ///
    /// # Errors
    /// [`Error::Damaged`] where the archive is broken, [`Error::NotAScene`] where it holds no
    /// product or several.
    pub fn of_zip(archive: &Path) -> Result<Self> {
        let zip = open_zip(archive)?;
        if zip.len() > MAX_FILES {
            return Err(Error::damaged(
                archive,
                format!("the archive claims {} files; expected at most {MAX_FILES}", zip.len()),
            ));
        }
        // A name that leads out of the archive, or that is no text, is no file of a product.
        let members: Vec<String> = zip
            .file_names()
            .filter_map(std::result::Result::ok)
            .map(std::borrow::Cow::into_owned)
            .filter(|name| is_inside(name) && !name.ends_with('/'))
            .collect();
        let root = product_root(&members, archive)?;
        let mut files: Vec<_> =
            members.iter().filter_map(|name| name.strip_prefix(&root)).map(str::to_owned).collect();
        files.sort();
        Ok(Self { place: Place::Zip { archive: archive.to_owned(), root }, files })
    }

    /// The product's own name: its folder's, or the archive's where the root has none.
    pub fn name(&self) -> String {
        let file_name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match &self.place {
            Place::Folder(root) => file_name(&root.canonicalize().unwrap_or_else(|_| root.clone())),
            Place::Zip { archive, root } if root.is_empty() => file_name(archive),
            Place::Zip { root, .. } => file_name(Path::new(root)),
        }
    }

    /// What GDAL opens, or [`read_text`] reads, for a file of the product.
    ///
    /// # Errors
    /// As [`dataset_name`].
    pub fn dataset(&self, file: &str) -> Result<String> {
        match &self.place {
            Place::Folder(root) => dataset_name(&root.join(file)),
            Place::Zip { archive, root } => member_name(archive, &format!("{root}{file}")),
        }
    }

    /// The path an analyst recognises.
    pub fn shown(&self, file: &str) -> PathBuf {
        self.dataset(file).map_or_else(|_| file.into(), |dataset| shown_path(&dataset))
    }

    /// The text of a file of the product.
    ///
    /// # Errors
    /// As [`read_text`].
    pub fn text(&self, file: &str) -> Result<String> {
        read_text(&self.dataset(file)?, xml::MAX_BYTES)
    }

    /// Files in a folder of the product (`""` is its root), not below it.
    pub fn in_folder<'s>(&'s self, folder: &'s str) -> impl Iterator<Item = &'s str> {
        self.files.iter().map(String::as_str).filter(move |file| parent(file) == folder)
    }
}

/// The folder part of a relative path.
pub(super) fn parent(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The last part of a relative path.
pub(super) fn base(file: &str) -> &str {
    file.rsplit_once('/').map_or(file, |(_, name)| name)
}

/// Whether a file's name ends with one of these extensions, in capitals or not.
pub(super) fn has_extension(file: &str, extensions: &[&str]) -> bool {
    Path::new(file)
        .extension()
        .is_some_and(|own| extensions.iter().any(|extension| own.eq_ignore_ascii_case(extension)))
}

/// Whether a path leads nowhere but down: not absolute, no `..`, no drive, no back-slash.
pub(super) fn is_inside(path: &str) -> bool {
    !path.starts_with('/') && !path.contains(['\\', ':', '\0']) && path.split('/').all(|part| part != "..")
}

fn walk(root: &Path, below: &str, depth: usize, files: &mut Vec<String>) -> Result<()> {
    let folder = root.join(below);
    let io = |error| Error::io(&folder, "listing the folder", error);
    for entry in std::fs::read_dir(&folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        let is_folder = entry.path().is_dir();
        if is_folder && depth < MAX_DEPTH {
            walk(root, &path, depth + 1, files)?;
        } else if !is_folder {
            files.push(path);
        }
        if files.len() > MAX_FILES {
            return Err(Error::NotAScene {
                path: root.to_owned(),
                reason: format!("the folder holds more than {MAX_FILES} files; open one product in it"),
            });
        }
    }
    Ok(())
}

fn open_zip(archive: &Path) -> Result<zip::ZipArchive<File>> {
    let file = File::open(archive).map_err(|error| Error::io(archive, "opening the archive", error))?;
    zip::ZipArchive::new(file).map_err(|error| {
        Error::damaged(archive, format!("the archive is truncated or damaged ({error}); fetch it again"))
    })
}

/// The folder inside an archive that holds the product, with a final `/`; empty for its root.
fn product_root(members: &[String], archive: &Path) -> Result<String> {
    let mut roots: Vec<&str> = members
        .iter()
        .filter_map(|name| {
            let product = super::safe::is_product_xml(base(name)).then(|| parent(name));
            let granule = name.split_once("GRANULE/").map(|(root, _)| root.trim_end_matches('/'));
            product.or(granule)
        })
        .collect();
    roots.sort_unstable();
    roots.dedup();
    match roots.as_slice() {
        [] => Err(Error::NotAScene {
            path: archive.to_owned(),
            reason: "the archive holds no Sentinel-2 product".into(),
        }),
        [""] => Ok(String::new()),
        [root] => Ok(format!("{root}/")),
        several => Err(Error::NotAScene {
            path: archive.to_owned(),
            reason: format!(
                "the archive holds {} products ({}); unpack it and open one",
                several.len(),
                several.iter().take(4).map(|root| base(root)).collect::<Vec<_>>().join(", ")
            ),
        }),
    }
}
