use maud::{Markup, html};

use super::{document, evidence, link, repeat, state, unusable};
use crate::Record;
use crate::gradebook::{number, outcome};
use crate::record::{CheckRecord, Outcome, Verdict};

/// The page of one submission.
pub(crate) fn student(record: &Record, points: Option<(f64, f64)>) -> String {
    let title = format!("{}: {}", record.assignment, outcome(record.outcome));
    let body = html! {
        header {
            h1 { (record.assignment) }
            p class="lead" {
                @if record.unusable.is_some() {
                    "The program cannot be graded."
                } @else {
                    (record.must.holds) " of " (record.must.judged()) " musts"
                    @if record.should.judged() > 0 {
                        " and " (record.should.holds) " of " (record.should.judged()) " shoulds"
                    }
                    " hold."
                }
                @if let Some((earned, possible)) = points {
                    " " strong { (number(earned)) " of " (number(possible)) " points" } "."
                }
                @if record.outcome == Outcome::NotJudged {
                    " This is no verdict: something disturbed the run, so run it again."
                }
            }
        }
        main {
            @if let Some(problem) = &record.unusable {
                section class="bad" { h2 { "Why" } (unusable(problem)) }
            } @else {
                (causes(record))
                (criteria(record))
                @for (heading, checks) in record.sections() { (section(record, heading, checks)) }
            }
        }
        footer {
            p { "Command: " code { (super::visible(&record.command)) } }
            p { "conform " (record.conform) ", seed " (record.seed)
                @for layer in &record.confinement { "; " (layer) } }
        }
    };
    document(&title, &body)
}

fn causes(record: &Record) -> Markup {
    html! {
        @if !record.causes.is_empty() {
            section {
                h2 { "Begin here" }
                @for cause in &record.causes {
                    article class="cause" {
                        h3 { "Likely cause: " (cause.name) }
                        p { (cause.advice) }
                        (link(cause.page.as_deref()))
                        p {
                            "It explains "
                            @for (place, id) in cause.explains.iter().enumerate() {
                                @if place > 0 { ", " }
                                a href={ "#" (id) } { (id) }
                            }
                            "."
                        }
                    }
                }
            }
        }
    }
}

fn criteria(record: &Record) -> Markup {
    html! {
        @if !record.criteria.is_empty() {
            section {
                h2 { "The assignment's own criteria" }
                ul class="checks" {
                    @for criterion in &record.criteria {
                        @let (class, sign, earned) = match criterion.earned {
                            Some(true) => ("h", "✓", criterion.points.to_string()),
                            Some(false) => ("b", "✗", "0".to_owned()),
                            None => ("n", "?", "?".to_owned()),
                        };
                        li {
                            span class={ "sign " (class) } aria-hidden="true" { (sign) }
                            " " (earned) " of " (criterion.points) " points: "
                            (criterion.number) ". " (criterion.title)
                        }
                    }
                }
            }
        }
    }
}

fn section(record: &Record, heading: &str, checks: &[CheckRecord]) -> Markup {
    let holds = checks
        .iter()
        .filter(|check| check.verdict == Verdict::Holds);
    html! {
        section {
            h2 { (heading) " " small { (holds.count()) " of " (checks.len()) " hold" } }
            ul class="checks" {
                @for check in checks { li { (line(record, check)) } }
            }
        }
    }
}

fn line(record: &Record, check: &CheckRecord) -> Markup {
    let state = state(check);
    let name = html! {
        span class={ "sign " (state.class) } aria-hidden="true" { (state.sign) }
        " " b { (check.id) } " " (check.title)
        " " small { (check.level) ", " (state.word) }
    };
    html! {
        @if check.verdict == Verdict::Holds {
            (name)
        } @else {
            details {
                summary { (name) }
                // Browsers open what is around the target of a link.
                div id=(check.id) {
                    p class="requirement" { (check.requirement) }
                    (evidence(check))
                    @if check.verdict == Verdict::Broken {
                        h5 { "Repeat it" }
                        pre tabindex="0" { (repeat(record, check)) }
                    }
                }
            }
        }
    }
}
