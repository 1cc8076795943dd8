//! The cells of a sweep sheet, decoded: left on the window's device where they are computed there.

use std::time::Instant;

use burn::tensor::Tensor;

use super::answers::{At, TURN};
use super::worker::{Answer, is_slow};
use crate::bands::Band;
use crate::compute::{Canvas, Compute, Shared};
use crate::latents::{ClearDate, Sheet, Stretch, Subject, UNMEASURED};
use crate::progress::Monitor as _;
use crate::raster::Window;

/// The numbers of a sheet, `[cells, bands, height, width]` in reflectance; [`UNMEASURED`](crate::latents::UNMEASURED)
/// where nothing was measured.
pub(in crate::desktop) enum Values {
    /// Row by row in memory, to be uploaded.
    Read(Vec<f32>),
    /// On the window's own device, where they were computed.
    Shared(Shared),
}

/// A sheet whose cells are there.
pub(in crate::desktop) struct SheetImages {
    pub sheet: Sheet,
    pub values: Values,
    /// Numbers from one cell, band, row and column to the next.
    pub strides: [usize; 4],
    pub bands: Vec<Band>,
    /// Where the cells lie in the scene.
    pub window: Window,
    /// True colour over the fill's values, for a map that shows no three bands.
    pub stretch: Stretch,
    pub seconds: f64,
}

impl At<'_> {
    /// Decodes a sheet. `window` is what the window draws with.
    pub(super) fn sheet(&self, sheet: Sheet, window: Option<&Canvas>) -> Result<(), String> {
        let started = Instant::now();
        let cell = self.cell();
        let subject = self.place.subject(self.loaded, cell)?;
        let held = self.held_of(&subject)?;
        let mut cells = Vec::new();
        let turn = if is_slow(self.compute) { TURN } else { held.batch() };
        let whole = self.in_turns(&sheet.codes, turn, |codes| {
            cells.push(self.attempt(|| held.drawable(codes))?);
            Ok(())
        })?;
        if !whole {
            return Ok(());
        }
        let shared = window.is_some() && window == self.compute.canvas().as_ref();
        let compute = self.compute;
        let found = self.attempt(|| values_of(cells, shared.then_some(compute)))??;
        self.tell_sheet(sheet, found, &subject, started);
        Ok(())
    }

    /// Hands a sheet over whose cells are there.
    fn tell_sheet(
        &self,
        sheet: Sheet,
        (values, strides): (Values, [usize; 4]),
        subject: &Subject,
        started: Instant,
    ) {
        let images = SheetImages {
            sheet,
            values,
            strides,
            bands: subject.bands.clone(),
            window: subject.window,
            stretch: Stretch::of(&[subject.filled()], &subject.bands),
            seconds: started.elapsed().as_secs_f64(),
        };
        (self.tell)(Answer::Sheet { images: Box::new(images) });
    }
}

impl At<'_> {
    /// Renders a sheet of clouds over the surface of its code, or over a clear date.
    pub(super) fn cloud_sheet(&self, sheet: Sheet, date: Option<&ClearDate>) -> Result<(), String> {
        let started = Instant::now();
        let window = self.cell();
        let subject = self.place.subject(self.loaded, window)?;
        let held = self.held_of(&subject)?;
        let base = sheet.codes.first().cloned().unwrap_or_default();
        let sky = self.find(window, (&subject, &held), &base, date)?;
        self.slot.stage("rendering clouds", sheet.changes.len() as u64);
        let mut values = Vec::new();
        for &change in &sheet.changes {
            let image = self.attempt(|| sky.image(change))?;
            let drawable = |value: f32| if value.is_finite() { value } else { UNMEASURED };
            values.extend(image.iter().flat_map(|plane| &plane.data).map(|&value| drawable(value)));
            self.slot.advance(1);
            if self.slot.is_overtaken() {
                return Ok(());
            }
        }
        let pixels = window.width * window.height;
        let strides = [subject.bands.len() * pixels, pixels, window.width, 1];
        self.tell_sheet(sheet, (Values::Read(values), strides), &subject, started);
        Ok(())
    }
}

/// The numbers of cells and their strides: where they are, for a window that draws on that device, else in memory.
fn values_of(cells: Vec<Tensor<4>>, drawn_on: Option<&Compute>) -> Result<(Values, [usize; 4]), String> {
    let sheet = Tensor::cat(cells, 0);
    if let Some(compute) = drawn_on {
        let shared = compute.share(sheet).map_err(|fault| fault.to_string())?;
        let strides = shared.strides;
        return Ok((Values::Shared(shared), strides));
    }
    let [_, bands, height, width] = sheet.dims();
    let values = sheet.into_data().try_to_vec().map_err(|error| format!("{error:?}"))?;
    Ok((Values::Read(values), [bands * height * width, height * width, width, 1]))
}
