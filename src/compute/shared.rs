//! A tensor's own memory, for a window that draws with the same device.
//!
//! Numbers that Burn computed on the window's device are drawn where they lie: they are neither read back
//! nor uploaded. Who draws needs to know nothing of Burn.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use burn::backend::Wgpu;
use burn::tensor::{DType, Tensor};
use burn_cubecl::cubecl::wgpu::{AutoCompiler, WgpuServer};
use burn_cubecl::kernel::untile;

use super::{Compute, Fault};

/// What a window draws with. wgpu numbers devices anew in every instance, so a device alone says little.
#[derive(Debug, Clone, PartialEq)]
pub struct Canvas {
    /// The instance the device was opened in.
    pub instance: wgpu::Instance,
    /// The device.
    pub device: wgpu::Device,
    /// Its queue.
    pub queue: wgpu::Queue,
}

/// The numbers of a tensor of four axes, f32, where they lie on a GPU. The memory stays theirs until the last
/// clone is dropped, on whatever thread.
#[derive(Clone)]
pub struct Shared {
    /// What the buffer belongs to.
    pub canvas: Canvas,
    /// A buffer that many tensors may lie in.
    pub buffer: wgpu::Buffer,
    /// Where the first number lies in it, in bytes: a multiple of 4.
    pub offset: u64,
    /// Bytes from there on that are the tensor's.
    pub size: u64,
    /// Numbers along each axis.
    pub shape: [usize; 4],
    /// Numbers from one place along each axis to the next.
    pub strides: [usize; 4],
    /// Holds the memory: the pool that it comes from gives it to nobody else meanwhile.
    _owner: Arc<dyn Any + Send + Sync>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, size, shape, strides, .. } = self;
        write!(f, "Shared {{ {shape:?} by {strides:?}, {size} bytes from {offset} }}")
    }
}

impl Compute {
    /// What a window can draw with to show tensors where they lie; none where Burn computes on the CPU.
    #[must_use]
    pub fn canvas(&self) -> Option<Canvas> {
        let setup = self.setup.clone()?;
        Some(Canvas { instance: setup.instance, device: setup.device, queue: setup.queue })
    }

    /// The memory of a tensor on the GPU, with the work that makes it submitted to the device's queue: whatever is
    /// submitted there afterwards sees it done. To be called within [`Compute::attempt`].
    ///
    /// # Errors
    /// [`Fault`] where the memory was never written, as by a kernel that failed; and where the tensor is not of
    /// this device, of other numbers than f32, or tracked for gradients, which is a fault of the program.
    pub fn share(&self, tensor: Tensor<4>) -> Result<Shared, Fault> {
        let unfit = |words: String| Fault::Panic(format!("a tensor cannot be drawn where it lies: {words}"));
        let canvas = self.canvas().ok_or_else(|| unfit("it is computed on the CPU".into()))?;
        let tensor = tensor.try_into_primitive::<Wgpu>().map_err(|error| unfit(format!("{error:?}")))?;
        let tensor = untile(tensor);
        if tensor.dtype != DType::F32 {
            return Err(unfit(format!("its numbers are {:?}", tensor.dtype)));
        }
        let axes = |numbers: &[usize]| [0, 1, 2, 3].map(|axis| numbers[axis]);
        let (shape, strides) = (axes(tensor.meta.shape()), axes(tensor.meta.strides()));
        let memory = tensor
            .client
            .get_resource::<WgpuServer<AutoCompiler>>(tensor.handle.clone())
            .map_err(|error| Fault::of_words(&error.to_string()))?;
        let place = memory.resource();
        let (buffer, offset, size) = (place.buffer.clone(), place.offset, place.size);
        // The memory alone would let another holder of the tensor change it in place.
        Ok(Shared { canvas, buffer, offset, size, shape, strides, _owner: Arc::new((memory, tensor)) })
    }
}
