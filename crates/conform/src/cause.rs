//! The likely causes of broken checks: a catalogue of the mistakes that people make.

use crate::record::{CauseRecord, CheckRecord, Verdict};
use crate::{Assignment, Level};

/// A mistake, and the checks by which it is known.
#[derive(Clone, Copy, Debug)]
pub struct Cause {
    /// The mistake, in the words of a person who made it.
    pub name: &'static str,
    /// The checks that it always breaks; the first one shows it best.
    pub breaks: &'static [&'static str],
    /// The checks that it may break too: it explains them if they are broken.
    pub may_break: &'static [&'static str],
    /// The checks that hold in spite of it: if one of these is broken, the mistake is another one.
    pub leaves: &'static [&'static str],
    /// The evidence of the first check of `breaks` has to contain one of these texts; if there are
    /// none, any evidence will do.
    pub shows: &'static [&'static str],
    /// Two sentences of advice.
    pub advice: &'static str,
    /// The page of a language's documentation that helps.
    pub page: Option<&'static str>,
}

impl Cause {
    /// A mistake that is known by these checks.
    pub const fn new(
        name: &'static str,
        breaks: &'static [&'static str],
        advice: &'static str,
    ) -> Self {
        Self {
            name,
            breaks,
            may_break: &[],
            leaves: &[],
            shows: &[],
            advice,
            page: None,
        }
    }

    /// It may break these too.
    #[must_use]
    pub const fn may_break(self, may_break: &'static [&'static str]) -> Self {
        Self { may_break, ..self }
    }

    /// It leaves these whole.
    #[must_use]
    pub const fn leaves(self, leaves: &'static [&'static str]) -> Self {
        Self { leaves, ..self }
    }

    /// The first check that it breaks shows one of these texts.
    #[must_use]
    pub const fn shows(self, shows: &'static [&'static str]) -> Self {
        Self { shows, ..self }
    }

    /// This page helps.
    #[must_use]
    pub const fn page(self, page: &'static str) -> Self {
        Self {
            page: Some(page),
            ..self
        }
    }

    /// The checks by which it is told from others.
    pub fn checks(&self) -> impl Iterator<Item = &'static str> + use<> {
        let all = [self.breaks, self.may_break, self.leaves];
        all.into_iter().flatten().copied()
    }

    /// The broken checks that it explains, if it is a likely cause of them.
    fn explains(&self, checks: &[CheckRecord]) -> Option<Vec<String>> {
        let find = |id: &&str| checks.iter().find(|check| check.id == **id);
        let is_broken = |id: &&str| find(id).is_some_and(|check| check.verdict == Verdict::Broken);
        let is_shown = |check: &CheckRecord| {
            let evidence = check
                .happened
                .iter()
                .chain(&check.programs)
                .chain(&check.conversations);
            self.shows.is_empty()
                || evidence
                    .into_iter()
                    .any(|text| self.shows.iter().any(|shown| text.contains(shown)))
        };
        let first = find(self.breaks.first()?)?;
        if !self.breaks.iter().all(&is_broken)
            || self.leaves.iter().any(&is_broken)
            || !is_shown(first)
        {
            return None;
        }
        let all = self.breaks.iter().chain(self.may_break);
        Some(
            all.filter(|id| is_broken(id))
                .map(|id| (*id).to_owned())
                .collect(),
        )
    }
}

/// The causes that explain broken checks, the one that explains most first, and what breaks a must
/// before what does not. Each explains a check that those before it do not.
pub(crate) fn likely_causes(assignment: &Assignment, checks: &[CheckRecord]) -> Vec<CauseRecord> {
    // A few checks alone tell one mistake from another no more than a few symptoms do.
    let is_there = |id: &str| checks.iter().any(|check| check.id == id);
    if !assignment
        .causes
        .iter()
        .flat_map(Cause::checks)
        .all(is_there)
    {
        return Vec::new();
    }
    let is_must = |id: &str| {
        let mut musts = checks.iter().filter(|check| check.level == Level::Must);
        musts.any(|check| check.id == id)
    };
    let mut candidates: Vec<CauseRecord> = assignment
        .causes
        .iter()
        .filter_map(|cause| {
            Some(CauseRecord {
                name: cause.name.to_owned(),
                advice: cause.advice.to_owned(),
                page: cause.page.map(str::to_owned),
                explains: cause.explains(checks)?,
            })
        })
        .collect();
    let mut causes: Vec<CauseRecord> = Vec::new();
    loop {
        let news = |cause: &CauseRecord| {
            let known = |id: &&String| causes.iter().any(|other| other.explains.contains(id));
            let news: Vec<_> = cause.explains.iter().filter(|id| !known(id)).collect();
            (news.iter().any(|id| is_must(id)), news.len())
        };
        // Of equals the first of the catalogue.
        let Some((best, (_, 1..))) = candidates
            .iter()
            .map(news)
            .enumerate()
            .rev()
            .max_by_key(|(_, news)| *news)
        else {
            return causes;
        };
        causes.push(candidates.remove(best));
    }
}
