//! Whether the device that draws is still there.
//!
//! wgpu tells of a lost device by a callback that belongs to one listener only, and on a shared device that
//! is Burn. Mapping a small buffer tells everybody: it fails on a lost device, and only there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use eframe::wgpu;

const RESTING: u8 = 0;
const ASKED: u8 = 1;
const MAPPED: u8 = 2;
const LOST: u8 = 3;

/// Asks a device for a sign of life.
#[derive(Debug)]
pub struct DeviceWatch {
    device: wgpu::Device,
    buffer: wgpu::Buffer,
    state: Arc<AtomicU8>,
}

impl DeviceWatch {
    /// Watches a device.
    #[must_use]
    pub fn new(device: &wgpu::Device) -> Self {
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("sign of life"),
            size: 16,
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Self { device: device.clone(), buffer, state: Arc::new(AtomicU8::new(RESTING)) }
    }

    /// Whether the device is gone. Never waits: a loss may show one call later.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        if self.state.load(Ordering::SeqCst) == RESTING {
            self.state.store(ASKED, Ordering::SeqCst);
            let state = self.state.clone();
            self.buffer.map_async(wgpu::MapMode::Read, .., move |answer| {
                state.store(if answer.is_ok() { MAPPED } else { LOST }, Ordering::SeqCst);
            });
        }
        // A device that cannot even be asked answers with an error, which the state has already.
        let _ = self.device.poll(wgpu::PollType::Poll);
        if self.state.load(Ordering::SeqCst) == MAPPED {
            self.buffer.unmap();
            self.state.store(RESTING, Ordering::SeqCst);
        }
        self.state.load(Ordering::SeqCst) == LOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::screen::answered;

    #[test]
    fn a_destroyed_device_is_noticed_and_a_living_one_is_not() {
        let instance = wgpu::Instance::default();
        let asked = instance.request_adapter(&wgpu::RequestAdapterOptions::default());
        let Some(Ok(adapter)) = answered(asked) else {
            eprintln!("skipped: no graphics adapter");
            return;
        };
        let asked = answered(adapter.request_device(&wgpu::DeviceDescriptor::default()));
        let (device, _queue) = asked.expect("at once").expect("a device");
        let watch = DeviceWatch::new(&device);
        assert!((0..5).all(|_| !watch.is_lost()));
        device.destroy();
        assert!((0..5).any(|_| watch.is_lost()));
        assert!(watch.is_lost(), "what is lost stays lost");
    }
}
