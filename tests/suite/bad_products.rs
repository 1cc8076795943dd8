//! Sentinel-2 products that are incomplete, ambiguous or hostile.
#![cfg(feature = "gdal")]

use std::fs;
use std::sync::Mutex;

use declouder::bands::Band;
use declouder::mask::{self, MaskConfig};
use declouder::progress::Monitor;
use declouder::raster::{self, ProductMask, SceneOptions};

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

#[test]
fn a_product_mask_that_cannot_be_read_is_left_out_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let Some(safe) = l1c_safe(folder.path(), |xml| xml) else { return };
    let masks = granule(&safe).join("QI_DATA");
    fs::create_dir_all(&masks).unwrap();
    fs::write(masks.join("MSK_CLASSI_B00.jp2"), "no image").unwrap();
    fs::write(masks.join("T48LWP_20210713T032051_SCL_20m.jp2"), "no image").unwrap();
    let scene = raster::open(&safe, &SceneOptions::default()).unwrap();
    for (what, file) in [("scene classification", "SCL_20m.jp2"), ("cloud raster", "MSK_CLASSI_B00.jp2")] {
        let warned = scene.warnings.iter().any(|warning| warning.contains(what) && warning.contains(file));
        assert!(warned, "{what}: {:?}", scene.warnings);
    }
    assert_eq!(scene.masks.len(), 1, "the polygons are still there: {:?}", scene.masks);
}

/// Keeps the warnings.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Monitor for Heard {
    fn warn(&self, message: &str) {
        self.0.lock().unwrap().push(message.to_owned());
    }
}

#[test]
fn auto_goes_on_to_the_next_method_where_the_product_s_mask_fails() {
    let folder = tempfile::tempdir().unwrap();
    let Some(safe) = l1c_safe(folder.path(), |xml| xml) else { return };
    let scene = raster::open(&safe, &SceneOptions::default()).unwrap();
    let Some(ProductMask::CloudGml { path }) = scene.masks.first() else {
        panic!("cloud polygons come first: {:?}", scene.masks)
    };
    fs::write(path, "<broken").unwrap();
    let heard = Heard::default();
    let config = MaskConfig { shadow: false, ..MaskConfig::default() };
    let found = mask::detect(&scene, &config, &heard).unwrap();
    assert!(found.source.starts_with("s2cloudless"), "{}", found.source);
    assert!(found.source.ends_with("chosen by auto"), "{}", found.source);
    let warnings = heard.0.into_inner().unwrap();
    assert!(warnings.iter().any(|warning| warning.contains("product failed")), "{warnings:?}");
    let asked = MaskConfig { method: "product".into(), ..config };
    assert!(mask::detect(&scene, &asked, &Heard::default()).is_err(), "asked for by name, it fails");
}
