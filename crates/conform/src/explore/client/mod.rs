//! The client that creates and reads messages.

mod creating;
mod reading;

use super::{Draw, Fault, Model, Stage};
use creating::Creating;
use reading::Reading;

/// The client of COSC264.
pub(crate) struct Client;

#[derive(Clone)]
pub(crate) enum Case {
    Create(Creating),
    Read(Reading),
}

impl Model for Client {
    type Case = Case;
    type Memory = ();

    fn draw(draw: &mut Draw) -> Case {
        match draw.one_in(3) {
            true => Case::Create(Creating::draw(draw)),
            false => Case::Read(Reading::draw(draw)),
        }
    }

    fn smaller(case: &Case) -> Vec<Case> {
        match case {
            Case::Create(case) => case.smaller().into_iter().map(Case::Create).collect(),
            Case::Read(case) => case.smaller().into_iter().map(Case::Read).collect(),
        }
    }

    fn rests_on(case: &Case) -> Vec<&'static str> {
        match case {
            Case::Create(case) => case.rests_on(),
            Case::Read(case) => case.rests_on(),
        }
    }

    fn words(case: &Case) -> String {
        match case {
            Case::Create(case) => case.words(),
            Case::Read(case) => case.words(),
        }
    }

    fn play(case: &Case, (): &mut (), stage: &mut Stage<'_>) -> Result<(), Fault> {
        let trial = stage.fresh();
        match case {
            Case::Create(case) => case.play(trial),
            Case::Read(case) => case.play(trial),
        }
    }
}
