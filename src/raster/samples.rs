//! Pixels exactly as a file stores them.
//!
//! What is copied must stay bit-identical, so stored values travel in their own type and are
//! turned into reflectance only for reading.

use serde::{Deserialize, Serialize};

use super::{Radiometry, Window};

/// The sample types a scene may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dtype {
    /// Unsigned 8-bit integer (GDAL `Byte`).
    U8,
    /// Unsigned 16-bit integer.
    U16,
    /// Signed 16-bit integer.
    I16,
    /// Unsigned 32-bit integer.
    U32,
    /// Signed 32-bit integer.
    I32,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
}

impl Dtype {
    /// Whether values are integers.
    #[must_use]
    pub const fn is_integer(self) -> bool {
        !matches!(self, Self::F32 | Self::F64)
    }

    /// Bytes a sample.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// Least and greatest finite value.
    #[must_use]
    pub fn range(self) -> (f64, f64) {
        match self {
            Self::U8 => (0.0, f64::from(u8::MAX)),
            Self::U16 => (0.0, f64::from(u16::MAX)),
            Self::I16 => (f64::from(i16::MIN), f64::from(i16::MAX)),
            Self::U32 => (0.0, f64::from(u32::MAX)),
            Self::I32 => (f64::from(i32::MIN), f64::from(i32::MAX)),
            Self::F32 => (f64::from(f32::MIN), f64::from(f32::MAX)),
            Self::F64 => (f64::MIN, f64::MAX),
        }
    }
}

/// A window of stored values in row order.
#[derive(Debug, Clone, PartialEq)]
pub enum Samples {
    /// See [`Dtype::U8`].
    U8(Vec<u8>),
    /// See [`Dtype::U16`].
    U16(Vec<u16>),
    /// See [`Dtype::I16`].
    I16(Vec<i16>),
    /// See [`Dtype::U32`].
    U32(Vec<u32>),
    /// See [`Dtype::I32`].
    I32(Vec<i32>),
    /// See [`Dtype::F32`].
    F32(Vec<f32>),
    /// See [`Dtype::F64`].
    F64(Vec<f64>),
}

/// Runs the same expression over the vector inside, whatever its type.
#[macro_export]
#[doc(hidden)]
macro_rules! each_samples {
    ($samples:expr, $values:ident => $body:expr) => {
        match $samples {
            $crate::raster::Samples::U8($values) => $body,
            $crate::raster::Samples::U16($values) => $body,
            $crate::raster::Samples::I16($values) => $body,
            $crate::raster::Samples::U32($values) => $body,
            $crate::raster::Samples::I32($values) => $body,
            $crate::raster::Samples::F32($values) => $body,
            $crate::raster::Samples::F64($values) => $body,
        }
    };
}

/// A sample type that converts to `f64` exactly.
trait Sample: Copy {
    fn to_f64(self) -> f64;
    fn from_f64(value: f64) -> Self;
}

macro_rules! sample {
    ($($t:ty),*) => {$(
        impl Sample for $t {
            #[inline]
            fn to_f64(self) -> f64 { f64::from(self) }
            #[inline]
            fn from_f64(value: f64) -> Self { value as Self }
        }
    )*};
}
sample!(u8, u16, i16, u32, i32, f32, f64);

impl Samples {
    /// `len` zeros of a type.
    #[must_use]
    pub fn zeros(dtype: Dtype, len: usize) -> Self {
        match dtype {
            Dtype::U8 => Self::U8(vec![0; len]),
            Dtype::U16 => Self::U16(vec![0; len]),
            Dtype::I16 => Self::I16(vec![0; len]),
            Dtype::U32 => Self::U32(vec![0; len]),
            Dtype::I32 => Self::I32(vec![0; len]),
            Dtype::F32 => Self::F32(vec![0.0; len]),
            Dtype::F64 => Self::F64(vec![0.0; len]),
        }
    }

    /// The type of the values.
    #[must_use]
    pub fn dtype(&self) -> Dtype {
        match self {
            Self::U8(_) => Dtype::U8,
            Self::U16(_) => Dtype::U16,
            Self::I16(_) => Dtype::I16,
            Self::U32(_) => Dtype::U32,
            Self::I32(_) => Dtype::I32,
            Self::F32(_) => Dtype::F32,
            Self::F64(_) => Dtype::F64,
        }
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        each_samples!(self, values => values.len())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The part inside `window` of samples that lie in rows of `width`; the window must lie inside.
    #[must_use]
    pub fn crop(&self, width: usize, window: Window) -> Self {
        let rows = || (window.y..window.y + window.height).map(|y| y * width + window.x);
        macro_rules! cut {
            ($values:expr) => {
                rows().flat_map(|start| &$values[start..start + window.width]).copied().collect()
            };
        }
        match self {
            Self::U8(values) => Self::U8(cut!(values)),
            Self::U16(values) => Self::U16(cut!(values)),
            Self::I16(values) => Self::I16(cut!(values)),
            Self::U32(values) => Self::U32(cut!(values)),
            Self::I32(values) => Self::I32(cut!(values)),
            Self::F32(values) => Self::F32(cut!(values)),
            Self::F64(values) => Self::F64(cut!(values)),
        }
    }

    /// Value `index` as `f64` (exact for every type).
    #[must_use]
    pub fn get(&self, index: usize) -> f64 {
        each_samples!(self, values => values[index].to_f64())
    }

    /// Sets value `index`, which the caller has already rounded and clamped to the type
    /// ([`Radiometry::dn`]).
    pub fn set(&mut self, index: usize, value: f64) {
        each_samples!(self, values => values[index] = Sample::from_f64(value));
    }

    /// Reflectance of every value; NaN where it is nodata or not finite.
    #[must_use]
    pub fn reflectance(&self, radiometry: &Radiometry, nodata: &Nodata) -> Vec<f32> {
        let (scale, offset) = (radiometry.scale, radiometry.offset);
        each_samples!(self, values => values
            .iter()
            .map(|&value| {
                let value = value.to_f64();
                if nodata.matches(value) { f32::NAN } else { (value * scale + offset) as f32 }
            })
            .collect())
    }
}

/// Which stored values mean "nothing was measured here".
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Nodata {
    /// The value the file declares.
    pub declared: Option<f64>,
    /// Whether 0 means nodata too, as in every integer Sentinel-2 product.
    pub zero: bool,
}

impl Nodata {
    /// What a band of a type takes for nodata: 0 is a number like any other in floats, and in signed integers whose file
    /// declares another nodata or that are shifted up so that 0 is a reflectance in the middle of its range.
    #[must_use]
    pub fn of(dtype: Dtype, declared: Option<f64>, offset: f64) -> Self {
        let signed = dtype.range().0 < 0.0;
        let own = declared.is_some_and(|value| value != 0.0) || offset > 0.0;
        Self { declared, zero: dtype.is_integer() && !(signed && own) }
    }

    /// Whether a stored value is nodata. NaN and infinite values always are.
    #[inline]
    #[must_use]
    pub fn matches(&self, value: f64) -> bool {
        !value.is_finite() || (self.zero && value == 0.0) || self.declared == Some(value)
    }
}
