//! What can go wrong on a device while it computes, and in code that should never panic.
//!
//! Burn and its backends report a lost device or failed allocation by panicking on the thread that
//! asks for a value. Work is run inside [`caught`], so that one job fails and the program goes on.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Why work on a device came to no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The graphics device is gone: reset by its driver, asleep, or taken away.
    #[error(
        "the graphics device was lost ({0}); networks compute on the CPU until the next start, and what is open stays open: start the job again, or use --device cpu"
    )]
    Lost(String),
    /// Something does not fit into the memory of the device.
    #[error(
        "there is not enough memory ({0}); use smaller tiles (--tile 256), close other programs, or compute with --device cpu"
    )]
    Memory(String),
    /// A panic, in its own words.
    #[error("this is a fault in Declouder, please report it: {0}")]
    Panic(String),
}

/// Words by which backends tell of an allocation that failed (wgpu, cubecl).
const MEMORY: [&str; 6] = [
    "out of memory",
    "outofmemory",
    "memory allocation",
    "buffertoobig",
    "buffer too big",
    "max_storage_buffer_binding_size",
];

impl Fault {
    /// The fault that words tell of. A lost device tells otherwise ([`Watch`](super::Watch)).
    #[must_use]
    pub fn of_words(words: &str) -> Self {
        let lower = words.to_lowercase();
        // The first line says it; what follows are backtraces and hints for programmers.
        let first = words.lines().find(|line| !line.trim().is_empty()).unwrap_or("no words").trim();
        if MEMORY.iter().any(|&word| lower.contains(word)) {
            Self::Memory(first.to_owned())
        } else {
            Self::Panic(first.to_owned())
        }
    }

    /// The fault that a panic tells of.
    #[must_use]
    pub fn of_panic(panic: &(dyn Any + Send)) -> Self {
        let words = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        Self::of_words(words.unwrap_or("no words"))
    }
}

/// Runs work and turns a panic into a [`Fault`].
///
/// # Errors
/// The fault that a panic tells of.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| Fault::of_panic(&*panic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_are_told_apart_by_their_words() {
        let panic = |words: &'static str| caught(|| -> u8 { panic!("{words}") }).expect_err("it panics");
        assert!(matches!(panic("wgpu error: Out of Memory"), Fault::Memory(_)));
        assert_eq!(panic("index 3\nat line 4"), Fault::Panic("index 3".into()));
        assert_eq!(caught(|| 7), Ok(7));
    }

    #[test]
    fn each_fault_says_what_to_do() {
        let words = |words: &str| Fault::of_words(words).to_string();
        assert!(Fault::Lost("gone".into()).to_string().contains("--device cpu"));
        assert!(words("out of memory").contains("--tile"));
        assert!(words("boom").contains("report it: boom"));
    }
}
