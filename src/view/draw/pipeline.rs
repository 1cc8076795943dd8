//! The pipeline of `shaders/map.wgsl`.

use std::num::NonZeroU64;

use eframe::wgpu;

use super::uniforms::{FRAME_BYTES, TILE_BYTES};

/// The render pipeline and the layout of its only bind group.
#[derive(Debug)]
pub(super) struct Pipeline {
    pub render: wgpu::RenderPipeline,
    pub layout: wgpu::BindGroupLayout,
}

impl Pipeline {
    /// To be called within an error scope.
    pub(super) fn new(device: &wgpu::Device, target: wgpu::TextureFormat) -> Self {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("map"),
            source: wgpu::ShaderSource::Wgsl(include_str!("../../../shaders/map.wgsl").into()),
        });
        let layout = layout(device);
        let render = quad(device, ("map", &module), &layout, target);
        Self { render, layout }
    }
}

/// A pipeline of rectangles over what egui draws, from the entry points `vs_main` and `fs_gamma` or `fs_linear` of a named
/// shader. To be called within an error scope.
pub(in crate::view) fn quad(
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

/// Two uniforms, six bands, one overlay.
fn layout(device: &wgpu::Device) -> wgpu::BindGroupLayout {
    let uniform = |bytes: usize| wgpu::BindingType::Buffer {
        ty: wgpu::BufferBindingType::Uniform,
        has_dynamic_offset: false,
        min_binding_size: NonZeroU64::new(bytes as u64),
    };
    let texture = |sample_type| wgpu::BindingType::Texture {
        sample_type,
        view_dimension: wgpu::TextureViewDimension::D2,
        multisampled: false,
    };
    let mut types = vec![uniform(FRAME_BYTES), uniform(TILE_BYTES)];
    types.extend([texture(wgpu::TextureSampleType::Float { filterable: false }); 6]);
    types.push(texture(wgpu::TextureSampleType::Uint));
    let entries: Vec<_> = (0..)
        .zip(types)
        .map(|(binding, ty)| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::VERTEX_FRAGMENT,
            ty,
            count: None,
        })
        .collect();
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("map tile"),
        entries: &entries,
    })
}
