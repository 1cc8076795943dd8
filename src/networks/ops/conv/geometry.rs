//! The sizes of one convolution.

/// Sizes of a convolution of stride 1 with zero padding; pairs are rows and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// Images in the batch.
    pub images: usize,
    /// Channels of the input.
    pub inputs: usize,
    /// Channels of the output.
    pub outputs: usize,
    /// Size of the input image.
    pub size: [usize; 2],
    /// Size of the kernel.
    pub kernel: [usize; 2],
    /// Zeros around the image, on each side.
    pub padding: [usize; 2],
    /// Distance of the kernel's taps.
    pub dilation: usize,
}

impl Geometry {
    /// The sizes of a convolution of `x` (`[N, C, H, W]`) with `weight` (`[O, C, kh, kw]`).
    ///
    /// # Panics
    /// When the shapes do not fit each other, or the dilated kernel is larger than the padded image.
    pub fn new(x: [usize; 4], weight: [usize; 4], padding: usize, dilation: usize) -> Self {
        let [images, inputs, height, width] = x;
        let [outputs, channels, rows, columns] = weight;
        assert_eq!(inputs, channels, "conv2d: x has {inputs} channels, its kernel is for {channels}");
        let geometry = Self {
            images,
            inputs,
            outputs,
            size: [height, width],
            kernel: [rows, columns],
            padding: [padding; 2],
            dilation,
        };
        let reach = geometry.reach();
        assert!(
            reach[0] < height + 2 * padding && reach[1] < width + 2 * padding,
            "conv2d: a kernel of {rows}×{columns} (dilation {dilation}) is larger than an image of \
             {height}×{width} with a border of {padding}"
        );
        geometry
    }

    /// The convolution that takes the output's gradient to the input's.
    pub fn turned(&self) -> Self {
        let reach = self.reach();
        Self {
            inputs: self.outputs,
            outputs: self.inputs,
            size: self.out_size(),
            padding: [reach[0] - self.padding[0], reach[1] - self.padding[1]],
            ..*self
        }
    }

    /// Pixels between the kernel's first and last tap.
    pub fn reach(&self) -> [usize; 2] {
        self.kernel.map(|taps| self.dilation * (taps - 1))
    }

    /// Size of the output image.
    pub fn out_size(&self) -> [usize; 2] {
        let reach = self.reach();
        [0, 1].map(|axis| self.size[axis] + 2 * self.padding[axis] - reach[axis])
    }

    /// Taps of the kernel.
    pub fn taps(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }
}
