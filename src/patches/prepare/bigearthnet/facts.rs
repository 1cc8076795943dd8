//! What BigEarthNet's lists and metadata say of a patch besides its pixels.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use parquet::file::reader::SerializedFileReader;
use parquet::record::{Field, Row};

use crate::patches::labels::{CLASSES_19, encode_19};
use crate::patches::{Error, Result, Split};
use crate::raster;

/// Everything the lists or the metadata state; parts that they do not state are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub split: Option<Split>,
    /// Whether it is listed as cloudy or in a cloud's shadow; none where nothing says so.
    pub cloudy: Option<bool>,
    pub snow: bool,
    pub labels_19: Option<[u8; CLASSES_19]>,
    /// The Sentinel-1 patch of the same ground.
    pub s1: Option<String>,
}

/// The facts of all patches, by name.
#[derive(Debug, Default)]
pub(super) struct Register {
    facts: HashMap<String, Facts>,
    /// What is true of a patch that is not in the register.
    otherwise: Facts,
    /// Whether patches have an official split at all.
    pub has_splits: bool,
}

impl Register {
    pub(super) fn of(&self, patch: &str) -> &Facts {
        self.facts.get(patch).unwrap_or(&self.otherwise)
    }

    /// The published lists of version 1 in the first of some folders that has any:
    /// `train`, `val`, `test`, `patches_with_cloud_and_shadow` and `patches_with_seasonal_snow`, as
    /// `.csv` or `.csv.bz2`. A second column may name the Sentinel-1 patch.
    ///
    /// # Errors
    /// A list that cannot be read.
    pub(super) fn of_lists(folders: &[PathBuf]) -> Result<Self> {
        let mut register = Self::default();
        for (name, mark) in LISTS {
            let Some(path) = find_list(folders, name) else { continue };
            for_each_line(&path, |line| {
                let mut columns = line.split(',').map(|column| column.trim().trim_matches('"'));
                let patch = columns.next().unwrap_or_default();
                // A heading is no patch.
                if patch.contains("_MSIL2A_") {
                    let facts = register.facts.entry(patch.to_owned()).or_default();
                    mark(facts);
                    if let Some(s1) = columns.next().filter(|column| column.starts_with("S1")) {
                        facts.s1 = Some(s1.to_owned());
                    }
                }
            })?;
            register.has_splits |= ["train", "val", "test"].contains(&name);
            if name == CLOUD_LIST {
                // What a complete list does not name is clear.
                register.otherwise.cloudy = Some(false);
            }
        }
        if register.otherwise.cloudy == Some(false) {
            for facts in register.facts.values_mut() {
                facts.cloudy.get_or_insert(false);
            }
        }
        Ok(register)
    }

    /// The `metadata*.parquet` files of version 2 in the first of some folders that has any.
    ///
    /// # Errors
    /// A file that cannot be read, lacks a column, or names an unknown class or split.
    pub(super) fn of_metadata(folders: &[PathBuf]) -> Result<Self> {
        let mut register = Self::default();
        for path in find_metadata(folders) {
            let wrong = |error: parquet::errors::ParquetError| {
                Error::source(&path, format!("the metadata cannot be read ({error}); fetch it again"))
            };
            let file = File::open(&path).map_err(|error| raster::Error::io(&path, "opening", error))?;
            let reader = SerializedFileReader::new(file).map_err(wrong)?;
            for row in reader {
                let (patch, facts) = facts_of(&row.map_err(wrong)?)
                    .map_err(|problem| Error::source(&path, format!("the metadata is wrong: {problem}")))?;
                register.has_splits |= facts.split.is_some();
                register.facts.insert(patch, facts);
            }
        }
        Ok(register)
    }

    /// Whether it knows nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.facts.is_empty() && self.otherwise == Facts::default()
    }
}

const CLOUD_LIST: &str = "patches_with_cloud_and_shadow";

/// What being in a list means for a patch.
type Mark = fn(&mut Facts);

const LISTS: [(&str, Mark); 5] = [
    ("train", |facts| facts.split = Some(Split::Train)),
    ("val", |facts| facts.split = Some(Split::Validation)),
    ("test", |facts| facts.split = Some(Split::Test)),
    (CLOUD_LIST, |facts| facts.cloudy = Some(true)),
    ("patches_with_seasonal_snow", |facts| facts.snow = true),
];

fn find_list(folders: &[PathBuf], name: &str) -> Option<PathBuf> {
    let files = |folder: &PathBuf| ["csv", "csv.bz2"].map(|end| folder.join(format!("{name}.{end}")));
    folders.iter().flat_map(files).find(|path| path.is_file())
}

fn for_each_line(path: &Path, mut take: impl FnMut(&str)) -> Result<()> {
    let io = |error| Error::from(raster::Error::io(path, "reading a list", error));
    let file = File::open(path).map_err(io)?;
    let packed = path.extension().is_some_and(|extension| extension == "bz2");
    let reader: Box<dyn Read> =
        if packed { Box::new(bzip2_rs::DecoderReader::new(file)) } else { Box::new(file) };
    for line in BufReader::new(reader).lines() {
        take(line.map_err(io)?.trim());
    }
    Ok(())
}

fn find_metadata(folders: &[PathBuf]) -> Vec<PathBuf> {
    let in_folder = |folder: &PathBuf| {
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut files: Vec<_> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.starts_with("metadata") && path.extension().is_some_and(|end| end == "parquet")
            })
            .collect();
        files.sort();
        files
    };
    folders.iter().map(in_folder).find(|files| !files.is_empty()).unwrap_or_default()
}

/// A patch's name and facts from a row of the metadata.
fn facts_of(row: &Row) -> std::result::Result<(String, Facts), String> {
    let column = |name: &str| row.get_column_iter().find(|(own, _)| *own == name).map(|(_, field)| field);
    let text = |name: &str| match column(name) {
        Some(Field::Str(text)) => Some(text.as_str()),
        _ => None,
    };
    let flag = |name: &str| match column(name) {
        Some(Field::Bool(flag)) => Some(*flag),
        _ => None,
    };
    let patch = text("patch_id").ok_or("it has no column patch_id of texts")?;
    let split = text("split").map(str::parse).transpose()?;
    let labels = match column("labels") {
        Some(Field::ListInternal(list)) => list
            .elements()
            .iter()
            .map(|field| match field {
                Field::Str(name) => Ok(name.as_str()),
                other => Err(format!("{patch} has the label {other}, which is no text")),
            })
            .collect::<std::result::Result<Vec<_>, _>>()?,
        _ => Vec::new(),
    };
    let labels_19 = encode_19(labels.iter().copied())
        .map_err(|name| format!("{patch} has the label \"{name}\", which is none of the 19 classes"))?;
    Ok((
        patch.to_owned(),
        Facts {
            split,
            cloudy: flag("contains_cloud_or_shadow"),
            snow: flag("contains_seasonal_snow").unwrap_or(false),
            labels_19: (!labels.is_empty()).then_some(labels_19),
            s1: text("s1_name").map(str::to_owned),
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_mark_patches_and_headings_are_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
        write("train.csv", "s2,s1\r\nS2A_MSIL2A_x_1_2,S1A_y_1_2\r\nS2A_MSIL2A_x_3_4\r\n");
        write("patches_with_cloud_and_shadow.csv", "S2A_MSIL2A_x_5_6\n");
        write("patches_with_seasonal_snow.csv", "S2A_MSIL2A_x_3_4\n");
        let register =
            Register::of_lists(&[folder.path().join("none"), folder.path().to_owned()]).expect("read");
        let train = Some(Split::Train);
        let first = register.of("S2A_MSIL2A_x_1_2");
        assert_eq!((first.split, first.cloudy, first.s1.as_deref()), (train, Some(false), Some("S1A_y_1_2")));
        assert!(register.of("S2A_MSIL2A_x_3_4").snow);
        assert_eq!(register.of("S2A_MSIL2A_x_5_6").cloudy, Some(true));
        assert_eq!(register.of("S2A_MSIL2A_x_9_9"), &Facts { cloudy: Some(false), ..Facts::default() });
        assert!(register.has_splits);
        assert!(Register::of_lists(&[]).expect("nothing to read").is_empty());
    }
}
