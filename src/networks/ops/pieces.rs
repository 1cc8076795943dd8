//! Results cut into pieces that threads write side by side.

/// Cuts a result `[N, channels, plane]` into pieces of `size` neighbouring values of every channel of an
/// image; the last of an image may be smaller. Piece `p` of image `n` stands at `n · ⌈plane / size⌉ + p`.
pub fn pieces(result: &mut [f32], channels: usize, plane: usize, size: usize) -> Vec<Vec<&mut [f32]>> {
    let mut pieces = Vec::new();
    for image in result.chunks_exact_mut(channels * plane) {
        let mut of_image: Vec<Vec<_>> = (0..plane.div_ceil(size)).map(|_| Vec::new()).collect();
        for channel in image.chunks_exact_mut(plane) {
            for (piece, values) in of_image.iter_mut().zip(channel.chunks_mut(size)) {
                piece.push(values);
            }
        }
        pieces.append(&mut of_image);
    }
    pieces
}
