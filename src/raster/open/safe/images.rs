//! Which file of a product holds which band.

use super::super::tree::{Tree, base, parent};
use super::is_below;
use crate::bands::Band;

/// The file that holds a band.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Image {
    pub band: Band,
    pub file: String,
}

/// Extensions of image files; what they hold is known by content.
const EXTENSIONS: [&str; 4] = [".jp2", ".tif", ".tiff", ".j2k"];

/// The files of a granule's bands, each at its native resolution, and what is doubtful.
///
/// `named` are the files the metadata names; where it names none, the granule's folder is searched.
pub(super) fn find(tree: &Tree, granule: &str, named: &[String]) -> (Vec<Image>, Vec<String>) {
    let mut warnings = Vec::new();
    let mut offered: Vec<(Band, u32, &str)> = Vec::new();
    let here: Vec<&str> =
        tree.files.iter().map(String::as_str).filter(|file| is_band_image(file, granule)).collect();
    if named.is_empty() {
        offered.extend(here.iter().filter_map(|file| offer(file)));
    } else {
        let mut absent = Vec::new();
        for name in named.iter().filter(|name| is_of_granule(name, granule)) {
            let Some(band) = band_in(name) else { continue };
            match here.iter().find(|file| is_named(file, name)) {
                Some(file) => offered.extend(offer(file)),
                None => absent.push((band, name.as_str())),
            }
        }
        warnings.extend(absent_warning(&absent, &offered));
    }
    let mut images = Vec::new();
    for band in crate::bands::L1C {
        let best = offered
            .iter()
            .filter(|(own, ..)| *own == band)
            .min_by_key(|(_, resolution, _)| resolution.abs_diff(band.resolution_m()));
        if let Some(&(_, resolution, file)) = best {
            if resolution != band.resolution_m() {
                warnings.push(format!(
                    "{band} is not there at its native {} m; its {resolution} m file is read",
                    band.resolution_m()
                ));
            }
            images.push(Image { band, file: file.to_owned() });
        }
    }
    (images, warnings)
}

/// Bands named by the metadata whose file is at no resolution there.
fn absent_warning(absent: &[(Band, &str)], offered: &[(Band, u32, &str)]) -> Option<String> {
    let mut names: Vec<&str> = absent
        .iter()
        .filter(|(band, _)| offered.iter().all(|(own, ..)| own != band))
        .map(|(_, name)| base(name))
        .collect();
    names.dedup();
    let shown = names.iter().take(13).copied().collect::<Vec<_>>().join(", ");
    (!names.is_empty()).then(|| format!("image files named in the metadata are missing: {shown}"))
}

fn is_band_image(file: &str, granule: &str) -> bool {
    let lower = file.to_ascii_lowercase();
    is_below(file, granule)
        && parent(file).split('/').any(|part| part == "IMG_DATA")
        && EXTENSIONS.iter().any(|extension| lower.ends_with(extension))
        && band_in(file).is_some()
}

/// Whether a name of the metadata belongs to the granule that is opened: an old product names the
/// files of all its granules, by identifier without folder.
fn is_of_granule(name: &str, granule: &str) -> bool {
    parent(name).is_empty() || granule.is_empty() || is_below(name, granule)
}

/// Whether `file` is what the metadata calls `name`, with or without folder and extension.
fn is_named(file: &str, name: &str) -> bool {
    let wanted = without_extension(name);
    let own = without_extension(file);
    own == wanted || base(own) == base(wanted)
}

fn without_extension(file: &str) -> &str {
    let lower = file.to_ascii_lowercase();
    EXTENSIONS
        .iter()
        .find(|extension| lower.ends_with(*extension))
        .map_or(file, |extension| file.get(..file.len() - extension.len()).unwrap_or(file))
}

fn band_in(file: &str) -> Option<Band> {
    let words: Vec<&str> = without_extension(base(file)).split('_').collect();
    // The band stands last, or before the resolution: …_B04.jp2, …_B04_10m.jp2.
    words.iter().rev().take(2).find_map(|word| word.parse().ok()).filter(|band: &Band| band.is_optical())
}

/// A file with its band and resolution: by the name's end, by the folder, else native.
fn offer(file: &str) -> Option<(Band, u32, &str)> {
    let band = band_in(file)?;
    let by_name = without_extension(base(file)).rsplit('_').next().and_then(metres);
    let by_folder = base(parent(file)).strip_prefix('R').and_then(metres);
    Some((band, by_name.or(by_folder).unwrap_or(band.resolution_m()), file))
}

fn metres(word: &str) -> Option<u32> {
    word.strip_suffix('m')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_both_formats_tell_band_and_resolution() {
        let new = "GRANULE/L2A_T33SVB/IMG_DATA/R20m/T33SVB_20181229T095411_B8A_20m.jp2";
        assert_eq!(offer(new), Some((Band::B8A, 20, new)));
        let l1c = "GRANULE/x/IMG_DATA/T48LWP_20210713T032051_B01.jp2";
        assert_eq!(offer(l1c), Some((Band::B01, 60, l1c)));
        let old = "GRANULE/x/IMG_DATA/S2A_OPER_MSI_L1C_TL_SGS__20150813T201603_A000734_T31TDH_B09.jp2";
        assert_eq!(offer(old), Some((Band::B09, 60, old)));
        assert_eq!(band_in("T48LWP_20210713T032051_TCI.jp2"), None);
        assert!(is_named(old, "S2A_OPER_MSI_L1C_TL_SGS__20150813T201603_A000734_T31TDH_B09"));
    }
}
