//! Vectors of the processor at hand, through `pulp`: its widest are chosen when the program runs.

#![allow(
    clippy::inline_always,
    reason = "what is not inlined into the dispatched function is compiled for the oldest processor"
)]

use std::sync::LazyLock;

use pulp::{Arch, Simd, WithSimd};

/// The vectors that this processor offers.
static ARCH: LazyLock<Arch> = LazyLock::new(Arch::new);

/// Runs a kernel compiled for the processor at hand.
pub fn dispatch<K: WithSimd>(kernel: K) -> K::Output {
    ARCH.dispatch(kernel)
}

/// Values in one vector of the processor at hand.
pub fn lanes() -> usize {
    struct Lanes;
    impl WithSimd for Lanes {
        type Output = usize;
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> usize {
            S::F32_LANES
        }
    }
    dispatch(Lanes)
}

/// The vector that starts at an index.
#[inline(always)]
pub fn load<S: Simd>(values: &[f32], at: usize) -> S::f32s {
    S::as_simd_f32s(&values[at..at + S::F32_LANES]).0[0]
}

/// The sum of some values: lane by lane, then over lanes.
pub fn sum(values: &[f32]) -> f32 {
    const LANES: usize = 32;
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, value)| *lane += value);
    }
    lanes.iter().chain(rest).sum()
}
