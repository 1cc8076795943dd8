//! Codes that are kept: pinned with a picture, or written for declouding to take.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;

use super::CodePin;
use crate::decloud::Latent;
use crate::raster::Plane;
use crate::raster::export::{commit, stage_bytes};
use crate::view::shade;

use super::super::app::App;
use super::super::tokens;

impl App {
    /// Keeps the shown code with a picture of its surface, as the map shows it.
    pub(super) fn pin_code(&mut self) {
        let Some((of, code)) = self.explorer.shown.as_ref().map(|shown| (shown.of, shown.code.clone()))
        else {
            return;
        };
        let display = self.display.clone();
        let Some(layer) = self.layer_mut(of) else { return };
        let (limits, bands) = (display.limits(layer, None), layer.bands(&display.bands));
        let shading = display.shading(limits);
        let Some(preview) = self.preview.as_ref().filter(|preview| preview.explored) else { return };
        let planes = bands.map(|band| preview.preview().bands.get(band).and_then(Option::as_ref));
        let size = (preview.preview().window.width, preview.preview().window.height);
        let side = 2 * tokens::CODE_PICTURE as usize;
        let pixel = |i: usize| {
            let (x, y) = (i % side * size.0 / side, i / side * size.1 / side);
            let value = |plane: Option<&Plane<f32>>| plane.map_or(f32::NAN, |plane| plane.get(x, y));
            let [r, g, b, a] = shade(&shading, planes.map(value), [0.0; 3]);
            egui::Color32::from_rgba_unmultiplied(r, g, b, a)
        };
        let image = egui::ColorImage::new([side, side], (0..side * side).map(pixel).collect());
        let name = format!("code {}", self.explorer.pins.len() + 1);
        let picture = self.context.load_texture(name, image, egui::TextureOptions::LINEAR);
        self.explorer.pins.push(CodePin { code, picture });
        let last = self.explorer.pins.len() - 1;
        self.explorer.mix = super::Mix { from: last.saturating_sub(1), to: last, share: 1.0, playing: None };
    }

    /// Declouding takes the explorer's code, by a file as `--latent` reads it.
    pub(super) fn use_code(&mut self) {
        let Some(known) = &self.explorer.known else { return };
        let code = Latent { z_land: self.explorer.code.clone(), model_sha256: Some(known.sha256.clone()) };
        match self.write_code(&code) {
            Ok(path) => {
                self.messages.info(format!(
                    "Preview, Decloud and Export now take this code; it lies in {}",
                    path.display()
                ));
                "model".clone_into(&mut self.decloud.engine);
                self.decloud.latent = Some(path);
                self.explorer.adopted = Some(code.z_land);
            }
            Err(words) => self.messages.error(words),
        }
    }

    /// Writes a code beside the results; equal codes share a file.
    fn write_code(&self, code: &Latent) -> Result<PathBuf, String> {
        let folder =
            self.results.as_deref().ok_or("there is no folder for codes (no home)")?.with_file_name("codes");
        let text = serde_json::to_string_pretty(code).map_err(|error| error.to_string())? + "\n";
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let path = folder.join(format!("{:016x}.latent.json", hasher.finish()));
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let staged = stage_bytes(&path, text.as_bytes(), true).map_err(|error| error.to_string())?;
        commit(vec![staged]).map_err(|error| error.to_string())?;
        Ok(path)
    }
}
