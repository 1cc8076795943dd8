//! Sentinel-2 products in SAFE layout: a folder, its metadata file, a granule's folder, or a zip.
//!
//! Level-1C and Level-2A, compact and old naming. What the pixels mean comes from the metadata;
//! a tree without metadata is read by its names, with a warning.

mod images;
mod masks;
mod metadata;

use std::path::{Path, PathBuf};

use self::images::Image;
use self::metadata::{ProductFacts, TileFacts};
use super::assemble::{Origin, assemble};
use super::names::{self, NameFacts};
use super::parts::bands_of;
use super::tree::{Tree, base, has_extension, parent};
use crate::bands::{Band, Level};
use crate::raster::content::{self, Content};
use crate::raster::{Error, Radiometry, RadiometrySource, Result, Scene, SceneBand, SceneKind, SceneOptions};

/// What a path chooses: the root of a product and, where the path lies inside a granule, which.
struct Choice {
    root: PathBuf,
    granule: Option<String>,
}

/// A product's folder, metadata file, granule folder, or zip.
pub(super) fn recognises(path: &Path) -> bool {
    if path.is_dir() {
        return choice(path).is_some();
    }
    match content::of(path) {
        Ok(Content::Zip) => true,
        Ok(Content::Xml) => is_metadata_file(path),
        _ => false,
    }
}

/// Whether a file name is that of a product's metadata: `MTD_MSIL1C.xml`, or in the old naming
/// `S2A_OPER_MTD_SAFL1C_….xml`.
pub(super) fn is_product_xml(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    has_extension(name, &["xml"]) && (upper.starts_with("MTD_MSIL") || upper.contains("_MTD_SAFL"))
}

/// Whether a file name is that of a granule's metadata: `MTD_TL.xml`, or in the old naming
/// `S2A_OPER_MTD_L1C_TL_….xml`.
fn is_tile_xml(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    has_extension(name, &["xml"])
        && (upper == "MTD_TL.XML" || (upper.contains("_MTD_L") && upper.contains("_TL_")))
}

fn is_metadata_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| {
        let name = name.to_string_lossy();
        is_product_xml(&name) || is_tile_xml(&name)
    })
}

/// The product a folder is or lies in.
fn choice(folder: &Path) -> Option<Choice> {
    let folder = std::path::absolute(folder).ok()?;
    let holds_product_xml = |folder: &Path| {
        std::fs::read_dir(folder).is_ok_and(|entries| {
            entries.flatten().any(|entry| is_product_xml(&entry.file_name().to_string_lossy()))
        })
    };
    if folder.join("GRANULE").is_dir() || holds_product_xml(&folder) {
        return Some(Choice { root: folder, granule: None });
    }
    // GRANULE/<granule>/IMG_DATA/R10m at the deepest.
    for place in folder.ancestors().take(3) {
        let above = place.parent()?;
        if above.file_name().is_some_and(|name| name == "GRANULE") {
            let granule = place.file_name()?.to_string_lossy().into_owned();
            return Some(Choice { root: above.parent()?.to_owned(), granule: Some(granule) });
        }
    }
    let alone = folder.join("MTD_TL.xml").is_file() && folder.join("IMG_DATA").is_dir();
    alone.then_some(Choice { root: folder, granule: None })
}

pub(super) fn open(path: &Path, options: &SceneOptions) -> Result<Scene> {
    if path.is_dir() {
        return match choice(path) {
            Some(choice) => {
                open_tree(path, &Tree::of_folder(&choice.root)?, choice.granule.as_deref(), options)
            }
            None => Err(Error::NotAScene { path: path.to_owned(), reason: "it is no product".into() }),
        };
    }
    if content::of(path)? == Content::Zip {
        return open_tree(path, &Tree::of_zip(path)?, None, options);
    }
    let absolute = std::path::absolute(path).map_err(|error| Error::io(path, "finding the file", error))?;
    let folder = absolute.parent().unwrap_or(&absolute);
    let choice = choice(folder).unwrap_or_else(|| Choice { root: folder.to_owned(), granule: None });
    open_tree(path, &Tree::of_folder(&choice.root)?, choice.granule.as_deref(), options)
}

fn open_tree(path: &Path, tree: &Tree, wanted: Option<&str>, options: &SceneOptions) -> Result<Scene> {
    let granule = granule(path, tree, wanted)?;
    let product = product_facts(tree)?;
    let tile = tile_facts(tree, &granule)?;
    let by_name = NameFacts::of(&tree.name()).or(NameFacts::of(base(&granule)));
    let facts = product.names.clone().or(tile.names.clone()).or(by_name);

    let (images, mut warnings) = images::find(tree, &granule, &product.images);
    if images.is_empty() {
        return Err(Error::NotAScene {
            path: path.to_owned(),
            reason: "the product holds no band; its image files are missing".into(),
        });
    }
    let radiometries = Radiometries::of(&product, &facts, &mut warnings);
    let bands = images.iter().map(|image| band_of(tree, image, &radiometries)).collect::<Result<Vec<_>>>()?;
    warnings.extend(lacking(&bands, facts.level));

    let origin = Origin { path, kind: SceneKind::Safe, facts };
    let mut scene = assemble(&origin, bands, options)?;
    // A granule was sensed at its own time; the product's name states the datatake's.
    scene.sensed = tile.names.sensed.or(scene.sensed);
    scene.sun = tile.sun;
    scene.cloud_percent = tile.cloud_percent.or(product.cloud_percent);
    scene.masks = masks::find(tree, &granule, &mut scene.warnings)?;
    scene.warnings.splice(0..0, warnings);
    Ok(scene)
}

/// The granule to open, as its path in the product; empty where the root itself is one.
fn granule(path: &Path, tree: &Tree, wanted: Option<&str>) -> Result<String> {
    let mut granules: Vec<&str> = tree
        .files
        .iter()
        .filter_map(|file| file.strip_prefix("GRANULE/")?.split_once('/').map(|(name, _)| name))
        .collect();
    granules.dedup();
    if let Some(wanted) = wanted {
        granules.retain(|name| *name == wanted);
    }
    match granules.as_slice() {
        [] => Ok(String::new()),
        [one] => Ok(format!("GRANULE/{one}")),
        several => {
            let shown = several.iter().take(6).copied().collect::<Vec<_>>().join(", ");
            Err(Error::NotAScene {
                path: path.to_owned(),
                reason: format!(
                    "the product has {} granules; open one of the folders in GRANULE: {shown}{}",
                    several.len(),
                    if several.len() > 6 { ", …" } else { "" }
                ),
            })
        }
    }
}

fn product_facts(tree: &Tree) -> Result<ProductFacts> {
    let mut files = tree.in_folder("").filter(|file| is_product_xml(file));
    match files.next() {
        Some(file) => metadata::product(&tree.text(file)?, &tree.shown(file)),
        None => Ok(ProductFacts::default()),
    }
}

fn tile_facts(tree: &Tree, granule: &str) -> Result<TileFacts> {
    let mut files = tree.in_folder(granule).filter(|file| is_tile_xml(base(file)));
    match files.next() {
        Some(file) => metadata::tile(&tree.text(file)?, &tree.shown(file)),
        None => Ok(TileFacts::default()),
    }
}

/// The relation of every band to reflectance.
struct Radiometries {
    quantification: f64,
    offsets: [f64; 13],
    source: RadiometrySource,
}

impl Radiometries {
    /// From the metadata; where it has no list of offsets the baseline decides, never the date.
    fn of(product: &ProductFacts, facts: &NameFacts, warnings: &mut Vec<String>) -> Self {
        let baseline = facts.baseline.as_deref();
        let assumed = if baseline.is_some_and(names::has_offset) { -1000.0 } else { 0.0 };
        if !product.is_present {
            warnings.push(match baseline {
                Some(baseline) => format!(
                    "the product's metadata file is missing; by its baseline {baseline} {} is assumed",
                    if assumed == 0.0 { "no offset" } else { "an offset of −1000" }
                ),
                None => "the product's metadata file is missing and its baseline unknown; no offset is applied, give --radiometry 10000,-1000 for baseline 04.00 or later".into(),
            });
        } else if product.offsets.is_empty() && assumed != 0.0 {
            warnings.push(format!(
                "the metadata lists no offsets, but its baseline {} has them; −1000 is applied",
                baseline.unwrap_or_default()
            ));
        }
        let mut offsets = [if product.offsets.is_empty() { assumed } else { 0.0 }; 13];
        for &(band, offset) in &product.offsets {
            if let Some(own) = offsets.get_mut(band as usize) {
                *own = offset;
            }
        }
        let source = if product.is_present { RadiometrySource::Product } else { RadiometrySource::Default };
        Self { quantification: product.quantification.unwrap_or(10_000.0), offsets, source }
    }

    fn band(&self, band: Band) -> Radiometry {
        let offset = self.offsets.get(band as usize).copied().unwrap_or(0.0);
        Radiometry::from_quantification(self.quantification, offset, self.source)
    }
}

fn band_of(tree: &Tree, image: &Image, radiometries: &Radiometries) -> Result<SceneBand> {
    let (_, found) = bands_of(&tree.dataset(&image.file)?)?;
    let count = found.len();
    let mut one = found.into_iter().next().filter(|_| count == 1).ok_or_else(|| {
        Error::damaged(tree.shown(&image.file), format!("expected one band, found {count}"))
    })?;
    one.band = Some(image.band);
    image.band.name().clone_into(&mut one.name);
    one.radiometry = radiometries.band(image.band);
    Ok(one)
}

/// A warning that names the bands of the level that are not there.
fn lacking(bands: &[SceneBand], level: Option<Level>) -> Option<String> {
    let missing: Vec<_> = level?
        .bands()
        .iter()
        .filter(|band| bands.iter().all(|own| own.band != Some(**band)))
        .map(|band| band.name())
        .collect();
    (!missing.is_empty()).then(|| format!("the product lacks {}", missing.join(", ")))
}

/// The folder in a granule, or below it, in which a file lies.
fn is_below(file: &str, folder: &str) -> bool {
    folder.is_empty()
        || parent(file).strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
