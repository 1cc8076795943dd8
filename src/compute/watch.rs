//! Whether a graphics device is still there.
//!
//! wgpu tells of a loss once, to one listener, and answers every later call as if all were well. cubecl listens on the
//! device it opens; whoever watches that device takes its place, and takes over what it does with errors too.

use std::sync::{Arc, OnceLock};

use super::fault::caught;

/// Hears of the loss of a device.
#[derive(Debug, Clone)]
pub struct Watch {
    device: wgpu::Device,
    reason: Arc<OnceLock<String>>,
}

impl Watch {
    /// Listens to a device from now on, in the place of whoever did before. Errors that nobody catches are panics,
    /// as is usual with wgpu, but for those of a device that is gone: they follow from the loss.
    #[must_use]
    pub fn over(device: &wgpu::Device) -> Self {
        let reason = Arc::new(OnceLock::new());
        let told = reason.clone();
        // wgpu may call from within any of its functions: nothing here takes a lock or asks the device.
        device.set_device_lost_callback(move |kind, message| {
            let message = message.trim();
            let words = match (kind, message) {
                (wgpu::DeviceLostReason::Destroyed, "") => "it was destroyed".to_owned(),
                (_, "") => "its driver gives no reason".to_owned(),
                (_, words) => words.to_owned(),
            };
            tracing::error!("the graphics device was lost: {words}");
            // The first reason is the one that counts.
            let _ = told.set(words);
        });
        let known = reason.clone();
        device.on_uncaptured_error(Arc::new(move |error| uncaught(known.get().is_some(), &error)));
        Self { device: device.clone(), reason }
    }

    /// Why the device is gone; none while it is there. Never waits.
    #[must_use]
    pub fn lost(&self) -> Option<&str> {
        if self.reason.get().is_none() {
            // A device that was destroyed tells when it is polled. One whose driver gave up tells in whatever call meets
            // that first, and wgpu panics where that is this one.
            let _ = caught(|| self.device.poll(wgpu::PollType::Poll));
        }
        self.reason.get().map(String::as_str)
    }
}

/// What becomes of an error that nobody catches.
fn uncaught(lost: bool, error: &wgpu::Error) {
    assert!(lost, "wgpu error: {error}");
    tracing::debug!("after the loss of the device: {error}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered<T>(future: impl Future<Output = T>) -> Option<T> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match std::pin::pin!(future).poll(&mut context) {
            std::task::Poll::Ready(answer) => Some(answer),
            std::task::Poll::Pending => None,
        }
    }

    #[test]
    fn a_destroyed_device_is_noticed_and_a_living_one_is_not() {
        let instance = wgpu::Instance::default();
        let asked = instance.request_adapter(&wgpu::RequestAdapterOptions::default());
        let Some(Ok(adapter)) = answered(asked) else {
            eprintln!("skipped: no graphics adapter");
            return;
        };
        let asked = answered(adapter.request_device(&wgpu::DeviceDescriptor::default()));
        let (device, queue) = asked.expect("at once").expect("a device");
        let watch = Watch::over(&device);
        assert_eq!((0..5).find_map(|_| watch.lost()), None);
        let buffer = |size| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: None,
                size,
                usage: wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        };
        let misused = || queue.write_buffer(&buffer(4), 0, &[0; 8]);
        assert!(caught(misused).is_err(), "an error on a living device is a fault");
        device.destroy();
        assert_eq!(watch.lost(), Some("it was destroyed"));
        assert_eq!(watch.clone().lost(), Some("it was destroyed"), "what is lost stays lost");
        assert_eq!(caught(misused), Ok(()), "what follows from a loss is none");
    }
}
