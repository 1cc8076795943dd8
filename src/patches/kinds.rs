//! What a patch is for: its domain, its split, and how a place's split is chosen.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::random::{key, mix, unit_f32};

/// Which side of the translation a patch stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Domain {
    /// `B`: the sky is clear.
    Clear,
    /// `A`: cloud or its shadow covers part of it.
    Cloudy,
}

/// Which part of the data a place belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Networks learn from it.
    Train,
    /// Choices are made on it.
    Validation,
    /// Only measured on, at the end.
    Test,
}

impl Domain {
    /// The code in a shard.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The domain of a code; none for any other number.
    #[must_use]
    pub const fn of_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Clear),
            1 => Some(Self::Cloudy),
            _ => None,
        }
    }

    /// The word in options and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Cloudy => "cloudy",
        }
    }
}

impl Split {
    /// All splits, in the order of their codes.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// The code in a shard.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The split of a code; none for any other number.
    #[must_use]
    pub const fn of_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Train),
            1 => Some(Self::Validation),
            2 => Some(Self::Test),
            _ => None,
        }
    }

    /// The word in options and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Domain {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "clear" => Ok(Self::Clear),
            "cloudy" => Ok(Self::Cloudy),
            _ => Err(format!("\"{text}\" is no domain; expected clear or cloudy")),
        }
    }
}

impl FromStr for Split {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "train" => Ok(Self::Train),
            "validation" | "val" => Ok(Self::Validation),
            "test" => Ok(Self::Test),
            _ => Err(format!("\"{text}\" is no split; expected train, validation or test")),
        }
    }
}

/// How a place's split is chosen where neither the source nor the analyst says it: by a hash of its
/// name and the seed, so that a place keeps its split whatever else is in the store.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SplitRule {
    /// Part of the places for validation, 0..1.
    pub validation: f32,
    /// Part of the places for testing, 0..1.
    pub test: f32,
    /// Another seed gives another choice.
    pub seed: u64,
}

impl Default for SplitRule {
    fn default() -> Self {
        Self { validation: 0.1, test: 0.1, seed: 0 }
    }
}

impl SplitRule {
    /// The split of a place.
    #[must_use]
    pub fn split_of(&self, place: &str) -> Split {
        let [low, high] = key(self.seed, place);
        let draw = unit_f32((mix(u64::from(high) << 32 | u64::from(low)) >> 32) as u32);
        if draw < self.test {
            Split::Test
        } else if draw < self.test + self.validation {
            Split::Validation
        } else {
            Split::Train
        }
    }
}

impl fmt::Display for SplitRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "by a hash of the place's name and seed {}: {} validation, {} test",
            self.seed, self.validation, self.test
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_words_come_back() {
        for split in Split::ALL {
            assert_eq!(Split::of_code(split.code()), Some(split));
            assert_eq!(split.name().parse(), Ok(split));
        }
        for domain in [Domain::Clear, Domain::Cloudy] {
            assert_eq!(Domain::of_code(domain.code()), Some(domain));
            assert_eq!(domain.name().parse(), Ok(domain));
        }
        assert_eq!((Domain::of_code(2), Split::of_code(3)), (None, None));
    }

    #[test]
    fn places_fall_into_splits_in_the_parts_asked_for_and_stay_there() {
        let rule = SplitRule { validation: 0.2, test: 0.1, seed: 7 };
        let mut counts = [0_u32; 3];
        for place in 0..10_000 {
            let name = format!("T{place:05}");
            assert_eq!(rule.split_of(&name), rule.split_of(&name));
            counts[usize::from(rule.split_of(&name).code())] += 1;
        }
        assert!(counts[1].abs_diff(2000) < 200 && counts[2].abs_diff(1000) < 150, "{counts:?}");
        let all = SplitRule { validation: 0.0, test: 0.0, seed: 7 };
        assert!((0..1000).all(|place| all.split_of(&place.to_string()) == Split::Train));
    }
}
