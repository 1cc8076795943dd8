//! What a product's and a granule's XML say about its pixels.

use std::path::Path;

use roxmltree::Document;

use super::super::names::NameFacts;
use super::super::tree::is_inside;
use super::super::xml::{elements, number, number_of, parse, text_of};
use crate::bands::{Band, L1C, Level};
use crate::raster::{Error, Result, Sun};

/// From `MTD_MSIL1C.xml` or `MTD_MSIL2A.xml`.
#[derive(Debug, Default)]
pub(super) struct ProductFacts {
    /// Whether there was such a file.
    pub is_present: bool,
    pub names: NameFacts,
    /// `QUANTIFICATION_VALUE` or `BOA_QUANTIFICATION_VALUE`: DN of reflectance 1.
    pub quantification: Option<f64>,
    /// `RADIO_ADD_OFFSET` or `BOA_ADD_OFFSET` in DN; empty before baseline 04.00.
    pub offsets: Vec<(Band, f64)>,
    /// `IMAGE_FILE`: paths without extension; `IMAGE_ID` in the old format.
    pub images: Vec<String>,
    pub cloud_percent: Option<f64>,
}

/// From `MTD_TL.xml`.
#[derive(Debug, Default)]
pub(super) struct TileFacts {
    pub names: NameFacts,
    pub sun: Option<Sun>,
    pub cloud_percent: Option<f64>,
}

/// Reads a product's metadata.
///
/// # Errors
/// [`Error::Damaged`] where it is no product's XML, or a value in it makes no sense.
pub(super) fn product(text: &str, path: &Path) -> Result<ProductFacts> {
    let document = parse(text, path)?;
    let root = document.root_element().tag_name().name();
    if !root.contains("User_Product") {
        return Err(Error::damaged(
            path,
            format!("its root is <{root}>; expected a Level-1C_User_Product or Level-2A_User_Product"),
        ));
    }
    let by_root = if root.contains("1C") { Level::L1C } else { Level::L2A };
    let stated = text_of(&document, "PROCESSING_LEVEL").and_then(level);
    let quantification = match number_of(&document, "BOA_QUANTIFICATION_VALUE", path)? {
        Some(value) => Some(value),
        None => match number_of(&document, "L2A_BOA_QUANTIFICATION_VALUE", path)? {
            Some(value) => Some(value),
            None => number_of(&document, "QUANTIFICATION_VALUE", path)?,
        },
    };
    if let Some(value) = quantification.filter(|value| !(1.0..=1e6).contains(value)) {
        return Err(Error::damaged(
            path,
            format!("QUANTIFICATION_VALUE is {value}; expected one such as 10000"),
        ));
    }
    Ok(ProductFacts {
        is_present: true,
        names: NameFacts {
            level: stated.or(Some(by_root)),
            baseline: text_of(&document, "PROCESSING_BASELINE")
                .filter(|text| *text != "99.99")
                .map(str::to_owned),
            sensed: text_of(&document, "PRODUCT_START_TIME").map(str::to_owned),
        },
        quantification,
        offsets: offsets(&document, path)?,
        images: images(&document, path)?,
        cloud_percent: percent(&document, "Cloud_Coverage_Assessment", path)?,
    })
}

/// Reads a granule's metadata.
///
/// # Errors
/// [`Error::Damaged`] where it is no XML, or a value in it makes no sense.
pub(super) fn tile(text: &str, path: &Path) -> Result<TileFacts> {
    let document = parse(text, path)?;
    let from_id = text_of(&document, "TILE_ID").map(baseline_of_id).unwrap_or_default();
    Ok(TileFacts {
        names: NameFacts { sensed: text_of(&document, "SENSING_TIME").map(str::to_owned), ..from_id },
        sun: sun(&document, path)?,
        cloud_percent: percent(&document, "CLOUDY_PIXEL_PERCENTAGE", path)?,
    })
}

/// Level and baseline at the end of `S2A_OPER_MSI_L1C_TL_VGS4_…_T48LWP_N03.01`.
fn baseline_of_id(id: &str) -> NameFacts {
    let facts = NameFacts::of(&id.replace('.', ""));
    NameFacts { sensed: None, ..facts }
}

/// `Level-1C`, `Level-2A`; the pilot products say `Level-2Ap`.
fn level(text: &str) -> Option<Level> {
    text.parse().ok().or_else(|| text.trim_end_matches('p').parse().ok())
}

/// The mean sun position of a granule.
fn sun(document: &Document<'_>, path: &Path) -> Result<Option<Sun>> {
    let Some(node) = elements(document, "Mean_Sun_Angle").next() else { return Ok(None) };
    let angle = |name: &str| -> Result<Option<f64>> {
        let child = node.children().find(|child| child.tag_name().name() == name);
        child.and_then(|child| child.text()).map(|text| number(text, name, path)).transpose()
    };
    let (Some(zenith_deg), Some(azimuth_deg)) = (angle("ZENITH_ANGLE")?, angle("AZIMUTH_ANGLE")?) else {
        return Ok(None);
    };
    if !(0.0..=180.0).contains(&zenith_deg) || !(-360.0..=360.0).contains(&azimuth_deg) {
        return Err(Error::damaged(
            path,
            format!("the sun's angles are {zenith_deg} and {azimuth_deg} degrees"),
        ));
    }
    Ok(Some(Sun { zenith_deg, azimuth_deg }))
}

fn percent(document: &Document<'_>, name: &'static str, path: &Path) -> Result<Option<f64>> {
    Ok(number_of(document, name, path)?.filter(|value| (0.0..=100.0).contains(value)))
}

/// Offsets by band; a `band_id` counts through the 13 bands of an L1C product in both levels.
fn offsets(document: &Document<'_>, path: &Path) -> Result<Vec<(Band, f64)>> {
    let mut found = Vec::new();
    for name in ["RADIO_ADD_OFFSET", "BOA_ADD_OFFSET"] {
        for node in elements(document, name) {
            let id = node.attribute("band_id").and_then(|id| id.trim().parse::<usize>().ok());
            let Some(&band) = id.and_then(|id| L1C.get(id)) else { continue };
            let value = number(node.text().unwrap_or_default(), name, path)?;
            if value.abs() > 60_000.0 {
                return Err(Error::damaged(path, format!("{name} is {value}; expected one such as -1000")));
            }
            found.push((band, value));
        }
    }
    Ok(found)
}

/// Paths of the image files, none of which may lead out of the product.
fn images(document: &Document<'_>, path: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for name in ["IMAGE_FILE", "IMAGE_FILE_2A", "IMAGE_ID", "IMAGE_ID_2A"] {
        for node in elements(document, name) {
            let file = node.text().map(str::trim).unwrap_or_default();
            if !is_inside(file) {
                let shown: String = file.chars().take(80).collect();
                return Err(Error::damaged(
                    path,
                    format!("{name} leads out of the product (\"{shown}\"); it is refused"),
                ));
            }
            if !file.is_empty() {
                found.push(file.to_owned());
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const L1C_0400: &str = r#"<n1:Level-1C_User_Product xmlns:n1="x"><n1:General_Info>
        <PROCESSING_LEVEL>Level-1C</PROCESSING_LEVEL><PROCESSING_BASELINE>04.00</PROCESSING_BASELINE>
        <QUANTIFICATION_VALUE unit="none">10000</QUANTIFICATION_VALUE>
        <Radiometric_Offset_List><RADIO_ADD_OFFSET band_id="0">-1000</RADIO_ADD_OFFSET>
        <RADIO_ADD_OFFSET band_id="8">-900</RADIO_ADD_OFFSET>
        <RADIO_ADD_OFFSET band_id="99999999999999999999">-5</RADIO_ADD_OFFSET></Radiometric_Offset_List>
        </n1:General_Info></n1:Level-1C_User_Product>"#;

    #[test]
    fn offsets_belong_to_the_band_of_their_id() {
        let facts = product(L1C_0400, Path::new("MTD_MSIL1C.xml")).expect("metadata");
        assert_eq!(facts.offsets, [(Band::B01, -1000.0), (Band::B8A, -900.0)]);
        assert_eq!(facts.names.level, Some(Level::L1C));
        assert_eq!(facts.quantification, Some(10_000.0));
    }

    #[test]
    fn an_image_outside_the_product_is_refused() {
        for bad in ["/etc/passwd", "../../secret", "GRANULE/../../x", "C:\\x", "/vsicurl/http://x/y"] {
            let text =
                format!("<Level-1C_User_Product><IMAGE_FILE>{bad}</IMAGE_FILE></Level-1C_User_Product>");
            let message = product(&text, Path::new("MTD.xml")).expect_err(bad).to_string();
            assert!(message.contains("leads out of the product"), "{message}");
        }
    }

    #[test]
    fn senseless_values_are_named() {
        for (tag, value) in [
            ("QUANTIFICATION_VALUE", "0"),
            ("QUANTIFICATION_VALUE", "NaN"),
            ("QUANTIFICATION_VALUE", "1e999"),
        ] {
            let text = format!("<Level-1C_User_Product><{tag}>{value}</{tag}></Level-1C_User_Product>");
            let message = product(&text, Path::new("MTD.xml")).expect_err(value).to_string();
            assert!(message.contains(tag), "{message}");
        }
    }
}
