//! Listening to GDAL: a call during which it reports a failure has failed.

use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_int};
use std::ptr;

use gdal_sys::CPLErr;

use super::Outcome;

/// Failures reported while one call runs.
type Heard = RefCell<Vec<String>>;

unsafe extern "C" fn hear(class: CPLErr::Type, _number: c_int, message: *const c_char) {
    // SAFETY: `listening` pushed this handler with a pointer to a `Heard` that outlives the call,
    // and GDAL calls it on that same thread with a C string.
    unsafe {
        let heard = gdal_sys::CPLGetErrorHandlerUserData().cast::<Heard>();
        if class >= CPLErr::CE_Failure && !heard.is_null() && !message.is_null() {
            (*heard).borrow_mut().push(CStr::from_ptr(message).to_string_lossy().into_owned());
        }
    }
}

/// Runs `call`; a failure GDAL reports meanwhile on this thread makes it fail.
pub(super) fn listening<T>(call: impl FnOnce() -> Option<T>) -> Outcome<T> {
    /// Pops the handler also when a callback panics.
    struct Pop;
    impl Drop for Pop {
        fn drop(&mut self) {
            // SAFETY: pops the handler pushed below.
            unsafe { gdal_sys::CPLPopErrorHandler() };
        }
    }
    let heard = Heard::default();
    // SAFETY: `heard` lives until after `Pop` took the handler away.
    unsafe { gdal_sys::CPLPushErrorHandlerEx(Some(hear), ptr::from_ref(&heard).cast_mut().cast()) };
    let pop = Pop;
    let value = call();
    drop(pop);
    let messages = heard.into_inner();
    match value {
        Some(value) if messages.is_empty() => Ok(value),
        _ => Err(in_words(&messages)),
    }
}

/// What went wrong, for an analyst: one failure makes libtiff complain a dozen times, and only the
/// first complaint, or the one that knows the cause, helps.
fn in_words(messages: &[String]) -> String {
    let causes = [
        ("No space left on device", "the disk is full; free some space or choose another folder"),
        ("Disk quota exceeded", "your disk quota is used up; free some space or choose another folder"),
        ("File too large", "the file would be larger than this file system allows; choose another folder"),
    ];
    let known = causes.iter().find(|(sign, _)| messages.iter().any(|message| message.contains(sign)));
    match (known, messages.first()) {
        (Some((_, words)), _) => (*words).to_owned(),
        (None, Some(first)) => first.clone(),
        (None, None) => "GDAL gave no reason".to_owned(),
    }
}

/// `Some` where GDAL returned success.
pub(super) fn done(code: CPLErr::Type) -> Option<()> {
    (code < CPLErr::CE_Failure).then_some(())
}
