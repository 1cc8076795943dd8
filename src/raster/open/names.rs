//! What product, folder and file names say: level, baseline, sensing time.
//!
//! `S2A_MSIL1C_20210713T032051_N0301_R032_T48LWP_20210713T054224.SAFE`
//! (Sentinel-2 Products Specification Document, naming convention of compact products).

use crate::bands::Level;

/// What a name states; every part may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NameFacts {
    /// Processing level.
    pub level: Option<Level>,
    /// Processing baseline, `03.01`; none for the placeholder `N9999`.
    pub baseline: Option<String>,
    /// Sensing time, `2021-07-13T03:20:51Z`.
    pub sensed: Option<String>,
}

impl NameFacts {
    /// Reads a name.
    pub fn of(name: &str) -> Self {
        let mut facts = Self::default();
        for word in name.split(|c: char| !c.is_ascii_alphanumeric()) {
            let upper = word.to_ascii_uppercase();
            facts.level = facts.level.or_else(|| level(&upper));
            facts.baseline = facts.baseline.or_else(|| baseline(&upper));
            facts.sensed = facts.sensed.or_else(|| sensing_time(&upper));
        }
        facts
    }

    /// This, completed by what another name states.
    pub fn or(self, other: Self) -> Self {
        Self {
            level: self.level.or(other.level),
            baseline: self.baseline.or(other.baseline),
            sensed: self.sensed.or(other.sensed),
        }
    }
}

fn level(word: &str) -> Option<Level> {
    let word = word.strip_prefix("MSI").unwrap_or(word);
    match word {
        "L1C" => Some(Level::L1C),
        "L2A" => Some(Level::L2A),
        _ => None,
    }
}

fn baseline(word: &str) -> Option<String> {
    let digits = word.strip_prefix('N').filter(|rest| is_digits(rest, 4))?;
    (digits != "9999").then(|| format!("{}.{}", &digits[..2], &digits[2..]))
}

/// `20170613T101031`; a time of 5 digits has lost its leading zero (BigEarthNet).
fn sensing_time(word: &str) -> Option<String> {
    let (date, time) = word.split_once('T')?;
    let time = if is_digits(time, 5) { format!("0{time}") } else { time.to_owned() };
    if !is_digits(date, 8) || !is_digits(&time, 6) {
        return None;
    }
    let part = |text: &str, from: usize| text[from..from + 2].parse::<u32>().unwrap_or(99);
    let plausible = (1..=12).contains(&part(date, 4))
        && (1..=31).contains(&part(date, 6))
        && part(&time, 0) < 24
        && part(&time, 2) < 60
        && part(&time, 4) < 60;
    plausible.then(|| {
        format!(
            "{}-{}-{}T{}:{}:{}Z",
            &date[..4],
            &date[4..6],
            &date[6..],
            &time[..2],
            &time[2..4],
            &time[4..]
        )
    })
}

fn is_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether products of a baseline carry the offset of −1000 (from 04.00).
pub(super) fn has_offset(baseline: &str) -> bool {
    baseline.split('.').next().and_then(|major| major.parse::<u32>().ok()).is_some_and(|major| major >= 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compact_product_name_tells_level_baseline_and_time() {
        let facts = NameFacts::of("S2A_MSIL2A_20181229T095411_N0211_R079_T33SVB_20181229T112231.SAFE");
        assert_eq!(facts.level, Some(Level::L2A));
        assert_eq!(facts.baseline.as_deref(), Some("02.11"));
        assert_eq!(facts.sensed.as_deref(), Some("2018-12-29T09:54:11Z"));
    }

    #[test]
    fn a_time_of_five_digits_has_lost_its_zero() {
        let facts = NameFacts::of("S2B_MSIL2A_20170924T93021_41_29");
        assert_eq!(facts.sensed.as_deref(), Some("2017-09-24T09:30:21Z"));
        assert_eq!(NameFacts::of("S2B_MSIL2A_20180204T94161_57_38").sensed, None);
    }

    #[test]
    fn the_placeholder_baseline_is_none() {
        assert_eq!(NameFacts::of("S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP_26_57").baseline, None);
    }

    #[test]
    fn only_the_baseline_decides_on_the_offset() {
        assert!(has_offset("04.00") && has_offset("05.10"));
        assert!(!has_offset("03.01") && !has_offset("02.11"));
    }
}
