//! A sheet of clouds: one cloud as its code holds it, moved and thickened over one ground.

use super::make::{Made, Making};
use super::{CloudCell, CloudFound, Codes};
use crate::cli::Usage;
use crate::latents::{ClearDate, CloudChange, MAP_CELL_PX, Picture, Sheet, Sky, Source, Stretch};
use crate::progress::Monitor as _;
use crate::raster::{Error, Plane, Window};

/// Makes the sheet of `cells` (columns, rows) over a window.
pub(super) fn make(
    making: &Making<'_>,
    source: &Source<'_>,
    window: Window,
    cells: (usize, usize),
) -> anyhow::Result<Made> {
    let (args, model, context) = (making.args, &making.loaded.model, making.context);
    let base = making.base()?;
    let sheet = Sheet::of_clouds(&base, window.width, cells.0, cells.1);
    context.stage("rendering clouds", sheet.changes.len() as u64);
    let subject = source.subject(window, model)?;
    let held = subject.held(model, making.device);
    let found = Sky::of(&subject, &held, &base, model, making.device);
    let mut sky = found.ok_or_else(|| {
        Usage(format!(
            "MODEL: the cloud code of the preset {} is no map that could be moved",
            model.config.preset
        ))
    })?;
    if let Some(path) = &args.clear {
        let date = ClearDate { path: path.clone(), as_is: args.clear_as_is };
        sky = sky.over(date.over(source, window, model, &args.config(), context)?.ground());
    }
    let (mut images, mut told) = (Vec::new(), Vec::new());
    for &change in &sheet.changes {
        if context.is_cancelled() {
            return Err(Error::Cancelled.into());
        }
        images.push(sky.image(change));
        told.push(cell(&sky, change));
        context.advance(1);
    }
    // That of the ground: with the cloud's values in it the ground would be black.
    let bare = sky.image(CloudChange { thickness: 0.0, ..CloudChange::default() });
    let stretch = Stretch::of(&[bare], &model.config.bands);
    let picture = Picture::of_sheet(&sheet, &images, &stretch);
    let cloud = CloudFound {
        opacity: rows(&sky.cloud().opacity),
        shadow: rows(&sky.cloud().shadow),
        spectrum: sky.cloud().spectrum.clone(),
        over: args.clear.clone(),
        cells: told,
    };
    let codes = Codes { cloud: Some(cloud), ..making.described(sheet, window, stretch, None) };
    Ok(Made { codes, picture, gif: None })
}

fn cell(sky: &Sky<'_>, change: CloudChange) -> CloudCell {
    let px = |cells: i32| cells * MAP_CELL_PX as i32;
    CloudCell {
        right_px: px(change.right),
        down_px: px(change.down),
        thickness: change.thickness,
        follows: sky.follows(change),
    }
}

fn rows(map: &Plane<f32>) -> Vec<Vec<f32>> {
    (0..map.height).map(|y| map.row(y).to_vec()).collect()
}
