//! What the values of a mask file mean.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{CLEAR, CLOUD, INVALID, SHADOW};

/// Meaning of the values of a mask file (`--mask-classes`): `codes`, `scl`, `from:50` for a probability or weights, or
/// pairs such as `4=cloud,0=shadow,255=invalid`, everything else being clear.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Classes {
    /// 0 clear, 2 shadow, 255 invalid, any other value cloud; floats 0..1 are cloud above 0.5.
    #[default]
    Codes,
    /// The classes of a Sentinel-2 scene classification (SCL).
    Scl,
    /// Cloud from this value on, clear below it.
    From(f64),
    /// The analyst's own: pairs of value and code.
    Pairs(Vec<(i64, u8)>),
}

/// Our code for an SCL class.
///
/// 0 no data → invalid; 3 cloud shadow → shadow; 8 and 9 cloud of medium and high probability, 10
/// thin cirrus → cloud; everything else is clear: 1 saturated or defective (it was measured, and
/// bright targets are often marked so), 2 dark area (in most scenes relief and water, not cloud
/// shadow), 4 vegetation, 5 soil, 6 water, 7 unclassified, 11 snow.
#[must_use]
pub fn code_of_scl(class: i64) -> u8 {
    match class {
        0 => INVALID,
        3 => SHADOW,
        8..=10 => CLOUD,
        _ => CLEAR,
    }
}

impl Classes {
    /// The code for a stored value; NaN is invalid. `None` for a float that is neither a
    /// probability nor a code.
    #[must_use]
    pub fn code(&self, value: f64, is_float: bool) -> Option<u8> {
        if value.is_nan() {
            return Some(INVALID);
        }
        if is_float && value.fract() != 0.0 {
            return match self {
                Self::From(least) => Some(if value >= *least { CLOUD } else { CLEAR }),
                Self::Codes if (0.0..=1.0).contains(&value) => Some(if value > 0.5 { CLOUD } else { CLEAR }),
                _ => None,
            };
        }
        let whole = value as i64;
        match self {
            Self::Codes => match whole {
                0 => Some(CLEAR),
                2 => Some(SHADOW),
                255 => Some(INVALID),
                1 => Some(CLOUD),
                _ if is_float => None,
                _ => Some(CLOUD),
            },
            Self::Scl => Some(code_of_scl(whole)),
            Self::From(least) => Some(if value >= *least { CLOUD } else { CLEAR }),
            Self::Pairs(pairs) => {
                Some(pairs.iter().find(|(from, _)| *from == whole).map_or(CLEAR, |(_, code)| *code))
            }
        }
    }
}

impl FromStr for Classes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim() {
            "codes" => return Ok(Self::Codes),
            "scl" => return Ok(Self::Scl),
            _ => {}
        }
        let bad = || {
            format!(
                "\"{text}\" does not say what mask values mean; expected codes, scl, from:50 (cloud from 50 on), or pairs such as 4=cloud,0=shadow,255=invalid"
            )
        };
        if let Some(least) = text.trim().strip_prefix("from:") {
            let least: f64 = least.trim().parse().map_err(|_| bad())?;
            return if least.is_finite() { Ok(Self::From(least)) } else { Err(bad()) };
        }
        text.split(',')
            .map(|pair| {
                let (value, name) = pair.split_once('=').ok_or_else(bad)?;
                let code = match name.trim() {
                    "clear" => CLEAR,
                    "cloud" => CLOUD,
                    "shadow" => SHADOW,
                    "invalid" => INVALID,
                    _ => return Err(bad()),
                };
                Ok((value.trim().parse().map_err(|_| bad())?, code))
            })
            .collect::<Result<Vec<(i64, u8)>, _>>()
            .and_then(|pairs| {
                let twice = |i: usize| {
                    pairs[..i].iter().any(|(value, code)| *value == pairs[i].0 && *code != pairs[i].1)
                };
                match (0..pairs.len()).find(|&i| twice(i)) {
                    Some(i) => Err(format!(
                        "\"{text}\" gives the value {} two meanings; give each value one",
                        pairs[i].0
                    )),
                    None => Ok(Self::Pairs(pairs)),
                }
            })
    }
}

impl fmt::Display for Classes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Codes => f.write_str("codes"),
            Self::Scl => f.write_str("scl"),
            Self::From(least) => write!(f, "from:{least}"),
            Self::Pairs(pairs) => {
                for (index, (value, code)) in pairs.iter().enumerate() {
                    let name = match *code {
                        CLEAR => "clear",
                        CLOUD => "cloud",
                        SHADOW => "shadow",
                        _ => "invalid",
                    };
                    write!(f, "{}{value}={name}", if index == 0 { "" } else { "," })?;
                }
                Ok(())
            }
        }
    }
}

impl TryFrom<String> for Classes {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Classes> for String {
    fn from(classes: Classes) -> Self {
        classes.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_survive_being_written_and_read() {
        for text in ["codes", "scl", "from:50", "from:0.25", "4=cloud,0=shadow,9=invalid"] {
            assert_eq!(text.parse::<Classes>().map(|c| c.to_string()).as_deref(), Ok(text));
        }
        for wrong in ["from:", "from:NaN", "from:high"] {
            assert!(wrong.parse::<Classes>().is_err_and(|message| message.contains("from:50")), "{wrong}");
        }
        assert!("4=fog".parse::<Classes>().is_err_and(|message| message.contains("4=cloud")));
    }

    #[test]
    fn soft_masks_are_cut_at_one_half_and_percentages_are_refused() {
        let classes = Classes::Codes;
        assert_eq!(classes.code(0.51, true), Some(CLOUD));
        assert_eq!(classes.code(0.5, true), Some(CLEAR));
        assert_eq!(classes.code(f64::NAN, true), Some(INVALID));
        assert_eq!(classes.code(2.0, true), Some(SHADOW));
        assert_eq!(classes.code(37.0, true), None);
        assert_eq!(classes.code(37.0, false), Some(CLOUD));
        let classes = Classes::From(37.5);
        let found = [37.4, 37.5, 255.0, f64::NAN].map(|value| classes.code(value, true));
        assert_eq!(found, [Some(CLEAR), Some(CLOUD), Some(CLOUD), Some(INVALID)]);
        assert_eq!(classes.code(255.0, false), Some(CLOUD), "no value has a meaning of its own");
    }
}
