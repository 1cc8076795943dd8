//! The pipeline of `shaders/sweep.wgsl`.

use eframe::wgpu;
use wgpu::util::DeviceExt as _;

use super::SweepLook;
use crate::view::draw::checked;
use crate::view::draw::pipeline::quad;
use crate::view::shade::NODATA;

/// Numbers of a sheet on the GPU.
#[derive(Debug)]
pub struct SweepBuffer {
    buffer: wgpu::Buffer,
}

/// Pipeline of one window.
#[derive(Debug)]
pub struct SweepRenderer {
    device: wgpu::Device,
    render: wgpu::RenderPipeline,
    layout: wgpu::BindGroupLayout,
}

/// A sheet made ready for one screen.
#[derive(Debug)]
pub struct PreparedSweep {
    screen_px: [u32; 2],
    group: wgpu::BindGroup,
}

/// Words of the struct `Sheet`.
const WORDS: usize = 28;

impl SweepRenderer {
    /// A pipeline onto colour targets of the format `target`.
    ///
    /// # Errors
    /// The words of wgpu where shader or pipeline are refused.
    pub fn new(device: &wgpu::Device, target: wgpu::TextureFormat) -> Result<Self, String> {
        let (render, layout) = checked(device, || pipeline(device, target))?;
        Ok(Self { device: device.clone(), render, layout })
    }

    /// Numbers on the GPU; what is not finite becomes nodata.
    ///
    /// # Errors
    /// Where there is none, or they are more than the device binds at once.
    pub fn upload(&self, values: &[f32]) -> Result<SweepBuffer, String> {
        let limit = self.device.limits().max_storage_buffer_binding_size;
        let bytes = size_of_val(values) as u64;
        if values.is_empty() || bytes > limit {
            return Err(format!("a sheet of {bytes} bytes; the graphics adapter takes 4 to {limit}"));
        }
        let finite: Vec<f32> =
            values.iter().map(|&value| if value.is_finite() { value } else { NODATA }).collect();
        let buffer = checked(&self.device, || {
            self.device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
                label: Some("sweep"),
                contents: bytemuck::cast_slice(&finite),
                usage: wgpu::BufferUsages::STORAGE,
            })
        })?;
        Ok(SweepBuffer { buffer })
    }

    /// The uniforms and bindings of a sheet that lies at `place_px` (x0 y0 x1 y1) of a screen.
    ///
    /// # Errors
    /// The words of wgpu, as where the buffer belongs to a device that was lost.
    pub fn prepare(
        &self,
        screen_px: [u32; 2],
        place_px: [f32; 4],
        look: &SweepLook,
        values: &SweepBuffer,
    ) -> Result<PreparedSweep, String> {
        let words = words(screen_px, place_px, look);
        let group = checked(&self.device, || {
            let uniform = self.device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
                label: Some("sweep look"),
                contents: bytemuck::cast_slice(&words),
                usage: wgpu::BufferUsages::UNIFORM,
            });
            self.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some("sweep"),
                layout: &self.layout,
                entries: &[
                    wgpu::BindGroupEntry { binding: 0, resource: uniform.as_entire_binding() },
                    wgpu::BindGroupEntry { binding: 1, resource: values.buffer.as_entire_binding() },
                ],
            })
        })?;
        Ok(PreparedSweep { screen_px, group })
    }

    /// Draws a prepared sheet. Sets the viewport to the whole screen and leaves the scissor as it is.
    pub fn encode(&self, prepared: &PreparedSweep, pass: &mut wgpu::RenderPass<'_>) {
        let [width, height] = prepared.screen_px.map(|side| side as f32);
        if width == 0.0 || height == 0.0 {
            return;
        }
        pass.set_viewport(0.0, 0.0, width, height, 0.0, 1.0);
        pass.set_pipeline(&self.render);
        pass.set_bind_group(0, &prepared.group, &[]);
        pass.draw(0..4, 0..1);
    }
}

/// The struct `Sheet` of the shader.
fn words(screen_px: [u32; 2], place_px: [f32; 4], look: &SweepLook) -> [u32; WORDS] {
    let mut words = [0; WORDS];
    let ([lr, lg, lb], [wr, wg, wb]) = (look.lo, look.ramp());
    let floats = [lr, lg, lb, 1.0 / look.gamma, wr, wg, wb, look.gap_px];
    let floats = place_px.into_iter().chain(floats).chain(screen_px.map(|side| side as f32));
    let [red, green, blue] = look.channels;
    let whole = [look.columns, look.rows, red, green, blue, look.cells]
        .into_iter()
        .chain(look.strides)
        .chain([look.width, look.height, look.offset, 0]);
    let all = floats.map(f32::to_bits).chain(whole.map(|number| number as u32));
    for (word, value) in words.iter_mut().zip(all) {
        *word = value;
    }
    words
}

fn pipeline(
    device: &wgpu::Device,
    target: wgpu::TextureFormat,
) -> (wgpu::RenderPipeline, wgpu::BindGroupLayout) {
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("sweep"),
        source: wgpu::ShaderSource::Wgsl(include_str!("../../../shaders/sweep.wgsl").into()),
    });
    let entry = |binding, ty| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::VERTEX_FRAGMENT,
        ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
        count: None,
    };
    let mut values = entry(1, wgpu::BufferBindingType::Storage { read_only: true });
    values.visibility = wgpu::ShaderStages::FRAGMENT;
    let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("sweep"),
        entries: &[entry(0, wgpu::BufferBindingType::Uniform), values],
    });
    let render = quad(device, ("sweep", &module), &layout, target);
    (render, layout)
}
