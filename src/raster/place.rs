//! What the name of a scene or patch says about where it lies on the ground.
//!
//! Data sets repeat the name of a scene in the names of the patches cut from it, and of a place in
//! the names of its dates. Whatever splits data or resamples it must know both: patches of one
//! scene are alike, and one place must not be on both sides of a split.

use std::path::Path;

/// Extensions that are no part of a scene's name.
const EXTENSIONS: [&str; 6] = [".tif", ".tiff", ".zip", ".SAFE", ".jp2", ".xml"];

/// A file or folder name without the extension of a scene.
#[must_use]
pub fn scene_name(file_name: &str) -> &str {
    EXTENSIONS.iter().find_map(|end| file_name.strip_suffix(end)).unwrap_or(file_name)
}

/// The scene a patch was cut from, by its name: what stands before a trailing `_p123`
/// (`SEN12MS-CR`), `_patch_4` (`SEN12MS-CR-TS`) or `_12_34` (`BigEarthNet`'s column, row); the name
/// itself where there is none of these.
#[must_use]
pub fn scene_of(name: &str) -> &str {
    let Some((before, last)) = name.rsplit_once('_') else { return name };
    if last.strip_prefix('p').is_some_and(is_number) {
        return before;
    }
    match before.rsplit_once('_') {
        Some((scene, "patch")) if is_number(last) => scene,
        Some((scene, column)) if is_number(last) && is_number(column) => scene,
        _ => name,
    }
}

/// The place on the ground that a scene or patch shows, by its path: scenes of one place are the
/// same ground on different days.
///
/// By the first that applies to the file's name, then to its folder's: the MGRS tile (`T33UUP`, or
/// `33UUP` in the names of Sentinel-1 patches), or the region of `SEN12MS-CR` and `SEN12MS-CR-TS`
/// (`ROIs1158_26`; a region's number contains the season). Else the scene of the name
/// ([`scene_of`]).
#[must_use]
pub fn place_of(path: &Path) -> String {
    let full = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let text = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let (own, folder) = (text(full.file_name()), text(full.parent().and_then(Path::file_name)));
    let name = scene_name(&own);
    stated(name).or_else(|| stated(&folder)).unwrap_or_else(|| scene_of(name).to_owned())
}

/// What is not independent of each other among scenes and patches, by their names: those of one place, on whatever day,
/// where the name states it, else those of one scene.
#[must_use]
pub fn ground_of(name: &str) -> String {
    stated(name).unwrap_or_else(|| scene_of(name).to_owned())
}

/// The place that a name states in a form that is known.
#[must_use]
pub fn stated(name: &str) -> Option<String> {
    tile(name).or_else(|| region(name))
}

/// The MGRS tile in a name: `T33UUP`.
fn tile(name: &str) -> Option<String> {
    name.split(|c: char| !c.is_ascii_alphanumeric()).find_map(|word| {
        let tile = word.strip_prefix('T').unwrap_or(word).as_bytes();
        let [a, b, band, column, row] = tile else { return None };
        let zone = a.is_ascii_digit() && b.is_ascii_digit();
        let letter = |byte: &u8, last: u8| (b'A'..=last).contains(byte) && !b"IO".contains(byte);
        let fits = zone && letter(band, b'X') && letter(column, b'Z') && letter(row, b'V');
        fits.then(|| format!("T{}", word.strip_prefix('T').unwrap_or(word)))
    })
}

/// The region in a name of `SEN12MS-CR` (`ROIs1158_spring_s2_26_p500`) or `SEN12MS-CR-TS`
/// (`s2_ROIs2017_146_ImgNo_0_2018-01-06_patch_0`): the first number after the list of regions.
fn region(name: &str) -> Option<String> {
    let mut words = name.split('_').skip_while(|word| !word.strip_prefix("ROIs").is_some_and(is_number));
    let list = words.next()?;
    let number = words.find(|word| is_number(word))?;
    Some(format!("{list}_{number}"))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_are_known_by_their_scene() {
        assert_eq!(scene_of("ROIs1158_spring_s2_39_p100"), "ROIs1158_spring_s2_39");
        assert_eq!(
            scene_of("s2_ROIs2017_146_ImgNo_0_2018-01-06_patch_0"),
            "s2_ROIs2017_146_ImgNo_0_2018-01-06"
        );
        assert_eq!(scene_of("S2A_MSIL2A_20170613T101031_45_62"), "S2A_MSIL2A_20170613T101031");
        assert_eq!(scene_of("place_2018"), "place_2018");
        assert_eq!(scene_of("p839"), "p839");
    }

    #[test]
    fn dates_sensors_and_patches_of_one_place_share_it() {
        let place = |path: &str| place_of(Path::new(path));
        for name in [
            "ROIs1158_spring_s2_101_p500.tif",
            "ROIs1158_spring_s2_cloudy_101_p30.tif",
            "ROIs1158_spring_101_30_s2.tif",
            "ROIs1158_spring_101_p7/s2_target.tif",
        ] {
            assert_eq!(place(name), "ROIs1158_101", "{name}");
        }
        for name in ["s2_ROIs2017_146_ImgNo_0_2018-01-06_patch_0.tif", "ROIs2017_winter_s1_146_p1.tif"] {
            assert_eq!(place(name), "ROIs2017_146", "{name}");
        }
        for name in [
            "S2A_MSIL1C_20210713T032051_N0301_R032_T48LWP_20210713T054224.SAFE",
            "S2A_MSIL2A_20170613T101031_N9999_R022_T48LWP_26_57",
            "S1A_IW_GRDH_1SDV_20180204T043253_48LWP_57_38",
            "20200604T054639_20200604T054831_T48LWP",
            "S2A_MSIL1C_20210713T032051_N0301_R032_T48LWP_20210713T054224.SAFE/MTD_MSIL1C.xml",
        ] {
            assert_eq!(place(name), "T48LWP", "{name}");
        }
        assert_eq!(place("S2A_MSIL2A_20170613T101031_45_62"), "S2A_MSIL2A_20170613T101031");
        assert_eq!(place("SeaLake/SeaLake_3000.tif"), "SeaLake_3000");
        assert_eq!(place("virginia"), "virginia");
    }
}
