//! All randomness of the product: a counter-based generator keyed by (seed, step, purpose).
//!
//! A counter-based generator has no state to carry: number `n` of a stream is a function of the
//! key and `n` alone. A run that is killed and resumed, a scene cut into other tiles and a test
//! that repeats one step therefore all see the same numbers. The function is Philox4x32-10
//! (Salmon, Moraes, Dror, Shaw: *Parallel Random Numbers: As Easy as 1, 2, 3*, SC 2011); the
//! published test vectors are in this file's tests.

/// Multipliers of Philox4x32.
const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
/// Weyl increments of its key: the golden ratio and √3 − 1.
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
/// 2⁻²⁴.
const TWO_POW_MINUS_24: f32 = 1.0 / 16_777_216.0;
/// 2⁻⁵³.
const TWO_POW_MINUS_53: f64 = 1.0 / 9_007_199_254_740_992.0;

/// Philox4x32-10: 128 random bits for a counter of 128 bits under a key of 64.
#[inline]
#[must_use]
pub fn philox(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let [mut a, mut b, mut c, mut d] = counter;
    let [mut k, mut l] = key;
    for _ in 0..10 {
        let (high_a, low_a) = wide(MULTIPLIERS[0], a);
        let (high_c, low_c) = wide(MULTIPLIERS[1], c);
        (a, b, c, d) = (high_c ^ b ^ k, low_c, high_a ^ d ^ l, low_a);
        k = k.wrapping_add(WEYL[0]);
        l = l.wrapping_add(WEYL[1]);
    }
    [a, b, c, d]
}

/// High and low half of a 64-bit product.
#[inline]
fn wide(x: u32, y: u32) -> (u32, u32) {
    let product = u64::from(x) * u64::from(y);
    ((product >> 32) as u32, product as u32)
}

/// The key of a seed and a purpose: `SplitMix64`'s finaliser over the seed and the purpose's FNV-1a
/// hash, so that neighbouring seeds and similar names give unrelated keys.
#[must_use]
pub fn key(seed: u64, purpose: &str) -> [u32; 2] {
    let name = purpose.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    let mixed = mix(mix(seed.wrapping_add(0x9E37_79B9_7F4A_7C15)) ^ name);
    [mixed as u32, (mixed >> 32) as u32]
}

/// `SplitMix64`'s finaliser (Stafford's variant 13): 64 bits well mixed from 64, for hashes of places.
#[inline]
#[must_use]
pub fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number in [0, 1) from 32 random bits (24 of them are used).
#[inline]
#[must_use]
pub fn unit_f32(bits: u32) -> f32 {
    (bits >> 8) as f32 * TWO_POW_MINUS_24
}

/// A sequence of random numbers for one purpose in one step of a seeded piece of work.
///
/// The three together name the sequence; equal names give equal numbers, on every machine.
#[derive(Debug, Clone)]
pub struct Stream {
    key: [u32; 2],
    step: u64,
    /// The next block of four words.
    block: u64,
    words: [u32; 4],
    /// Words of the present block that were handed out.
    used: usize,
    /// The second number of Box and Muller's pair.
    spare: Option<f64>,
}

impl Stream {
    /// The stream of `purpose` ("latent", "augment/flip") in `step` under `seed`.
    #[must_use]
    pub fn new(seed: u64, step: u64, purpose: &str) -> Self {
        Self { key: key(seed, purpose), step, block: 0, words: [0; 4], used: 4, spare: None }
    }

    /// 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.used == 4 {
            let counter =
                [self.block as u32, (self.block >> 32) as u32, self.step as u32, (self.step >> 32) as u32];
            self.words = philox(counter, self.key);
            self.block = self.block.wrapping_add(1);
            self.used = 0;
        }
        let word = self.words[self.used];
        self.used += 1;
        word
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        let low = u64::from(self.next_u32());
        u64::from(self.next_u32()) << 32 | low
    }

    /// Uniform in [0, 1), in steps of 2⁻⁵³.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * TWO_POW_MINUS_53
    }

    /// Uniform in [0, 1) in single precision.
    pub fn uniform_f32(&mut self) -> f32 {
        unit_f32(self.next_u32())
    }

    /// Uniform in `low..high`; `low` where the two are equal.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// `true` with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// A whole number in `0..n` without bias (Lemire 2019); 0 where `n` is 0 or 1.
    pub fn below(&mut self, n: u64) -> u64 {
        if n <= 1 {
            return 0;
        }
        let threshold = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(n);
            if product as u64 >= threshold {
                return (product >> 64) as u64;
            }
        }
    }

    /// Standard normal (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        // 1 − u lies in (0, 1], so the logarithm is finite.
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * self.uniform()).sin_cos();
        self.spare = Some(radius * sin);
        radius * cos
    }

    /// Fills a slice with standard normal numbers.
    pub fn fill_normal(&mut self, values: &mut [f32]) {
        for value in values {
            *value = self.normal() as f32;
        }
    }

    /// Puts a slice into random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }

    /// An index drawn in proportion to weights (negative ones count as 0); none where all are 0.
    pub fn weighted(&mut self, weights: &[f64]) -> Option<usize> {
        let total: f64 = weights.iter().map(|weight| weight.max(0.0)).sum();
        let mut left = self.uniform() * total;
        let last = weights.iter().rposition(|&weight| weight > 0.0)?;
        for (index, weight) in weights.iter().enumerate() {
            left -= weight.max(0.0);
            if left < 0.0 {
                return Some(index);
            }
        }
        Some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `kat_vectors` of the Random123 distribution, "philox4x32 10".
    #[test]
    fn the_published_vectors_come_out() {
        let vectors = [
            ([0; 4], [0; 2], [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD]),
            (
                [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344],
                [0xA409_3822, 0x299F_31D0],
                [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1],
            ),
        ];
        for (counter, key, expected) in vectors {
            assert_eq!(philox(counter, key), expected);
        }
    }

    #[test]
    fn a_stream_is_named_by_seed_step_and_purpose() {
        let draw = |seed, step, purpose: &str| {
            let mut stream = Stream::new(seed, step, purpose);
            [stream.next_u64(), stream.next_u64(), stream.next_u64()]
        };
        assert_eq!(draw(1, 2, "latent"), draw(1, 2, "latent"));
        for other in [draw(2, 2, "latent"), draw(1, 3, "latent"), draw(1, 2, "noise"), draw(1, 2, "Latent")] {
            assert!(draw(1, 2, "latent").iter().zip(other).all(|(&a, b)| a != b));
        }
    }

    #[test]
    fn numbers_have_the_moments_of_their_law() {
        let mut stream = Stream::new(7, 0, "moments");
        let n = 100_000;
        let (mut mean, mut square, mut fourth, mut flat) = (0.0, 0.0, 0.0, 0.0);
        for _ in 0..n {
            let x = stream.normal();
            mean += x;
            square += x * x;
            fourth += x.powi(4);
            flat += stream.uniform();
        }
        let n = f64::from(n);
        // Five standard errors each.
        assert!((mean / n).abs() < 0.016);
        assert!((square / n - 1.0).abs() < 0.023);
        assert!((fourth / n - 3.0).abs() < 0.16);
        assert!((flat / n - 0.5).abs() < 0.005);
    }

    #[test]
    fn whole_numbers_are_even_and_stay_below() {
        let mut stream = Stream::new(7, 0, "below");
        let mut counts = [0_u32; 7];
        for _ in 0..70_000 {
            counts[stream.below(7) as usize] += 1;
        }
        assert!(counts.iter().all(|&count| count.abs_diff(10_000) < 500), "{counts:?}");
        assert_eq!((stream.below(0), stream.below(1)), (0, 0));
    }

    #[test]
    fn a_shuffle_keeps_every_item_and_every_order_occurs() {
        let mut stream = Stream::new(7, 0, "shuffle");
        let mut seen = std::collections::HashSet::new();
        for _ in 0..500 {
            let mut items = [0, 1, 2, 3];
            stream.shuffle(&mut items);
            seen.insert(items);
        }
        assert_eq!(seen.len(), 24);
        assert!(seen.iter().all(|items| items.iter().sum::<i32>() == 6));
    }

    #[test]
    fn weights_decide_how_often_an_index_comes() {
        let mut stream = Stream::new(7, 0, "weighted");
        let mut counts = [0_u32; 4];
        for _ in 0..10_000 {
            counts[stream.weighted(&[1.0, 0.0, 3.0, -5.0]).expect("some weight is positive")] += 1;
        }
        assert_eq!((counts[1], counts[3]), (0, 0));
        assert!(counts[2].abs_diff(7_500) < 250, "{counts:?}");
        assert_eq!(stream.weighted(&[0.0, -1.0]), None);
        assert_eq!(stream.weighted(&[]), None);
    }
}
