//! A graphics device that is lost, and where networks compute.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui_wgpu::RenderState;

use crate::compute::{self, Canvas, Choice, Summary, Watch};

use super::app::App;
use super::arrivals::Arrival;

/// Time between two looks at the device. Frames that are drawn anyway look; an idle window draws none.
const LOOK: Duration = Duration::from_millis(250);

/// How a loss is told to whoever runs the window.
pub(super) type Loss = Arc<std::sync::Mutex<Option<String>>>;

/// What is known of the device that draws.
#[derive(Default)]
pub(super) struct Drawing {
    watch: Option<Watch>,
    looked: Option<Instant>,
    pub lost: bool,
    told: Option<Loss>,
}

/// What a window draws with.
pub(super) fn canvas(state: &RenderState) -> Canvas {
    let (instance, device) = (state.instance.clone(), state.device.clone());
    Canvas { instance, device, queue: state.queue.clone() }
}

impl Drawing {
    pub fn new(watch: Option<Watch>) -> Self {
        Self { watch, ..Self::default() }
    }

    fn is_due(&self) -> bool {
        !self.lost && self.looked.is_none_or(|looked| looked.elapsed() >= LOOK)
    }
}

impl App {
    /// Where a loss of the device is to be told, so that the window can be opened anew.
    pub(super) fn tell_loss_to(&mut self, loss: Loss) {
        self.drawing.told = Some(loss);
    }

    /// Words for the log and a toast, from before the window was opened.
    pub(super) fn tell_error(&mut self, words: String) {
        self.messages.error(words);
    }

    /// Looks whether the device is still there, now and then.
    pub(super) fn watch_device(&mut self) {
        if !self.drawing.is_due() {
            return;
        }
        self.drawing.looked = Some(Instant::now());
        if let Some(why) = self.drawing.watch.as_ref().and_then(Watch::lost).map(str::to_owned) {
            self.device_lost(&why);
        }
    }

    /// The device that draws is gone: what is open is saved, the window closes and is opened anew on another
    /// device, with networks on the CPU.
    fn device_lost(&mut self, why: &str) {
        self.drawing.lost = true;
        self.go_on_on_cpu();
        let words = format!(
            "The graphics device was lost ({}: {why}). The session was saved; networks compute on the CPU until the next start. If this happens again, update the graphics driver, or choose the CPU in File > Settings….",
            self.adapter
        );
        self.messages.error(words.clone());
        self.save_session(true);
        tracing::error!("{words}");
        if let Some(told) = &self.drawing.told {
            *told.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(words);
            self.context.send_viewport_cmd(egui::ViewportCommand::Close);
        }
    }

    /// After a loss nothing may ask for the GPU.
    pub(super) fn go_on_on_cpu(&mut self) {
        if self.decloud.device == Choice::Gpu {
            self.decloud.device = Choice::Auto;
        }
        self.device = Summary { backend: "flex".into(), adapter: "CPU".into(), software: false };
    }

    /// A job failed: where the reason is a lost GPU, the next one computes on the CPU.
    pub(super) fn job_failed(&mut self, words: String) {
        if compute::lost().is_some() && self.device.backend == "wgpu" {
            self.go_on_on_cpu();
            self.save_session(true);
        }
        self.messages.error(words);
    }

    /// Chooses where networks compute; the answer comes when the device was opened.
    pub(super) fn choose_device(&mut self, choice: Choice) {
        self.decloud.device = choice;
        self.touch();
        self.away(move || Arrival::Device {
            choice,
            opened: compute::open(choice).map(|compute| compute.summary).map_err(|error| error.to_string()),
        });
    }

    pub(super) fn device_opened(&mut self, choice: Choice, opened: Result<Summary, String>) {
        match opened {
            Ok(summary) => {
                self.messages.info(format!("The next job computes on {summary}."));
                self.device = summary;
            }
            Err(words) => {
                self.messages.error(words);
                if self.decloud.device == choice {
                    self.decloud.device = Choice::Auto;
                }
            }
        }
    }

    /// Whether the device that draws was lost.
    #[must_use]
    pub fn is_device_lost(&self) -> bool {
        self.drawing.lost
    }

    /// Tells that the window closed because of a loss.
    pub(super) fn was_lost(loss: &Loss) -> Option<String> {
        loss.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }
}
