//! What `declouder sweep` makes.

use std::path::Path;

use burn::tensor::Device;

use super::super::{Context, Usage};
use super::{Animation, Args, Clear, Codes, Differing, clouds};
use crate::decloud::Latent;
use crate::evaluation::labels::{About, Labeller};
use crate::latents::{
    Axes, ClearDate, Directions, Film, Held, LandCover, Picture, Sheet, Source, Stretch, Subject, clouded,
    principal, trust,
};
use crate::mask::Alpha;
use crate::networks::Model;
use crate::networks::file::Loaded;
use crate::progress::Monitor;
use crate::raster::{self, Plane, Scene, Window};

/// Side of the part that is shown where none is named, in pixels.
const SIDE_PX: usize = 128;
/// Patches of the scene over which directions are found where none are kept with the model.
const PATCHES: usize = 6;

/// What is to be written.
pub struct Made {
    /// Beside the sheet.
    pub codes: Codes,
    /// The sheet.
    pub picture: Picture,
    /// The animation, where one was asked for.
    pub gif: Option<Vec<u8>>,
}

/// What everything is made of.
pub(super) struct Making<'a> {
    pub args: &'a Args,
    scene: &'a Scene,
    alpha: &'a Alpha,
    pub loaded: &'a Loaded,
    pub device: &'a Device,
    pub context: &'a Context,
}

/// Makes the sheet of `cells` (columns, rows) and what was asked for beside it.
pub fn make(
    args: &Args,
    cells: (usize, usize),
    (scene, codes, alpha): (&Scene, &Plane<u8>, &Alpha),
    loaded: &Loaded,
    device: &Device,
    context: &Context,
) -> anyhow::Result<Made> {
    let making = Making { args, scene, alpha, loaded, device, context };
    making.check()?;
    let window = making.place()?;
    let name = args.model.file_name().unwrap_or_default().to_string_lossy();
    let source = Source::new(scene, alpha, context)?.with_classes(codes);
    let (source, warnings) = source.with_beside(&loaded.model, &name, &args.config())?;
    for warning in &warnings {
        context.warn(warning);
    }
    if args.cloud {
        return clouds::make(&making, &source, window, cells);
    }
    let clear = making.clear(&source, window)?;
    let (sheet, path) = making.codes(&source, clear.as_ref(), cells)?;
    let frames = if args.animate.is_some() { path.len() } else { 0 };
    args.pace().check(frames, window.len()).map_err(|error| Usage(error.to_string()))?;
    context.stage("sweeping", (sheet.codes.len() + frames) as u64);
    let subject = source.subject(window, &loaded.model)?;
    let held = subject.held(&loaded.model, device);
    let mut images = Vec::with_capacity(sheet.codes.len());
    making.each(&held, &sheet.codes, |made| images.extend(made))?;
    let film = match &args.animate {
        Some(_) => Some(making.film(&subject, &held, &path)?),
        None => None,
    };
    let stretch = Stretch::of(&images, &loaded.model.config.bands);
    let picture = Picture::of_sheet(&sheet, &images, &stretch);
    let gif = film.as_ref().map(|film| film.gif(args.pace())).transpose()?;
    let trust = if args.axes() == Axes::Random { making.trust(&subject, &images)? } else { None };
    let codes = Codes { clear, trust, ..making.described(sheet, window, stretch, film.as_ref()) };
    Ok(Made { codes, picture, gif })
}

impl Making<'_> {
    /// Refuses a scene that the model was not made for.
    fn check(&self) -> anyhow::Result<()> {
        let model = &self.loaded.model;
        if model.config.land_code() == 0 {
            let words = format!("MODEL: the preset {} has no latent code", model.config.preset);
            return Err(Usage(words).into());
        }
        if let Some(level) = self.scene.level.filter(|level| *level != model.config.level) {
            let own = model.config.level;
            if !self.args.force {
                let words = format!(
                    "the model was trained on {own}, the scene is {level}; use a model of that level, or --force"
                );
                return Err(Usage(words).into());
            }
            self.context.warn(&format!(
                "FORCED: the scene is {level}, the model was trained on {own}; what it made is not to be trusted"
            ));
        }
        if let Some(words) = Model::pixel_warning(raster::pixel_m(&self.scene.grid)) {
            self.context.warn(&words);
        }
        Ok(model.check_size(self.scene.grid.width, self.scene.grid.height)?)
    }

    /// Where the sheet looks: what was asked for, or where most cloud is.
    fn place(&self) -> Result<Window, Usage> {
        match self.args.window {
            Some(window) => Ok(window),
            None => clouded(self.alpha, SIDE_PX, 1).first().copied().ok_or_else(|| {
                Usage(
                    "the mask holds no cloud, so every surface is the scene; name a mask with --mask".into(),
                )
            }),
        }
    }

    /// A code as `decloud --latent` takes it.
    fn read(&self, path: &Path) -> Result<Vec<f32>, Usage> {
        let latent = Latent::read(path, self.loaded).map_err(|error| Usage(error.to_string()))?;
        Ok(latent.numbers(self.loaded.model.config.land_code()))
    }

    /// The code that was named, or the prior's middle.
    pub fn base(&self) -> Result<Vec<f32>, Usage> {
        match &self.args.latent {
            Some(path) => self.read(path),
            None => Ok(vec![0.0; self.loaded.model.config.land_code()]),
        }
    }

    /// The sheet's codes, and those that an animation goes through.
    fn codes(
        &self,
        source: &Source<'_>,
        clear: Option<&Clear>,
        cells: (usize, usize),
    ) -> anyhow::Result<(Sheet, Vec<Vec<f32>>)> {
        let (args, pace) = (self.args, self.args.pace());
        if let Some([from, to]) = args.between.as_deref() {
            let ends = [self.read(from)?, self.read(to)?];
            return Ok((Sheet::between(&ends[0], &ends[1], cells.0, cells.1), pace.through(&ends)));
        }
        let numbers = self.loaded.model.config.land_code();
        let base = match clear {
            Some(clear) => clear.code.z_land.clone(),
            None => self.base()?,
        };
        let axes = args.axes();
        let directions = if axes == Axes::Principal {
            match Directions::kept(Some(&args.model), self.loaded) {
                Some(kept) => kept.directions,
                None => self.own_directions(source)?.directions,
            }
        } else {
            Vec::new()
        };
        let sheet = |cells| {
            Sheet::of(axes, &base, &directions, args.seed, cells)
                .ok_or_else(|| Usage(format!("--axes: the code has {numbers} numbers, counted from 0")))
        };
        let own = sheet(cells)?;
        let path = match axes {
            Axes::Random => pace.through(&own.codes),
            _ => sheet((usize::from(pace.steps) + 1, 1))?.codes,
        };
        Ok((own, path))
    }

    /// The code of the clear date, where one was given.
    fn clear(&self, source: &Source<'_>, window: Window) -> anyhow::Result<Option<Clear>> {
        let Some(path) = &self.args.clear else { return Ok(None) };
        let date = ClearDate { path: path.clone(), as_is: self.args.clear_as_is };
        let on = (&self.loaded.model, self.device);
        let found = date.code(source, window, on, &self.args.config(), self.context)?;
        Ok(Some(Clear {
            path: path.clone(),
            seen: found.seen,
            code: self.latent(found.code().to_vec()),
            errors: found.fitted.as_ref().map(|fit| fit.errors),
            encoded: found.encoded.mean,
            deviation: found.encoded.deviation,
        }))
    }

    /// How far samples differ; none where there is but one.
    fn trust(&self, subject: &Subject, images: &[Vec<Plane<f32>>]) -> anyhow::Result<Option<Differing>> {
        if images.len() < 2 {
            return Ok(None);
        }
        self.context.stage("labelling", images.len() as u64);
        let mask = subject.mask();
        let found = trust(images, &subject.bands, &mask);
        let labeller = Labeller::open(self.args.classifier.as_deref(), self.device)?;
        let own = About::scene(self.scene);
        let about = About { level: own.level.or(Some(self.loaded.model.config.level)), ..own };
        let land_cover = LandCover::of(&labeller, &about, self.args.force, subject, images, &mut || {
            self.context.advance(1);
            if self.context.is_cancelled() { Err(raster::Error::Cancelled.into()) } else { Ok(()) }
        })?;
        let (a, b) = found.most_different;
        Ok(Some(Differing {
            samples: images.len(),
            spread: found.mean_spread(&mask),
            ndvi: found.mean_ndvi(&mask),
            most_different: [a, b],
            land_cover,
        }))
    }

    /// A code as it is written.
    fn latent(&self, z_land: Vec<f32>) -> Latent {
        Latent { z_land, model_sha256: Some(self.loaded.sha256.clone()) }
    }

    /// Makes the images of codes, as many at once as memory lets.
    fn each(
        &self,
        held: &Held<'_>,
        codes: &[Vec<f32>],
        mut take: impl FnMut(Vec<Vec<Plane<f32>>>),
    ) -> anyhow::Result<()> {
        for codes in codes.chunks(held.batch()) {
            if self.context.is_cancelled() {
                return Err(raster::Error::Cancelled.into());
            }
            take(held.images(codes));
            self.context.advance(codes.len() as u64);
        }
        Ok(())
    }

    fn film(&self, subject: &Subject, held: &Held<'_>, path: &[Vec<f32>]) -> anyhow::Result<Film> {
        let mut film = Film::new(&subject.bands);
        self.each(held, path, |images| film.add(subject, &images))?;
        Ok(film)
    }

    pub fn described(&self, sheet: Sheet, window: Window, stretch: Stretch, film: Option<&Film>) -> Codes {
        let args = self.args;
        Codes {
            model_sha256: self.loaded.sha256.clone(),
            scene: args.scene.clone(),
            window: [window.x, window.y, window.width, window.height],
            seed: args.seed,
            axes: args.axes(),
            columns: sheet.columns,
            rows: sheet.rows,
            stretch: [stretch.lo, stretch.hi],
            cells: sheet.codes.into_iter().map(|code| self.latent(code)).collect(),
            column_labels: sheet.column_labels,
            row_labels: sheet.row_labels,
            clear: None,
            trust: None,
            cloud: None,
            animation: film.map(|film| {
                let (pace, stretch) = (args.pace(), film.stretch());
                Animation {
                    steps: pace.steps,
                    delay_cs: pace.delay_cs(),
                    frames: film.len(),
                    stretch: [stretch.lo, stretch.hi],
                }
            }),
        }
    }

    /// Directions over the scene's own cloud, where none are kept with the model.
    fn own_directions(&self, source: &Source<'_>) -> anyhow::Result<Directions> {
        self.context.warn("no principal directions are kept with the model (declouder directions makes them); they are found over this scene's own cloud");
        let patches = clouded(self.alpha, SIDE_PX, PATCHES)
            .into_iter()
            .map(|window| source.subject(window, &self.loaded.model))
            .collect::<Result<Vec<_>, _>>()?;
        let source = self.args.scene.display().to_string();
        Ok(principal(self.loaded, &patches, source, self.device, self.context)?)
    }
}
