//! How long the window's spans take: by the clock, and of the processor.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tracing::span::Id;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// What the window calls its own work.
const TARGET: &str = "declouder::frame";

/// Times of one span, in ms.
#[derive(Debug, Clone, Copy, Default)]
pub struct Took {
    /// By the clock: other programs count too.
    pub wall: f32,
    /// What the thread itself used of a core.
    pub own: f32,
}

/// The times of all spans since they were taken last, by name.
#[derive(Clone, Default)]
pub struct Spans(Arc<Mutex<HashMap<&'static str, Vec<Took>>>>);

impl Spans {
    /// Listens to every span of this process from now on.
    pub fn listen() -> Self {
        let spans = Self::default();
        let all = tracing_subscriber::registry().with(spans.clone());
        tracing::subscriber::set_global_default(all).expect("nobody else listens");
        spans
    }

    /// What was measured since this was asked last.
    pub fn take(&self) -> HashMap<&'static str, Vec<Took>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// When a span began.
struct Began(Instant, f64);

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Spans {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == TARGET
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            span.extensions_mut().replace(Began(Instant::now(), thread_seconds()));
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        let now = (Instant::now(), thread_seconds());
        let Some(span) = context.span(id) else { return };
        let Some(Began(at, used)) = span.extensions_mut().remove::<Began>() else { return };
        let took = Took { wall: (now.0 - at).as_secs_f32() * 1000.0, own: (1000.0 * (now.1 - used)) as f32 };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(span.name()).or_default().push(took);
    }
}

/// What this thread has used of a core so far, in s.
fn thread_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock writes into a value of our own.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) } != 0;
    if failed { f64::NAN } else { time.tv_sec as f64 + 1e-9 * time.tv_nsec as f64 }
}
