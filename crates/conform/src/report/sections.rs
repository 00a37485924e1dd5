use crate::{CheckResult, Report};

/// The results under their headings, both in the order of the specification.
pub(super) fn sections<'r, 'a>(
    report: &'r Report<'a>,
) -> impl Iterator<Item = (&'static str, Vec<&'r CheckResult<'a>>)> {
    report.assignment.sections.iter().filter_map(|section| {
        let belongs = |result: &&CheckResult<'_>| {
            section
                .checks
                .iter()
                .any(|check| check.id == result.check.id)
        };
        let results: Vec<_> = report.results.iter().filter(belongs).collect();
        (!results.is_empty()).then_some((section.title, results))
    })
}
