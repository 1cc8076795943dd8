//! The model that the program brings: L1C, 13 bands (`assets/models/README.md`).

use std::path::Path;

use burn::tensor::Device;

use super::{Error, Result};
use crate::networks::file::{self, Loaded};

/// Its file.
pub const SHIPPED_MODEL: &[u8] = include_bytes!("../../assets/models/l1c.safetensors");
/// Its name in reports.
pub(super) const SHIPPED_NAME: &str = "l1c.safetensors";

/// The model that the program brings, on a device.
///
/// # Errors
/// [`Error::Model`] where the program's own bytes are damaged.
pub fn shipped_model(device: &Device) -> Result<Loaded> {
    file::parse(SHIPPED_MODEL, Path::new(SHIPPED_NAME), device).map_err(Error::Model)
}
