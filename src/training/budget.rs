//! Whether a step fits into memory, estimated before anything is allocated.

use super::config::{Checkpointing, TrainConfig};
use super::{Error, Result};

/// Values that a step keeps a pixel of a crop, in parts of the width: features, their gradients, and what
/// the backward pass needs. Measured: a step of 25 crops of 64 × 64 at width 32 peaks at 0.4 GiB above the
/// data it holds.
const VALUES: u64 = 40;
/// The same with gradient checkpointing.
const CHECKPOINTED_VALUES: u64 = 30;
/// What training holds besides: donors, batches made ahead, the validation set, networks.
const BASE_BYTES: u64 = 1 << 30;

/// Bytes that training of a configuration takes at most, about; where checkpointing may be used, with it.
#[must_use]
pub fn needed(config: &TrainConfig) -> u64 {
    let data = &config.data;
    // Clear crops go through twice: under rendered cloud, and to the discriminators.
    let crops = (data.supervised + 2 * data.cloudy + 2 * data.clear + data.identity) as u64;
    let pixels = crops.saturating_mul((data.crop * data.crop) as u64);
    let values = if config.checkpointing == Checkpointing::Off { VALUES } else { CHECKPOINTED_VALUES };
    let step = pixels.saturating_mul(config.network.width as u64).saturating_mul(4 * values);
    step.saturating_add(BASE_BYTES)
}

/// The configuration with `auto` decided: checkpointing where a step would not fit into `available` bytes without.
#[must_use]
pub fn decided(config: &TrainConfig, available: Option<u64>) -> TrainConfig {
    if config.checkpointing != Checkpointing::Auto {
        return config.clone();
    }
    let off = TrainConfig { checkpointing: Checkpointing::Off, ..config.clone() };
    if available.is_none_or(|available| needed(&off) <= available) {
        off
    } else {
        TrainConfig { checkpointing: Checkpointing::On, ..off }
    }
}

/// Refuses a configuration that `available` bytes cannot hold, saying what could.
///
/// # Errors
/// [`Error::Memory`].
pub fn check(config: &TrainConfig, available: u64) -> Result<()> {
    let bytes = needed(config);
    if bytes <= available {
        return Ok(());
    }
    let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
    let mut smaller = config.clone();
    let advice = loop {
        let data = &mut smaller.data;
        let counts = [&mut data.supervised, &mut data.cloudy, &mut data.clear];
        if counts.iter().all(|count| **count <= 1) {
            if data.crop <= 32 {
                break "make network.width smaller".to_owned();
            }
            data.crop -= 8;
        }
        let data = &mut smaller.data;
        for count in [&mut data.supervised, &mut data.cloudy, &mut data.clear] {
            *count = (*count * 3 / 4).max(1).min(*count);
        }
        data.identity = data.identity.min(data.clear);
        if needed(&smaller) <= available {
            let data = &smaller.data;
            break format!(
                "data.supervised = {}, data.cloudy = {}, data.clear = {}, data.crop = {} would fit",
                data.supervised, data.cloudy, data.clear, data.crop
            );
        }
    };
    Err(Error::Memory {
        problem: format!(
            "a training step would need about {:.1} GiB, {:.1} GiB are free; {advice}",
            gib(bytes),
            gib(available)
        ),
    })
}

/// Memory that the system could give to a process now; none where it does not say.
#[must_use]
pub fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemAvailable:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_advised_fits() {
        let mut config = TrainConfig::default();
        config.data.supervised = 512;
        config.data.crop = 256;
        let available = 6 << 30;
        let error = check(&config, available).expect_err("too large").to_string();
        let number = |name: &str| -> usize {
            let rest = &error[error.find(name).expect("named") + name.len()..];
            rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().expect("a number")
        };
        config.data.supervised = number("data.supervised = ");
        config.data.cloudy = number("data.cloudy = ");
        config.data.clear = number("data.clear = ");
        config.data.crop = number("data.crop = ");
        assert!(check(&config, available).is_ok(), "{error}");
        assert!(config.data.supervised > 8, "no smaller than need be: {error}");
    }

    #[test]
    fn values_are_computed_anew_only_where_memory_is_short() {
        let config = TrainConfig::default();
        let off = TrainConfig { checkpointing: Checkpointing::Off, ..config.clone() };
        let on = TrainConfig { checkpointing: Checkpointing::On, ..config.clone() };
        assert!(needed(&on) < needed(&off));
        assert_eq!(decided(&config, None), off);
        assert_eq!(decided(&config, Some(needed(&off))), off);
        assert_eq!(decided(&config, Some(needed(&off) - 1)), on);
        assert_eq!(decided(&off, Some(0)), off);
    }

    #[test]
    fn the_default_fits_a_small_machine_and_a_wide_network_does_not() {
        assert!(check(&TrainConfig::default(), 4 << 30).is_ok());
        let mut wide = TrainConfig::default();
        wide.network.width = 512;
        wide.data.crop = 1024;
        assert!(
            check(&wide, (1 << 30) + (100 << 20))
                .expect_err("too large")
                .to_string()
                .contains("network.width")
        );
    }
}
