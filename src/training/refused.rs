//! Checkpoints that could not be kept.

use std::cell::RefCell;
use std::path::Path;

use super::Result;
use crate::progress::Monitor;

/// Why the last checkpoint could not be kept. It is tried again and again, and told once.
#[derive(Debug, Default)]
pub(super) struct Refused(RefCell<Option<String>>);

impl Refused {
    /// Says why a checkpoint could not be kept, where that is news. Training goes on.
    pub(super) fn tell(&self, saved: Result<()>, path: &Path, monitor: &dyn Monitor) {
        let words = saved.err().map(|error| error.to_string());
        let before = self.0.replace(words.clone());
        let Some(words) = words.filter(|words| before.as_ref() != Some(words)) else { return };
        let kept = if path.is_file() {
            "the last good checkpoint is kept"
        } else {
            "there is no checkpoint to go on from yet"
        };
        monitor.warn(&format!("{words}; training goes on, {kept}"));
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Mutex;

    use super::*;
    use crate::training::Error;

    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl Monitor for Heard {
        fn warn(&self, message: &str) {
            self.0.lock().expect("nobody panicked").push(message.to_owned());
        }
    }

    #[test]
    fn a_full_disk_is_told_once_and_again_when_it_was_free_between() {
        let (heard, refused) = (Heard::default(), Refused::default());
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("checkpoint.safetensors");
        let full = || Err(Error::Run { path: PathBuf::from("run"), problem: "the disk is full".into() });
        for saved in [full(), full()] {
            refused.tell(saved, &path, &heard);
        }
        std::fs::write(&path, "good").expect("written");
        for saved in [Ok(()), full(), full()] {
            refused.tell(saved, &path, &heard);
        }
        let told = heard.0.into_inner().expect("nobody panicked");
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("no checkpoint") && told[1].contains("last good"), "{told:?}");
    }
}
