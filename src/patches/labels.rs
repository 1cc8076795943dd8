//! BigEarthNet's two nomenclatures of land cover and the published mapping between them.
//!
//! The 43 classes are CORINE Land Cover 2018 at level 3 without glaciers (Sumbul et al., *BigEarthNet:
//! A Large-Scale Benchmark Archive for Remote Sensing Image Understanding*, IGARSS 2019). The 19
//! classes and the mapping are those of Sumbul et al., *BigEarthNet-MM*, IEEE GRSM 2021, published as
//! `label_indices.json`; classes keep the order of that file.

/// Number of classes of the first nomenclature.
pub const CLASSES_43: usize = 43;
/// Number of classes of the second nomenclature.
pub const CLASSES_19: usize = 19;

/// A class of the second nomenclature that a class of the first belongs to; none for the eleven
/// classes that were given up.
type Mapped = Option<u8>;

/// The 43 classes, in order, each with its class among the 19.
const TABLE_43: [(&str, Mapped); CLASSES_43] = [
    ("Continuous urban fabric", Some(0)),
    ("Discontinuous urban fabric", Some(0)),
    ("Industrial or commercial units", Some(1)),
    ("Road and rail networks and associated land", None),
    ("Port areas", None),
    ("Airports", None),
    ("Mineral extraction sites", None),
    ("Dump sites", None),
    ("Construction sites", None),
    ("Green urban areas", None),
    ("Sport and leisure facilities", None),
    ("Non-irrigated arable land", Some(2)),
    ("Permanently irrigated land", Some(2)),
    ("Rice fields", Some(2)),
    ("Vineyards", Some(3)),
    ("Fruit trees and berry plantations", Some(3)),
    ("Olive groves", Some(3)),
    ("Pastures", Some(4)),
    ("Annual crops associated with permanent crops", Some(3)),
    ("Complex cultivation patterns", Some(5)),
    ("Land principally occupied by agriculture, with significant areas of natural vegetation", Some(6)),
    ("Agro-forestry areas", Some(7)),
    ("Broad-leaved forest", Some(8)),
    ("Coniferous forest", Some(9)),
    ("Mixed forest", Some(10)),
    ("Natural grassland", Some(11)),
    ("Moors and heathland", Some(12)),
    ("Sclerophyllous vegetation", Some(12)),
    ("Transitional woodland/shrub", Some(13)),
    ("Beaches, dunes, sands", Some(14)),
    ("Bare rock", None),
    ("Sparsely vegetated areas", Some(11)),
    ("Burnt areas", None),
    ("Inland marshes", Some(15)),
    ("Peatbogs", Some(15)),
    ("Salt marshes", Some(16)),
    ("Salines", Some(16)),
    ("Intertidal flats", None),
    ("Water courses", Some(17)),
    ("Water bodies", Some(17)),
    ("Coastal lagoons", Some(18)),
    ("Estuaries", Some(18)),
    ("Sea and ocean", Some(18)),
];

/// The 19 classes, in order.
pub const NAMES_19: [&str; CLASSES_19] = [
    "Urban fabric",
    "Industrial or commercial units",
    "Arable land",
    "Permanent crops",
    "Pastures",
    "Complex cultivation patterns",
    "Land principally occupied by agriculture, with significant areas of natural vegetation",
    "Agro-forestry areas",
    "Broad-leaved forest",
    "Coniferous forest",
    "Mixed forest",
    "Natural grassland and sparsely vegetated areas",
    "Moors, heathland and sclerophyllous vegetation",
    "Transitional woodland, shrub",
    "Beaches, dunes, sands",
    "Inland wetlands",
    "Coastal wetlands",
    "Inland waters",
    "Marine waters",
];

/// The 43 classes' names, in order.
#[must_use]
pub fn names_43() -> [&'static str; CLASSES_43] {
    TABLE_43.map(|(name, _)| name)
}

/// A patch's classes as 43 zeros and ones; the name of the first that is no class, where one is not.
///
/// # Errors
/// The name that is unknown.
pub fn encode_43<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<[u8; CLASSES_43], &'n str> {
    let mut flags = [0; CLASSES_43];
    for name in names {
        let index = TABLE_43.iter().position(|(known, _)| *known == name).ok_or(name)?;
        flags[index] = 1;
    }
    Ok(flags)
}

/// A patch's classes as 19 zeros and ones.
///
/// # Errors
/// The name that is unknown.
pub fn encode_19<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<[u8; CLASSES_19], &'n str> {
    let mut flags = [0; CLASSES_19];
    for name in names {
        let index = NAMES_19.iter().position(|known| *known == name).ok_or(name)?;
        flags[index] = 1;
    }
    Ok(flags)
}

/// The 19 classes of a patch from its 43.
#[must_use]
pub fn to_19(flags_43: &[u8; CLASSES_43]) -> [u8; CLASSES_19] {
    let mut flags = [0; CLASSES_19];
    for (&flag, (_, mapped)) in flags_43.iter().zip(TABLE_43) {
        if let Some(class) = mapped.filter(|_| flag == 1) {
            flags[usize::from(class)] = 1;
        }
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_of_the_19_is_reached_and_eleven_of_the_43_are_given_up() {
        assert_eq!(to_19(&[1; CLASSES_43]), [1; CLASSES_19]);
        assert_eq!(TABLE_43.iter().filter(|(_, mapped)| mapped.is_none()).count(), 11);
        for (name, mapped) in TABLE_43 {
            if let Some(same) = NAMES_19.iter().position(|known| *known == name) {
                assert_eq!(mapped.map(usize::from), Some(same), "{name} keeps its name");
            }
        }
    }

    #[test]
    fn names_become_flags_and_a_stranger_is_named() {
        let flags = encode_43(["Pastures", "Bare rock", "Estuaries"]).expect("known");
        assert_eq!(flags.iter().map(|&flag| usize::from(flag)).sum::<usize>(), 3);
        let expected = encode_19(["Pastures", "Marine waters"]).expect("known");
        assert_eq!(to_19(&flags), expected);
        assert_eq!(encode_43(["Pastures", "Tundra"]), Err("Tundra"));
        assert_eq!(encode_19(["Peatbogs"]), Err("Peatbogs"));
    }
}
