//! From drafts to rows: places get their split, rows their numbers, sources their facts.

use std::path::Path;

use super::cut::{Cut, Draft};
use super::quiet::Quiet;
use super::subject::{Plan, Subject};
use super::{LeftOut, Report, SourceConfig};
use crate::bands::Band;
use crate::patches::manifest::names;
use crate::patches::{About, Domain, Error, Patch, Result, SourceFacts, Split, StoreWriter};

/// Said of sources whose attribution is not stated.
const ATTRIBUTION: &str = "contains modified Copernicus Sentinel data";

/// What the drafts of one scene share.
pub(super) struct Shared {
    split: Option<Split>,
    missing: Vec<Band>,
    masks: Vec<String>,
}

impl Shared {
    /// `masks` are the words of the masks that were found.
    pub(super) fn of(subject: &Subject, plan: &Plan<'_>, masks: Vec<String>) -> Self {
        let mut missing = subject.missing(plan);
        if let Some(pair) = &subject.pair {
            missing.extend(pair.missing(plan));
        }
        Self { split: subject.split, missing, masks }
    }
}

/// Takes drafts in and counts them.
pub(super) struct Sink<'a> {
    writer: StoreWriter,
    plan: &'a Plan<'a>,
    left_out: LeftOut,
    counts: Counts,
    sources: Vec<SourceFacts>,
    /// What the present source left out before its first patch, to explain an empty source.
    before: (usize, LeftOut),
}

#[derive(Default)]
struct Counts {
    domains: [usize; 2],
    splits: [usize; 3],
    pairs: usize,
}

impl<'a> Sink<'a> {
    pub(super) fn new(writer: StoreWriter, plan: &'a Plan<'a>) -> Self {
        Self {
            writer,
            plan,
            left_out: LeftOut::default(),
            counts: Counts::default(),
            sources: Vec::new(),
            before: (0, LeftOut::default()),
        }
    }

    /// Begins a source; `licence` is what its kind tells.
    pub(super) fn begin(&mut self, config: &SourceConfig, licence: Option<(&str, &str)>) {
        let full = config.path.canonicalize().unwrap_or_else(|_| config.path.clone());
        let (licence, attribution) = licence.unzip();
        self.before = (self.writer.rows(), self.left_out);
        self.sources.push(SourceFacts {
            name: full.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            kind: config.kind.name().to_owned(),
            licence: config.licence.clone().or_else(|| licence.map(str::to_owned)),
            attribution: config
                .attribution
                .clone()
                .unwrap_or_else(|| attribution.unwrap_or(ATTRIBUTION).to_owned()),
            rows: 0,
            masks: Vec::new(),
        });
    }

    /// Ends a source.
    ///
    /// # Errors
    /// [`Error::Source`] where no patch came from it, with what became of its patches.
    pub(super) fn end(&mut self, config: &SourceConfig) -> Result<()> {
        let rows = self.writer.rows() - self.before.0;
        if let Some(source) = self.sources.last_mut() {
            source.rows = rows;
        }
        if rows > 0 {
            return Ok(());
        }
        let (now, then) = (self.left_out, self.before.1);
        let between = now.between - then.between;
        let invalid = now.invalid - then.invalid;
        let snow = now.snow - then.snow;
        Err(Error::source(
            &config.path,
            format!(
                "no patch came from this source: {between} are neither clear nor cloudy (set --domain, or --clear-most and --cloudy-least), {invalid} have less than {} of their pixels measured (set --valid-least, or a smaller --patch than {}), {snow} lie under snow",
                self.plan.config.valid_least, self.plan.config.patch_px
            ),
        ))
    }

    pub(super) fn snow(&mut self) {
        self.left_out.snow += 1;
    }

    /// Writes what was cut from a scene.
    ///
    /// # Errors
    /// What the writer meets.
    pub(super) fn add(&mut self, shared: &Shared, cuts: Vec<Cut>) -> Result<()> {
        let mut taken = false;
        for cut in cuts {
            match cut {
                Cut::Between => self.left_out.between += 1,
                Cut::Invalid => self.left_out.invalid += 1,
                Cut::Taken(draft) => {
                    taken = true;
                    self.push(shared, *draft)?;
                }
            }
        }
        if let Some(source) = self.sources.last_mut().filter(|_| taken) {
            for words in &shared.masks {
                if !source.masks.contains(words) {
                    source.masks.push(words.clone());
                }
            }
        }
        Ok(())
    }

    fn push(&mut self, shared: &Shared, draft: Draft) -> Result<()> {
        let split = shared.split.unwrap_or_else(|| self.plan.config.split.split_of(&draft.place));
        let place = self.writer.place(&draft.place, split, &shared.missing)?;
        let pair = match draft.pair {
            None => None,
            Some(clear) => Some(self.write(*clear, place, split, None)?),
        };
        self.write(Draft { pair: None, ..draft }, place, split, pair)?;
        Ok(())
    }

    fn write(&mut self, draft: Draft, place: u32, split: Split, pair: Option<usize>) -> Result<usize> {
        self.counts.domains[usize::from(draft.domain.code())] += 1;
        self.counts.splits[usize::from(split.code())] += 1;
        self.counts.pairs += usize::from(pair.is_some());
        self.writer.push(&Patch {
            pixels: draft.pixels,
            mask: draft.mask,
            domain: draft.domain,
            place,
            pair,
            labels_43: draft.labels_43,
            labels_19: draft.labels_19,
            s1: draft.s1,
            reference: draft.reference,
        })
    }

    /// Gives the store its name.
    ///
    /// # Errors
    /// What the writer meets.
    pub(super) fn finish(self, about: About, output: &Path, quiet: Quiet<'_>) -> Result<Report> {
        use crate::progress::Monitor;
        if let Some(source) = self.sources.iter().find(|source| source.licence.is_none()) {
            quiet.warn(&format!(
                "the licence of {} is not stated; give it with --licence, so that a model trained on it can say it",
                source.name
            ));
        }
        let manifest = self.writer.finish(About { sources: self.sources, ..about })?;
        let measured = |band: &&Band| manifest.statistics.iter().any(|of| of.band == **band);
        let unmeasured: Vec<Band> = manifest.bands.iter().filter(|band| !measured(band)).copied().collect();
        // A store of cloudy or test patches only has no statistics, and needs none.
        if !manifest.statistics.is_empty() && !unmeasured.is_empty() {
            quiet.warn(&format!(
                "never measured in a clear training patch, so the store does not know their range: {}",
                names(&unmeasured)
            ));
        }
        Ok(Report {
            store: output.to_owned(),
            rows: manifest.rows,
            clear: self.counts.domains[usize::from(Domain::Clear.code())],
            cloudy: self.counts.domains[usize::from(Domain::Cloudy.code())],
            pairs: self.counts.pairs,
            splits: self.counts.splits,
            places: manifest.places.len(),
            shards: manifest.shards.len(),
            bytes: manifest.shards.iter().map(|shard| shard.bytes).sum(),
            left_out: self.left_out,
            fingerprint: manifest.fingerprint,
            bands: manifest.bands,
            level: manifest.level,
            patch_px: manifest.patch_px,
            warnings: quiet.finish(),
        })
    }
}
