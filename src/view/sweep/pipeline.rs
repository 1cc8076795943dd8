//! The pipeline of `shaders/sweep.wgsl`.

use std::num::NonZeroU64;

use eframe::wgpu;

use super::SweepLook;
use crate::compute::{Canvas, Shared};
use crate::view::screen::{Prepared, Rectangles, checked, filled};
use crate::view::shade::NODATA;

/// Numbers of a sheet on the GPU: uploaded, or where they were computed.
#[derive(Debug)]
pub struct SweepBuffer {
    buffer: wgpu::Buffer,
    /// What of it is bound, in bytes.
    bound: std::ops::Range<u64>,
    /// Numbers bound before the sheet's own.
    before: usize,
    /// Whose memory it is, where it is not our own; kept as long as it may be drawn.
    owner: Option<Shared>,
}

impl SweepBuffer {
    /// Whether the numbers lie where they were computed.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        self.owner.is_some()
    }

    fn binding(&self) -> wgpu::BindingResource<'_> {
        wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: &self.buffer,
            offset: self.bound.start,
            size: NonZeroU64::new(self.bound.end - self.bound.start),
        })
    }
}

/// Pipeline of one window.
#[derive(Debug)]
pub struct SweepRenderer {
    canvas: Canvas,
    rectangles: Rectangles,
}

/// Words of the struct `Sheet`.
const WORDS: usize = 28;

/// The sheet's look, and its numbers.
const BINDINGS: [wgpu::BindingType; 2] =
    [buffer(wgpu::BufferBindingType::Uniform), buffer(wgpu::BufferBindingType::Storage { read_only: true })];

const fn buffer(ty: wgpu::BufferBindingType) -> wgpu::BindingType {
    wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None }
}

impl SweepRenderer {
    /// A pipeline onto colour targets of the format `target`.
    ///
    /// # Errors
    /// The words of wgpu where shader or pipeline are refused.
    pub fn new(canvas: Canvas, target: wgpu::TextureFormat) -> Result<Self, String> {
        let shader = ("sweep", include_str!("../../../shaders/sweep.wgsl"));
        let rectangles =
            checked(&canvas.device, || Rectangles::new(&canvas.device, shader, &BINDINGS, target))?;
        Ok(Self { canvas, rectangles })
    }

    /// Numbers on the GPU; what is not finite becomes nodata.
    ///
    /// # Errors
    /// Where there is none, or they are more than the device binds at once.
    pub fn upload(&self, values: &[f32]) -> Result<SweepBuffer, String> {
        let bytes = size_of_val(values) as u64;
        self.check(bytes)?;
        let finite: Vec<f32> =
            values.iter().map(|&value| if value.is_finite() { value } else { NODATA }).collect();
        let buffer = checked(&self.canvas.device, || {
            filled(self.lent(), "sweep", wgpu::BufferUsages::STORAGE, bytemuck::cast_slice(&finite))
        })?;
        Ok(SweepBuffer { buffer, bound: 0..bytes, before: 0, owner: None })
    }

    /// Numbers that were computed on this device, where they lie; none of them is copied. They must be finite, with
    /// what is not measured beyond ±10⁸, and the look's strides theirs.
    ///
    /// # Errors
    /// Where they lie on another device, or are more than the device binds at once.
    pub fn bind(&self, values: Shared) -> Result<SweepBuffer, String> {
        if values.canvas != self.canvas {
            return Err("the sheet was computed on another device than the window draws with".into());
        }
        // A binding begins at a multiple of so many bytes; what lies before the numbers is skipped in the shader.
        let alignment = u64::from(self.canvas.device.limits().min_storage_buffer_offset_alignment);
        let start = values.offset / alignment * alignment;
        let end = values.offset + values.size.next_multiple_of(4);
        self.check(end - start)?;
        let before = ((values.offset - start) / 4) as usize;
        Ok(SweepBuffer { buffer: values.buffer.clone(), bound: start..end, before, owner: Some(values) })
    }

    const fn lent(&self) -> (&wgpu::Device, &wgpu::Queue) {
        (&self.canvas.device, &self.canvas.queue)
    }

    fn check(&self, bytes: u64) -> Result<(), String> {
        let limit = self.canvas.device.limits().max_storage_buffer_binding_size;
        if (4..=limit).contains(&bytes) {
            return Ok(());
        }
        Err(format!("a sheet of {bytes} bytes; the graphics adapter takes 4 to {limit}"))
    }

    /// What it draws with.
    #[must_use]
    pub const fn canvas(&self) -> &Canvas {
        &self.canvas
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
    ) -> Result<Prepared, String> {
        let words = words(screen_px, place_px, look, values.before);
        let group = checked(&self.canvas.device, || {
            let bytes = bytemuck::cast_slice(&words);
            let uniform = filled(self.lent(), "sweep look", wgpu::BufferUsages::UNIFORM, bytes);
            self.rectangles.group(&self.canvas.device, [uniform.as_entire_binding(), values.binding()])
        })?;
        Ok(Prepared::new(screen_px, vec![group]))
    }

    /// Draws a prepared sheet. Sets the viewport to the whole screen and leaves the scissor as it is.
    pub fn encode(&self, prepared: &Prepared, pass: &mut wgpu::RenderPass<'_>) {
        self.rectangles.encode(prepared, pass);
    }
}

/// The struct `Sheet` of the shader; `before` numbers are bound before the sheet's own.
fn words(screen_px: [u32; 2], place_px: [f32; 4], look: &SweepLook, before: usize) -> [u32; WORDS] {
    let mut words = [0; WORDS];
    let ([lr, lg, lb], [wr, wg, wb]) = (look.lo, look.ramp());
    let floats = [lr, lg, lb, 1.0 / look.gamma, wr, wg, wb, look.gap_px];
    let floats = place_px.into_iter().chain(floats).chain(screen_px.map(|side| side as f32));
    let [red, green, blue] = look.channels;
    let whole = [look.columns, look.rows, red, green, blue, look.cells]
        .into_iter()
        .chain(look.strides)
        .chain([look.width, look.height, before + look.offset, 0]);
    let all = floats.map(f32::to_bits).chain(whole.map(|number| number as u32));
    for (word, value) in words.iter_mut().zip(all) {
        *word = value;
    }
    words
}
