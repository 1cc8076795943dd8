//! What wgpu complains of, as words.

use eframe::wgpu;

/// Runs `make` inside error scopes. Without them wgpu's complaint would go to Burn's handler on a
/// shared device, which panics.
pub(in crate::view) fn checked<T>(device: &wgpu::Device, make: impl FnOnce() -> T) -> Result<T, String> {
    let filters =
        [wgpu::ErrorFilter::OutOfMemory, wgpu::ErrorFilter::Internal, wgpu::ErrorFilter::Validation];
    let scopes = filters.map(|filter| device.push_error_scope(filter));
    let made = make();
    // Scopes are popped in reverse order, all of them.
    let errors: Vec<_> = scopes.into_iter().rev().filter_map(|scope| answered(scope.pop())).collect();
    match errors.into_iter().flatten().next() {
        Some(error) => Err(error.to_string()),
        None => Ok(made),
    }
}

/// The answer of a future that is ready at once, as those of error scopes are off the web.
fn answered<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(answer) => Some(answer),
        std::task::Poll::Pending => None,
    }
}

/// A buffer with contents, whole words. wgpu's own helper maps the buffer, and panics where the device was lost. To
/// be called within [`checked`].
pub(in crate::view) fn filled(
    (device, queue): (&wgpu::Device, &wgpu::Queue),
    name: &str,
    usage: wgpu::BufferUsages,
    bytes: &[u8],
) -> wgpu::Buffer {
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(name),
        size: bytes.len() as u64,
        usage: usage | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    queue.write_buffer(&buffer, 0, bytes);
    buffer
}
