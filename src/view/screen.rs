//! Rectangles among egui's shapes, each coloured by a shader: what maps and sweep sheets share.

mod callback;
mod errors;

use eframe::wgpu;

pub(super) use callback::{Painted, callback};
pub(super) use errors::{checked, filled};

/// What every shader ends with.
const SCREEN: &str = include_str!("../../shaders/screen.wgsl");

/// A pipeline of rectangles over what egui draws, and the layout of its only bind group.
#[derive(Debug)]
pub(super) struct Rectangles {
    name: &'static str,
    render: wgpu::RenderPipeline,
    layout: wgpu::BindGroupLayout,
}

/// Rectangles made ready for one screen, in the order in which they are drawn. Keeps alive what they show.
#[derive(Debug)]
pub struct Prepared {
    screen_px: [u32; 2],
    groups: Vec<wgpu::BindGroup>,
}

impl Prepared {
    pub(super) const fn new(screen_px: [u32; 2], groups: Vec<wgpu::BindGroup>) -> Self {
        Self { screen_px, groups }
    }
}

impl Rectangles {
    /// A pipeline onto colour targets of the format `target`, without depth and without multisampling: what eframe
    /// opens unless told otherwise. `shader` is what stands before `shaders/screen.wgsl`; `bindings` are numbered
    /// from 0, and uniforms are seen by both stages. To be called within [`checked`].
    pub(super) fn new(
        device: &wgpu::Device,
        (name, shader): (&'static str, &str),
        bindings: &[wgpu::BindingType],
        target: wgpu::TextureFormat,
    ) -> Self {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(name),
            source: wgpu::ShaderSource::Wgsl(format!("{shader}\n{SCREEN}").into()),
        });
        let entries: Vec<_> = (0..).zip(bindings).map(|(binding, &ty)| entry(binding, ty)).collect();
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some(name),
            entries: &entries,
        });
        let render = pipeline(device, (name, &module), &layout, target);
        Self { name, render, layout }
    }

    /// The bindings of one rectangle, in their order. To be called within [`checked`].
    pub(super) fn group<'r>(
        &self,
        device: &wgpu::Device,
        resources: impl IntoIterator<Item = wgpu::BindingResource<'r>>,
    ) -> wgpu::BindGroup {
        let entries: Vec<_> = (0..)
            .zip(resources)
            .map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource })
            .collect();
        device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(self.name),
            layout: &self.layout,
            entries: &entries,
        })
    }

    /// Draws into a pass of the pipeline's format. Sets the viewport to the whole screen and leaves the scissor as
    /// it is.
    pub(super) fn encode(&self, prepared: &Prepared, pass: &mut wgpu::RenderPass<'_>) {
        let [width, height] = prepared.screen_px.map(|side| side as f32);
        if prepared.groups.is_empty() || width == 0.0 || height == 0.0 {
            return;
        }
        pass.set_viewport(0.0, 0.0, width, height, 0.0, 1.0);
        pass.set_pipeline(&self.render);
        for group in &prepared.groups {
            pass.set_bind_group(0, group, &[]);
            pass.draw(0..4, 0..1);
        }
    }
}

fn entry(binding: u32, ty: wgpu::BindingType) -> wgpu::BindGroupLayoutEntry {
    let is_uniform = matches!(ty, wgpu::BindingType::Buffer { ty: wgpu::BufferBindingType::Uniform, .. });
    // Not every adapter lets vertices see storage.
    let visibility =
        if is_uniform { wgpu::ShaderStages::VERTEX_FRAGMENT } else { wgpu::ShaderStages::FRAGMENT };
    wgpu::BindGroupLayoutEntry { binding, visibility, ty, count: None }
}

fn pipeline(
    device: &wgpu::Device,
    (name, module): (&str, &wgpu::ShaderModule),
    layout: &wgpu::BindGroupLayout,
    target: wgpu::TextureFormat,
) -> wgpu::RenderPipeline {
    let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(name),
        bind_group_layouts: &[Some(layout)],
        immediate_size: 0,
    });
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some(name),
        layout: Some(&pipeline_layout),
        vertex: wgpu::VertexState {
            module,
            entry_point: Some("vs_main"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[],
        },
        primitive: wgpu::PrimitiveState {
            topology: wgpu::PrimitiveTopology::TriangleStrip,
            ..wgpu::PrimitiveState::default()
        },
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module,
            // egui chooses its own entry point by the same rule.
            entry_point: Some(if target.is_srgb() { "fs_linear" } else { "fs_gamma" }),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(wgpu::ColorTargetState {
                format: target,
                blend: Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
                write_mask: wgpu::ColorWrites::ALL,
            })],
        }),
        multiview_mask: None,
        cache: None,
    })
}
