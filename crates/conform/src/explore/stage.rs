use std::net::SocketAddr;
use std::time::Duration;

use super::Exploration;
use crate::{Assignment, Check, Conversation, Evidence, Problem, Role, Subject, Target, Trial};

/// Where cases are played: it starts the program when it is needed, and ends it.
#[derive(Debug)]
pub(crate) struct Stage<'a> {
    assignment: &'a Assignment,
    subject: &'a Subject,
    /// What goes on with the program that runs, if one does.
    trial: Option<Trial<'a>>,
    address: Option<SocketAddr>,
    /// How long to wait for what should happen immediately; as long as the run says if nothing.
    hurry: Option<Duration>,
    careful: bool,
    starts: usize,
    conversations: usize,
}

impl<'a> Stage<'a> {
    pub(super) fn new(assignment: &'a Assignment, subject: &'a Subject) -> Self {
        Self {
            assignment,
            subject,
            trial: None,
            address: None,
            hurry: None,
            careful: false,
            starts: 0,
            conversations: 0,
        }
    }

    /// Waits only so long for what should happen immediately: enough to suspect a program.
    pub(super) fn hurry(&mut self, hurry: Duration) {
        self.hurry = Some(hurry);
        self.careful = false;
    }

    /// Waits so long, or as long as the run says, and leaves nothing to chance.
    pub(super) fn be_careful(&mut self, hurry: Option<Duration>) {
        self.hurry = hurry;
        self.careful = true;
    }

    /// Whether a program is given time to notice what happened to it.
    pub(crate) fn is_careful(&self) -> bool {
        self.careful
    }

    /// How often the program was started.
    pub(super) fn starts(&self) -> usize {
        self.starts
    }

    /// How many clients have connected to a server, or how many runs of a client there were.
    pub(super) fn conversations(&self) -> usize {
        self.conversations
    }

    /// How far to explore.
    pub(super) fn exploration(&self) -> &'a Exploration {
        &self.subject.exploration
    }

    /// A check of the assignment.
    pub(super) fn check(&self, id: &str) -> Option<&'static Check> {
        self.assignment.checks().find(|check| check.id == id)
    }

    /// Connects to the server, which is started if it does not run.
    ///
    /// # Errors
    /// A [`Problem`] if it does not come to listen, or does not accept.
    pub(crate) fn connect(&mut self) -> Result<Conversation, Problem> {
        let address = match self.address {
            Some(address) => address,
            None => {
                let address = self.fresh().serve()?;
                *self.address.insert(address)
            }
        };
        self.conversations += 1;
        let hurry = self.hurry;
        let trial = self.running()?;
        trial.hurry(hurry);
        trial.connect(address)
    }

    /// What goes on with the server that runs.
    ///
    /// # Errors
    /// A [`Problem`] if none does: only after [`Stage::connect`] one is there.
    pub(crate) fn running(&mut self) -> Result<&mut Trial<'a>, Problem> {
        let none = || Problem::trouble("no server runs");
        self.trial.as_mut().ok_or_else(none)
    }

    /// A trial of its own, for a client that is started for each case. What ran before is ended.
    pub(crate) fn fresh(&mut self) -> &mut Trial<'a> {
        self.end();
        self.starts += 1;
        let mut trial = Trial::new(self.assignment, self.subject, 0);
        if let Role::Client { .. } = self.assignment.role {
            // It is started for each case: that takes the time that it takes.
            let starting = |hurry| hurry + 2 * self.subject.startup;
            trial.hurry(self.hurry.map(starting));
            self.conversations += 1;
        }
        self.trial.insert(trial)
    }

    /// Ends the program.
    pub(super) fn end(&mut self) {
        self.trial = None;
        self.address = None;
    }

    /// Whether a program can be started again: a server that runs already cannot.
    pub(super) fn restarts(&self) -> bool {
        !matches!(self.subject.target, Target::Connect(_))
    }

    /// Whether the program that runs let something be waited for in vain.
    pub(super) fn depends_on_time(&self) -> bool {
        self.trial.as_ref().is_some_and(Trial::depends_on_time)
    }

    /// The bound that the program went over.
    pub(super) fn excess(&self) -> Option<Problem> {
        self.trial.as_ref().and_then(Trial::excess)
    }

    /// Ends the program, and returns what was seen of it.
    pub(super) fn evidence(&mut self) -> Evidence {
        self.address = None;
        let evidence = self.trial.take().map(|mut trial| {
            trial.fail();
            trial.evidence()
        });
        evidence.unwrap_or_default()
    }
}
