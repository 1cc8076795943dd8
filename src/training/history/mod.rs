//! What a run told so far, as curves: of this program's own training, or of one that goes on elsewhere.

mod tail;

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use super::events::group;
use super::validate::Validation;

pub use tail::{Line, Portion, Tail};

/// Steps over which speed is measured.
const SPEED_STEPS: usize = 20;

/// A curve: steps and values, in the order of the steps.
pub type Curve = Vec<[f64; 2]>;

/// The curves of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    curves: BTreeMap<String, Curve>,
    validations: Vec<Validated>,
    recent: VecDeque<(u64, f64)>,
    step: u64,
    seconds: f64,
}

/// A validation of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Validated {
    /// Steps before it.
    pub step: u64,
    /// What it found.
    pub validation: Validation,
    /// Whether the model was the best until then.
    pub best: bool,
}

impl History {
    /// Reads a run's folder as it is now.
    ///
    /// # Errors
    /// Where there is an events file that cannot be read.
    pub fn read(folder: &Path) -> std::io::Result<Self> {
        let (mut tail, mut history) = (Tail::new(folder), Self::default());
        loop {
            let portion = tail.read()?;
            let more = portion.more;
            history.take(portion);
            if !more {
                return Ok(history);
            }
        }
    }

    /// Takes in what was read.
    pub fn take(&mut self, portion: Portion) {
        if portion.restarted {
            *self = Self::default();
        }
        for line in portion.lines {
            self.take_line(line);
        }
    }

    fn take_line(&mut self, line: Line) {
        let step = line.step;
        self.seconds = self.seconds.max(line.seconds);
        if let Some(validation) = line.validation {
            for (name, value) in validation.figures() {
                self.put(&name, step, value);
            }
            self.validations.push(Validated { step, validation, best: line.best.unwrap_or(false) });
            return;
        }
        self.step = step + 1;
        for (name, value) in line.losses {
            self.put(&format!("{}/{name}", group(&name)), step, value.unwrap_or(f64::NAN));
        }
        for (name, value) in [("generator", line.rate), ("discriminator", line.rate_discriminator)] {
            if let Some(value) = value {
                self.put(&format!("rates/{name}"), step, value);
            }
        }
        self.recent.push_back((step, line.seconds));
        if self.recent.len() > SPEED_STEPS {
            self.recent.pop_front();
        }
        if let Some(speed) = self.speed() {
            self.put("speed/steps_per_second", step, speed);
        }
    }

    fn put(&mut self, name: &str, step: u64, value: f64) {
        let point = [step as f64, value];
        match self.curves.get_mut(name) {
            Some(curve) => curve.push(point),
            None => {
                self.curves.insert(name.to_owned(), vec![point]);
            }
        }
    }

    /// Every curve by name, `group/name`: `losses/cycle_a`, `validation/real/mae/model`.
    #[must_use]
    pub fn curves(&self) -> &BTreeMap<String, Curve> {
        &self.curves
    }

    /// The curves of a group with the rest of their names.
    pub fn group<'a>(&'a self, group: &'a str) -> impl Iterator<Item = (&'a str, &'a Curve)> {
        self.curves
            .iter()
            .filter_map(move |(name, curve)| Some((name.strip_prefix(group)?.strip_prefix('/')?, curve)))
    }

    /// The newest value of a curve.
    #[must_use]
    pub fn last(&self, name: &str) -> Option<f64> {
        self.curves.get(name)?.last().map(|point| point[1])
    }

    /// Every validation.
    #[must_use]
    pub fn validations(&self) -> &[Validated] {
        &self.validations
    }

    /// The best validation so far.
    #[must_use]
    pub fn best(&self) -> Option<&Validated> {
        self.validations.iter().rfind(|validated| validated.best)
    }

    /// Steps done.
    #[must_use]
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Seconds trained.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Steps a second over the last steps.
    #[must_use]
    pub fn speed(&self) -> Option<f64> {
        let ((first, began), (last, now)) = (self.recent.front()?, self.recent.back()?);
        (now > began).then(|| (last - first) as f64 / (now - began))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn step(step: u64, loss: f64) -> String {
        format!(
            "{{\"step\":{step},\"rate\":0.1,\"seconds\":{}.0,\"losses\":{{\"cycle_a\":{loss}}}}}\n",
            2 * step
        )
    }

    fn append(path: &Path, text: &str) {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        file.expect("opened").write_all(text.as_bytes()).expect("written");
    }

    #[test]
    fn a_growing_file_is_read_to_its_last_whole_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("events.jsonl");
        let (mut tail, mut history) = (Tail::new(folder.path()), History::default());
        history.take(tail.read().expect("nothing yet"));
        assert_eq!(history, History::default());
        let third = step(2, 0.25);
        append(&path, &(step(0, 1.0) + &step(1, 0.5) + &third[..20]));
        history.take(tail.read().expect("read"));
        assert_eq!(history.curves()["losses/cycle_a"], [[0.0, 1.0], [1.0, 0.5]]);
        assert_eq!((history.step(), history.speed()), (2, Some(0.5)));
        append(&path, &third[20..]);
        append(&path, "not JSON\n{\"step\":3,\"losses\":{\"cycle_a\":null}}\n");
        let validated = "{\"step\":3,\"seconds\":9.0,\"best\":true,\"validation\":{\"real\":{\"images\":1,\"model\":{\"mae\":0.03,\"psnr\":30.0},\"fill\":{\"mae\":0.04,\"psnr\":29.0}},\"lent\":null}}\n";
        append(&path, validated);
        history.take(tail.read().expect("read"));
        assert_eq!(history.curves()["losses/cycle_a"].len(), 4);
        assert!(history.last("losses/cycle_a").expect("a value").is_nan());
        assert_eq!(history.last("validation/real/mae/model"), Some(0.03));
        assert_eq!(history.best().map(|best| best.step), Some(3));
        assert!((history.last("validation/score").expect("a score") - 0.75).abs() < 1e-12);
        assert!(!tail.read().expect("nothing new").restarted);
    }

    #[test]
    fn a_file_that_was_begun_anew_replaces_what_was_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("events.jsonl");
        let (mut tail, mut history) = (Tail::new(folder.path()), History::default());
        append(&path, &(0..50).map(|number| step(number, 1.0)).collect::<String>());
        history.take(tail.read().expect("read"));
        assert_eq!(history.step(), 50);
        // Cut back, and grown beyond where it was before anybody looked again.
        let text: String = (0..80).map(|number| step(number, if number < 30 { 1.0 } else { 2.0 })).collect();
        std::fs::write(&path, text).expect("written");
        history.take(tail.read().expect("read"));
        assert_eq!(history.curves()["losses/cycle_a"].len(), 80);
        std::fs::remove_file(&path).expect("removed");
        history.take(tail.read().expect("read"));
        assert_eq!(history, History::default());
        assert_eq!(History::read(folder.path()).expect("nothing"), History::default());
    }
}
