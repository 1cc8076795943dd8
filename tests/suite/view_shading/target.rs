//! A picture on the GPU that can be read.

use declouder::compute::Canvas;
use eframe::wgpu;

/// Size of the picture drawn on; a row must be a multiple of 256 bytes.
pub const SCREEN: [u32; 2] = [192, 128];

/// A device, or `None` (with a word on the terminal) where no adapter answers.
pub fn device() -> Option<(wgpu::Device, wgpu::Queue)> {
    canvas().map(|canvas| (canvas.device, canvas.queue))
}

/// The same with its instance.
pub fn canvas() -> Option<Canvas> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: wgpu::Backends::PRIMARY,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    match wait(instance.request_adapter(&wgpu::RequestAdapterOptions::default())) {
        Ok(adapter) => {
            let (device, queue) = wait(adapter.request_device(&wgpu::DeviceDescriptor::default())).unwrap();
            Some(Canvas { instance, device, queue })
        }
        Err(error) => {
            eprintln!("skipped: no graphics adapter ({error})");
            None
        }
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(answer) = future.as_mut().poll(&mut context) {
            return answer;
        }
        std::thread::yield_now();
    }
}

/// A picture on the GPU that can be read.
pub struct Target {
    device: wgpu::Device,
    queue: wgpu::Queue,
    texture: wgpu::Texture,
}

impl Target {
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue, format: wgpu::TextureFormat) -> Self {
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: None,
            size: wgpu::Extent3d { width: SCREEN[0], height: SCREEN[1], depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        Self { device: device.clone(), queue: queue.clone(), texture }
    }

    /// What `draw` draws on a transparent picture, row by row.
    pub fn pixels(
        &self,
        mut encoder: wgpu::CommandEncoder,
        draw: impl FnOnce(&mut wgpu::RenderPass<'static>),
    ) -> Vec<[u8; 4]> {
        let view = self.texture.create_view(&wgpu::TextureViewDescriptor::default());
        let attachment = wgpu::RenderPassColorAttachment {
            view: &view,
            depth_slice: None,
            resolve_target: None,
            ops: wgpu::Operations {
                load: wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT),
                store: wgpu::StoreOp::Store,
            },
        };
        let descriptor = wgpu::RenderPassDescriptor {
            color_attachments: &[Some(attachment)],
            ..wgpu::RenderPassDescriptor::default()
        };
        draw(&mut encoder.begin_render_pass(&descriptor).forget_lifetime());
        let bytes_per_row = SCREEN[0] * 4;
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: u64::from(bytes_per_row * SCREEN[1]),
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        encoder.copy_texture_to_buffer(
            self.texture.as_image_copy(),
            wgpu::TexelCopyBufferInfo {
                buffer: &buffer,
                layout: wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: Some(bytes_per_row),
                    rows_per_image: None,
                },
            },
            self.texture.size(),
        );
        self.queue.submit([encoder.finish()]);
        buffer.map_async(wgpu::MapMode::Read, .., |mapped| mapped.unwrap());
        self.device.poll(wgpu::PollType::wait_indefinitely()).unwrap();
        buffer.get_mapped_range(..).unwrap().as_chunks::<4>().0.to_vec()
    }

    pub fn encoder(&self) -> wgpu::CommandEncoder {
        self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default())
    }
}

/// A shader of `shaders/` is valid with no capability beyond `WebGPU`'s own, since it must run everywhere, and has the
/// entry points that egui's two kinds of targets need.
pub fn assert_valid(shader: &str) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders");
    // As the window puts them together.
    let parts = [shader, "screen.wgsl"].map(|part| std::fs::read_to_string(folder.join(part)).unwrap());
    let text = parts.join("\n");
    let module = naga::front::wgsl::parse_str(&text).unwrap_or_else(|error| panic!("{error}"));
    let flags = naga::valid::ValidationFlags::all();
    let mut validator = naga::valid::Validator::new(flags, naga::valid::Capabilities::empty());
    validator.validate(&module).unwrap_or_else(|error| panic!("{}", error.emit_to_string(&text)));
    let names: Vec<_> = module.entry_points.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["vs_main", "fs_gamma", "fs_linear"]);
}
