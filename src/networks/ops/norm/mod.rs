//! Channel norm, modulation and leaky ReLU in one pass over memory.
//!
//! Pixels are taken in blocks of rows that fit the first-level cache with all their channels; x, the
//! gradient and the result are each touched once. Between them everything happens in a buffer of
//! whole vectors ([`block`]).

#![allow(
    clippy::inline_always,
    reason = "what is not inlined into the dispatched function is compiled for the oldest processor"
)]
#![allow(
    clippy::needless_range_loop,
    reason = "chains of iterators over small arrays do not stay in registers at opt-level 1"
)]

mod backward;
mod block;
mod forward;

pub use backward::backward;
pub use forward::forward;

/// Values of a block of x: half of a first-level cache of 32 KiB or more.
const BLOCK_VALUES: usize = 8 * 1024;

/// Pieces of work that a batch is cut into where it is large enough, so that all processors have some.
const LEAST_PIECES: usize = 8;

/// What does not change over an image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Constants {
    /// Added to the mean square before its root.
    pub epsilon: f32,
    /// Slope of the leaky ReLU below 0.
    pub slope: f32,
}

/// Sizes of x, `[N, C, H, W]`, and of its modulation, `[N, 2C, h, w]` with `H / h` and `W / w` whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    images: usize,
    channels: usize,
    /// Rows and columns of x.
    size: [usize; 2],
    /// Rows and columns of the modulation.
    map: [usize; 2],
}

impl Sizes {
    /// # Panics
    /// When the sizes do not fit each other.
    pub fn new(x: [usize; 4], modulation: [usize; 4]) -> Self {
        let [images, channels, height, width] = x;
        let [_, _, rows, columns] = modulation;
        assert!(
            modulation[..2] == [images, 2 * channels]
                && height.is_multiple_of(rows)
                && width.is_multiple_of(columns),
            "norm_leaky: x is {x:?}, so its modulation has to be [{images}, {}, h, w] with h and w dividing \
             {height} and {width}, not {modulation:?}",
            2 * channels
        );
        Self { images, channels, size: [height, width], map: [rows, columns] }
    }

    /// Pixels of an image of x.
    fn pixels(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// Rows and columns of x that share a value of the modulation.
    fn factor(&self) -> [usize; 2] {
        [self.size[0] / self.map[0], self.size[1] / self.map[1]]
    }

    /// Rows of a block.
    fn block_rows(&self) -> usize {
        (BLOCK_VALUES / (self.channels * self.size[1])).clamp(1, self.size[0])
    }

    /// Rows of a piece, a multiple of those that share a value of the modulation.
    fn piece_rows(&self) -> usize {
        let rows = (self.size[0] * self.images).div_ceil(LEAST_PIECES);
        rows.next_multiple_of(self.factor()[0]).clamp(1, self.size[0])
    }

    /// Pieces of an image.
    fn pieces(&self) -> usize {
        self.size[0].div_ceil(self.piece_rows())
    }
}
