//! Sentinel-2 products that are incomplete, ambiguous or hostile.
#![cfg(feature = "gdal")]

use std::fs;

use declouder::bands::Band;

use super::bad_scenes::{accepted, info, refused};
use super::fixtures::{granule, image_of, l1c_safe};
use super::support::shared;

#[test]
fn a_product_without_some_bands_opens_and_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let Some(safe) = l1c_safe(folder.path(), |xml| xml) else { return };
    fs::remove_file(image_of(&safe, Band::B05)).unwrap();
    fs::remove_file(image_of(&safe, Band::B10)).unwrap();
    let text = accepted(&safe, &[]);
    assert!(text.contains("the product lacks B05, B10") && text.contains("_B05"), "{text}");
    for entry in fs::read_dir(granule(&safe).join("IMG_DATA")).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    refused(&safe, &["holds no band"]);
}

#[test]
fn a_product_of_several_granules_asks_for_one() {
    let folder = tempfile::tempdir().unwrap();
    let Some(safe) = l1c_safe(folder.path(), |xml| xml) else { return };
    let second = safe.join("GRANULE/L1C_T49LWP_A031632_20210713T032054");
    let image = image_of(&safe, Band::B04);
    fs::create_dir_all(second.join("IMG_DATA")).unwrap();
    fs::copy(image, second.join("IMG_DATA/T49LWP_20210713T032051_B04.jp2")).unwrap();
    refused(&safe, &["2 granules", "L1C_T48LWP", "L1C_T49LWP"]);
}

#[test]
fn hostile_metadata_gives_one_error() {
    let folder = tempfile::tempdir().unwrap();
    let Some(safe) = l1c_safe(folder.path(), |xml| xml) else { return };
    let xml = safe.join("MTD_MSIL1C.xml");
    let text = fs::read_to_string(&xml).unwrap();
    let declared = |entities: &str| text.replacen("?>", &format!("?><!DOCTYPE x [{entities}]>"), 1);
    let laugh = |level: usize| format!("<!ENTITY l{level} \"{}\">", format!("&l{};", level - 1).repeat(10));
    let laughs = (1..12).map(laugh).collect::<Vec<_>>().concat();
    let outside = |path: &str| {
        text.replace("GRANULE/L1C_T48LWP_A031632_20210713T032054/IMG_DATA/T48LWP_20210713T032051_B04", path)
    };
    let deep = text
        .replace("<Reflectance_Conversion>", &format!("{}<Reflectance_Conversion>", "<a>".repeat(300_000)));
    let cases = [
        (declared("<!ENTITY x SYSTEM \"file:///etc/passwd\">").replace("03.01", "&x;"), "entities"),
        (declared(&format!("<!ENTITY l0 \"ha\">{laughs}")).replace("03.01", "&l11;"), "entities"),
        (outside("/etc/passwd"), "leads out of the product"),
        (outside("../../../etc/passwd"), "leads out of the product"),
        (outside("/vsicurl/http://example.com/B04"), "leads out of the product"),
        (deep, "nests"),
        (text.replace(">10000<", ">1e400<"), "QUANTIFICATION_VALUE"),
        (text.replace(">10000<", ">0<"), "QUANTIFICATION_VALUE"),
        (text.replace("User_Product", "Something_Else"), "expected a Level-1C_User_Product"),
        (text[..text.len() / 2].to_owned(), "cannot be parsed"),
        (format!("{text}<junk"), "cannot be parsed"),
    ];
    for (case, word) in cases {
        fs::write(&xml, case).unwrap();
        refused(&safe, &[word, "MTD_MSIL1C.xml"]);
    }
    fs::write(&xml, [0xff, 0xfe, 0x00, 0x41]).unwrap();
    assert_eq!(info(&safe, &[]).0, 1);
}

#[test]
fn huge_counts_in_metadata_are_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let Some(safe) = l1c_safe(folder.path(), |xml| xml) else { return };
    let xml = safe.join("MTD_MSIL1C.xml");
    let text = fs::read_to_string(&xml).unwrap();
    let many = "<IMAGE_FILE>GRANULE/none/IMG_DATA/T48LWP_20210713T032051_B04</IMAGE_FILE>".repeat(20_000);
    fs::write(
        &xml,
        text.replace(
            "<Granule_List>",
            &format!("<Granule_List count=\"99999999999\"><Granule>{many}</Granule>"),
        ),
    )
    .unwrap();
    assert!(accepted(&safe, &[]).contains("B12"));
}

#[test]
fn a_broken_or_foreign_archive_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("product.zip");
    let mut zip = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    for name in ["readme.txt", "../../etc/evil/MTD_MSIL1C.xml"] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    }
    zip.finish().unwrap();
    refused(&path, &["holds no Sentinel-2 product"]);
    if let Some(folder) = shared("s2-safe/l1c-zip") {
        let real = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
        let bytes = fs::read(real).unwrap();
        fs::write(&path, &bytes[..bytes.len() * 2 / 3]).unwrap();
        refused(&path, &["archive is truncated or damaged"]);
    }
}
