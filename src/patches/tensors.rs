//! The safetensors container: eight bytes of header length, a JSON header, raw tensors.
//!
//! The `safetensors` crate is not used here for two reasons. A store's shards are hashed while they
//! are written and keep the user's own file permissions, where the crate writes a private temporary
//! file; and a hostile header must never cause a panic, where the crate adds up claimed sizes without
//! checking the sum. A test reads our files with the crate.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Longest header that is read. A shard's has about a kilobyte.
const MAX_HEADER_BYTES: usize = 1 << 20;
/// Bytes before the header: its length.
const LENGTH_BYTES: usize = 8;

/// The element types that stores and BigEarthNet's databases use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Dtype {
    U8,
    U16,
    U32,
    F32,
    I64,
}

impl Dtype {
    /// Bytes an element, which is also its alignment.
    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 => 2,
            Self::U32 | Self::F32 => 4,
            Self::I64 => 8,
        }
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A tensor in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tensor {
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    /// Its bytes in the file.
    pub bytes: Range<usize>,
}

/// A tensor in a header, offsets counted from the header's end.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Info {
    dtype: Dtype,
    shape: Vec<usize>,
    data_offsets: [usize; 2],
}

/// The length field and the header of a file whose tensors follow one another in the given order.
/// Its size is a multiple of eight, so tensors are aligned if they come by falling alignment.
pub(super) fn header(tensors: &[(&str, Dtype, Vec<usize>)]) -> Vec<u8> {
    let mut offset = 0;
    let mut items = Vec::with_capacity(tensors.len());
    for (name, dtype, shape) in tensors {
        let end = offset + shape.iter().product::<usize>() * dtype.bytes();
        let info = Info { dtype: *dtype, shape: shape.clone(), data_offsets: [offset, end] };
        // Names and numbers only: there is nothing that JSON could not express.
        items.push(format!("\"{name}\":{}", serde_json::to_string(&info).unwrap_or_default()));
        offset = end;
    }
    let mut json = format!("{{{}}}", items.join(","));
    json.push_str(&" ".repeat(json.len().next_multiple_of(LENGTH_BYTES) - json.len()));
    let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
    bytes.extend(json.bytes());
    bytes
}

/// The tensors of a file, by name, whatever it claims: every byte after the header belongs to
/// exactly one of them.
///
/// # Errors
/// In words, what is wrong with the header.
pub(super) fn read_header(file: &[u8]) -> Result<BTreeMap<String, Tensor>, String> {
    let (length, rest) = file
        .split_first_chunk::<LENGTH_BYTES>()
        .ok_or_else(|| format!("it has {} bytes, which is no safetensors file", file.len()))?;
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    if length > MAX_HEADER_BYTES {
        return Err(format!("its header claims {length} bytes; expected at most {MAX_HEADER_BYTES}"));
    }
    let (json, data) = rest
        .split_at_checked(length)
        .ok_or_else(|| format!("its header claims {length} bytes and {} follow", rest.len()))?;
    let bad = |error: serde_json::Error| format!("its header cannot be understood ({error})");
    let mut items: BTreeMap<String, serde_json::Value> = serde_json::from_slice(json).map_err(bad)?;
    items.remove("__metadata__");
    let mut tensors = Vec::with_capacity(items.len());
    for (name, value) in items {
        let info: Info = serde_json::from_value(value)
            .map_err(|error| format!("its tensor {name} cannot be understood ({error})"))?;
        tensors.push((name, info));
    }
    place(tensors, LENGTH_BYTES + length, data.len())
}

/// Checks that the tensors fill the data without gap or overlap, and turns their offsets into
/// places in the file.
fn place(
    mut tensors: Vec<(String, Info)>,
    start: usize,
    data: usize,
) -> Result<BTreeMap<String, Tensor>, String> {
    tensors.sort_by_key(|(_, info)| info.data_offsets);
    let mut end = 0;
    let mut placed = BTreeMap::new();
    for (name, info) in tensors {
        let [first, last] = info.data_offsets;
        let elements = info.shape.iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
        let bytes = elements.and_then(|elements| elements.checked_mul(info.dtype.bytes()));
        if first != end || last > data || bytes.is_none_or(|bytes| first.checked_add(bytes) != Some(last)) {
            return Err(format!(
                "its tensor {name} claims {} {:?} at bytes {first} to {last} of {data}, which does not fit",
                info.dtype, info.shape
            ));
        }
        end = last;
        placed.insert(
            name,
            Tensor { dtype: info.dtype, shape: info.shape, bytes: start + first..start + last },
        );
    }
    if end == data { Ok(placed) } else { Err(format!("its tensors end at byte {end} of {data}")) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use safetensors::SafeTensors;

    use super::*;

    fn file() -> Vec<u8> {
        let mut bytes = header(&[
            ("pair", Dtype::I64, vec![2]),
            ("s1", Dtype::F32, vec![1, 3]),
            ("m", Dtype::U8, vec![5]),
        ]);
        bytes.extend(1..=33_u8);
        bytes
    }

    #[test]
    fn what_is_written_is_read_here_and_by_the_safetensors_crate() {
        let bytes = file();
        let ours = read_header(&bytes).expect("valid");
        let theirs = SafeTensors::deserialize(&bytes).expect("valid");
        assert_eq!(ours.len(), theirs.len());
        for (name, tensor) in &ours {
            let view = theirs.tensor(name).expect("the same names");
            assert_eq!(view.shape(), tensor.shape);
            assert_eq!(view.data(), &bytes[tensor.bytes.clone()]);
            assert_eq!(format!("{:?}", view.dtype()), tensor.dtype.to_string());
            assert_eq!(tensor.bytes.start % tensor.dtype.bytes(), 0, "{name} is aligned");
        }
    }

    #[test]
    fn every_cut_of_a_file_is_refused() {
        let bytes = file();
        for length in 0..bytes.len() {
            assert!(read_header(&bytes[..length]).is_err(), "{length} bytes");
        }
        let longer = [bytes, vec![0]].concat();
        assert!(read_header(&longer).expect_err("one byte more").contains("end at byte 33 of 34"));
    }

    #[test]
    fn sizes_beyond_all_memory_are_refused_without_adding_them_up() {
        let claim = |json: &str| {
            let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
            bytes.extend(json.bytes());
            read_header(&bytes).expect_err("absurd")
        };
        let half = usize::MAX / 2 + 1;
        for json in [
            format!("{{\"a\":{{\"dtype\":\"U8\",\"shape\":[{half}],\"data_offsets\":[0,{half}]}}}}"),
            format!("{{\"a\":{{\"dtype\":\"I64\",\"shape\":[{half},{half}],\"data_offsets\":[0,0]}}}}"),
            "{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[8,16]}}".to_owned(),
            "{\"a\":{\"dtype\":\"BF16\",\"shape\":[0],\"data_offsets\":[0,0]}}".to_owned(),
            "{\"a\":{\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,0]}}".to_owned(),
            "[".repeat(100_000),
        ] {
            assert!(!claim(&json).is_empty());
        }
        assert!(read_header(&[255; 64]).expect_err("a length of all ones").contains("at most"));
    }

    proptest! {
        #[test]
        fn no_damage_to_a_header_causes_a_panic(at in 0_usize..160, byte in any::<u8>()) {
            let mut bytes = file();
            let at = at % bytes.len();
            bytes[at] = byte;
            if let Ok(tensors) = read_header(&bytes) {
                prop_assert!(tensors.values().all(|tensor| bytes.get(tensor.bytes.clone()).is_some()));
            }
        }
    }
}
