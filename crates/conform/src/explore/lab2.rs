//! The client of the pickle server: it takes an id, sends a student, and prints the reply.

use std::fmt::Write as _;
use std::time::Duration;

use harness::{Input, Output, shown};

use super::draw::is_plain_ascii;
use super::pieces::{self, AT_ONCE, Cut};
use super::{Breaks as _, Draw, Fault, Model, Stage, smaller, that_apply};
use crate::checks::lab2::{
    Id, NO_IDS, NO_PICKLES, REPLIES, arguments_of, ends, fails, finish, is_of_its_kind, is_student,
    stays_whole,
};
use crate::checks::pickle::{long_text, receive};
use crate::{Conversation, Outcome, Problem, Trial};

/// The client of lab 3.
pub(crate) struct Lab2;

#[derive(Clone, PartialEq)]
pub(crate) struct Case {
    /// The name, the username and the sid.
    student: [String; 3],
    id: Id,
    in_dictionary: bool,
    reply: Reply,
    /// How the id and the reply are divided.
    cuts: [Vec<Cut>; 2],
    act: Act,
}

#[derive(Clone, PartialEq)]
struct Reply {
    pickle: Vec<u8>,
    printed: String,
    /// The check that asks for it; nothing for what the skeleton of the course replies.
    check: Option<&'static str>,
}

/// What the server does.
#[derive(Clone, PartialEq)]
enum Act {
    /// All that it should. One thing is looked at: programs that print in another way are explored
    /// all the same.
    Serves(Look),
    Lies(Lie),
}

/// What the server sends in place of the id or the reply, before it leaves.
#[derive(Clone, PartialEq)]
struct Lie {
    in_reply: bool,
    sends: Vec<u8>,
    check: &'static str,
}

#[derive(Clone, Copy, PartialEq)]
enum Look {
    /// Only that the client sends its data, and bears the reply.
    StaysWhole,
    /// It sends nothing before the id has come.
    Waits,
    Ends,
    PrintsId,
    PrintsReply,
    /// The same, when the reply comes together with the id.
    Together,
    PrintsNothingElse,
}

/// The check that asks for any text as a reply.
const A_TEXT: &str = "PC-1/3";

/// The checks of lies.
const NO_ID: &str = "PC-2/6";
const NO_PICKLE: &str = "PC-2/7";
const RESETS: &str = "PC-2/5";

impl Model for Lab2 {
    type Case = Case;
    type Memory = ();

    fn draw(draw: &mut Draw) -> Case {
        let mut case = Case {
            student: [name(draw), name(draw), sid(draw)],
            id: Id(draw.number(1024..65_536) as u16),
            in_dictionary: !draw.one_in(5),
            reply: reply(draw),
            cuts: [Vec::new(), Vec::new()],
            act: Act::Serves(draw.pick(&[
                Look::StaysWhole,
                Look::Waits,
                Look::Ends,
                Look::PrintsId,
                Look::PrintsReply,
                Look::Together,
                Look::PrintsNothingElse,
            ])),
        };
        if draw.one_in(4) {
            case.act = Act::Lies(lie(draw, &case));
        }
        let lengths = [case.id_bytes().len(), case.reply.pickle.len()];
        case.cuts = lengths.map(|length| pieces::draw(draw, length, false));
        case
    }

    fn smaller(case: &Case) -> Vec<Case> {
        let acts = [Look::StaysWhole, Look::PrintsReply].map(Act::Serves);
        let acts = acts.into_iter().take_while(|act| *act != case.act);
        let mut all = smaller::with(case, acts.collect(), |case, act| case.act = act);
        if let Act::Lies(lie) = &case.act
            && lie.is_part()
        {
            let lengths = smaller::numbers(lie.sends.len(), 0);
            let lies = smaller::with(lie, lengths, |lie, length| lie.sends.truncate(length));
            all.extend(smaller::with(case, lies, |case, lie| {
                case.act = Act::Lies(lie);
            }));
        }
        all.extend(smaller::plainer(
            case,
            &[
                |case| case.reply = Reply::usual(),
                |case| case.in_dictionary = true,
            ],
        ));
        if case.reply.check == Some(A_TEXT) {
            let texts = smaller::texts(&case.reply.printed);
            all.extend(smaller::with(case, texts, |case, text| {
                case.reply = Reply::text(&text);
            }));
        }
        for at in [0, 1] {
            let cuts = &case.cuts[at];
            let cuts = [pieces::fewer(cuts), pieces::smaller(cuts)].concat();
            all.extend(smaller::with(case, cuts, |case, cuts| case.cuts[at] = cuts));
        }
        all.extend(smaller::plainer(
            case,
            &[
                |case| case.student[0] = "a".to_owned(),
                |case| case.student[1] = "a".to_owned(),
                |case| case.student[2] = "7".to_owned(),
            ],
        ));
        all
    }

    fn rests_on(case: &Case) -> Vec<&'static str> {
        let serves = matches!(case.act, Act::Serves(_));
        let Reply {
            pickle,
            printed,
            check,
        } = &case.reply;
        let mut all = that_apply([
            ("G-5", !case.cuts.concat().is_empty()),
            ("PC-1/7", !case.in_dictionary),
            ("PC-1/9", !case.has_plain_sid()),
            ("G-5", serves && pickle.len() > AT_ONCE),
            ("G-6/3", serves && !is_plain_ascii(printed)),
        ]);
        all.extend(check.filter(|_| serves));
        all.extend(match &case.act {
            Act::Serves(Look::StaysWhole) => None,
            Act::Serves(Look::Waits) => Some("PC-1/10"),
            Act::Serves(Look::Ends) => Some("PC-1/4"),
            Act::Serves(Look::PrintsId) => Some("PC-1/2"),
            Act::Serves(Look::PrintsReply) => Some("PC-1/3"),
            Act::Serves(Look::Together) => Some("G-5/3"),
            Act::Serves(Look::PrintsNothingElse) => Some("PC-1/11"),
            Act::Lies(lie) => Some(lie.check),
        });
        all
    }

    fn words(case: &Case) -> String {
        let [name, username, sid] = &case.student;
        let mut text = format!("the student is {name}, {username}, with the sid {sid}\n");
        let (lie, when) = match &case.act {
            Act::Lies(lie) => (Some(lie), ""),
            Act::Serves(Look::Together) => (None, "together with it"),
            Act::Serves(_) => (None, "behind the data"),
        };
        if let Some(lie) = lie.filter(|lie| !lie.in_reply) {
            return text + &lie.words();
        }
        let form = if case.in_dictionary {
            ""
        } else {
            " without a dictionary"
        };
        // Writing into a `String` cannot fail.
        let _ = writeln!(text, "the server sends the id {}{form}", case.id.0);
        pieces::words(&mut text, &case.cuts[0], case.id_bytes().len());
        if let Some(lie) = lie {
            return text + &lie.words();
        }
        let reply = shown(case.reply.printed.as_bytes());
        let _ = writeln!(text, "it sends the reply {reply} {when}");
        pieces::words(&mut text, &case.cuts[1], case.reply.pickle.len());
        text
    }

    fn play(case: &Case, (): &mut (), stage: &mut Stage<'_>) -> Result<(), Fault> {
        let trial = stage.fresh();
        let listener = trial.listen().breaks("PC-1")?;
        let arguments = arguments_of(listener.port(), &case.student);
        let start = trial.start_as(&arguments, |program| {
            program.stdin(Input::Pipe).stdout(Output::Captured)
        });
        start.breaks("PC-1")?;
        let server = trial.accept(&listener).breaks("PC-1")?;
        match &case.act {
            Act::Serves(look) => serve(case, *look, trial, server),
            Act::Lies(lie) => deceive(case, lie, trial, server),
        }
    }
}

impl Case {
    fn id_bytes(&self) -> Vec<u8> {
        match self.in_dictionary {
            true => self.id.in_dictionary(),
            false => self.id.alone(),
        }
    }

    /// Whether any program takes the sid for a number.
    fn has_plain_sid(&self) -> bool {
        self.student[2].parse::<i32>().is_ok()
    }
}

impl Lie {
    /// Whether it is the beginning of something right.
    fn is_part(&self) -> bool {
        !matches!(self.check, NO_ID | NO_PICKLE)
    }

    fn words(&self) -> String {
        let sends = shown(&self.sends);
        let what = if self.in_reply { "reply" } else { "id" };
        let how = match self.check {
            RESETS => "resets",
            _ => "closes",
        };
        format!("the server sends {sends} in place of the {what}, and {how} the connection\n")
    }
}

impl Reply {
    fn usual() -> Self {
        let (pickle, printed) = REPLIES[0];
        Self {
            pickle: pickle.to_vec(),
            printed: printed.to_owned(),
            check: None,
        }
    }

    fn text(text: &str) -> Self {
        Self {
            pickle: long_text(text),
            printed: text.to_owned(),
            check: Some(A_TEXT),
        }
    }
}

fn reply(draw: &mut Draw) -> Reply {
    match draw.number(0..4) {
        0 | 1 => Reply::usual(),
        2 => {
            let (pickle, printed) = draw.pick(&REPLIES);
            Reply {
                pickle: pickle.to_vec(),
                printed: printed.to_owned(),
                check: Some("PC-1/11"),
            }
        }
        _ => {
            let length = draw.length(20_000);
            Reply::text(&draw.text(length))
        }
    }
}

/// Letters, which every protocol of pickle writes as they are.
fn name(draw: &mut Draw) -> String {
    let length = draw.length(300).max(1);
    let name = draw.letters(length);
    if draw.one_in(3) {
        name + " " + &draw.letters(5)
    } else {
        name
    }
}

fn sid(draw: &mut Draw) -> String {
    let number = draw.number(100_000..1_000_000_000);
    match draw.number(0..8) {
        0 => draw
            .pick(&["0", "255", "256", "65536", "2147483647"])
            .to_owned(),
        1 => draw.pick(&["2147483648", "1000000000000000001"]).to_owned(),
        2 => format!("{number}a"),
        _ => number.to_string(),
    }
}

fn lie(draw: &mut Draw, case: &Case) -> Lie {
    let in_reply = draw.one_in(2);
    let mut sends = match in_reply {
        true => case.reply.pickle.clone(),
        false => case.id_bytes(),
    };
    sends.truncate(draw.number(0..sends.len()));
    let check = match draw.number(0..6) {
        0 => {
            sends = draw.pick(&NO_PICKLES).to_vec();
            NO_PICKLE
        }
        1 if !in_reply => {
            sends = draw.pick(&NO_IDS).to_vec();
            NO_ID
        }
        2 => RESETS,
        _ if in_reply => "PC-2/4",
        _ => "PC-2/3",
    };
    Lie {
        in_reply,
        sends,
        check,
    }
}

/// Sends the id, receives the student, sends the reply, and looks at what is to be seen then.
fn serve(
    case: &Case,
    look: Look,
    trial: &mut Trial<'_>,
    mut server: Conversation,
) -> Result<(), Fault> {
    /// Who sends too early has sent by then.
    const A_MOMENT: Duration = Duration::from_millis(60);
    if look == Look::Waits {
        server.expect_silence(A_MOMENT).breaks("PC-1/10")?;
    }
    let [id_cuts, reply_cuts] = &case.cuts;
    let (mut id, mut reply) = (case.id_bytes(), case.reply.pickle.clone());
    if look == Look::Together {
        id.append(&mut reply);
    }
    pieces::send(id_cuts, &id, &mut server).breaks("PC-1")?;
    let data = receive(&mut server).breaks("PC-1")?;
    is_student(trial, &data, &case.student).breaks("PC-1")?;
    if !case.has_plain_sid() && trial.may_choose_arguments().is_ok() {
        is_of_its_kind(&data, &case.student[2]).breaks("PC-1/9")?;
    }
    // Whether it should have waited for the reply is seen in what it prints.
    let _ = pieces::send(reply_cuts, &reply, &mut server);
    match look {
        Look::StaysWhole | Look::Waits => stays_whole(trial),
        Look::Ends => ends(trial),
        _ => prints(case, look, trial, server),
    }
    .breaks("PC-1/17")
}

fn prints(case: &Case, look: Look, trial: &mut Trial<'_>, server: Conversation) -> Outcome {
    finish(trial, server)?;
    let printed = trial.process()?.stdout();
    let printed = String::from_utf8_lossy(&printed);
    let (id, reply) = (case.id.line(), &case.reply.printed);
    let (is_right, expected) = match look {
        Look::PrintsId => (printed.contains(&id), id),
        Look::PrintsNothingElse => {
            let all = format!("{id}\n{reply}\n");
            (printed == all, all)
        }
        _ => (printed.contains(reply), reply.clone()),
    };
    if is_right {
        return Ok(());
    }
    let expected = format!("{} on standard output", shown(expected.as_bytes()));
    Err(Problem::broken(expected, shown(printed.as_bytes())))
}

/// Lies, and leaves: the client has to report an error.
fn deceive(
    case: &Case,
    lie: &Lie,
    trial: &mut Trial<'_>,
    mut server: Conversation,
) -> Result<(), Fault> {
    if lie.in_reply {
        pieces::send(&case.cuts[0], &case.id_bytes(), &mut server).breaks("PC-1")?;
        receive(&mut server).breaks("PC-1")?;
    }
    // It may have seen enough before it has taken all.
    let _ = server.send(&lie.sends);
    if lie.check == RESETS {
        server.reset().breaks(RESETS)?;
    } else {
        drop(server);
    }
    fails(trial).breaks(lie.check)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::pickle::{LONGEST, Reading, read};

    #[test]
    fn what_is_right_is_a_whole_pickle_and_a_lie_is_none_or_no_id() {
        for number in 0..2000 {
            let case = Lab2::draw(&mut Draw::new(number));
            let words = Lab2::words(&case);
            for bytes in [&case.id_bytes(), &case.reply.pickle] {
                let is_whole = matches!(read(bytes), Reading::Whole(_, end) if end == bytes.len());
                assert!(is_whole || bytes.len() > LONGEST, "{words}");
            }
            if let Act::Lies(lie) = &case.act {
                match read(&lie.sends) {
                    Reading::Whole(..) => assert_eq!(lie.check, NO_ID, "{words}"),
                    Reading::Part => assert!(lie.is_part(), "{words}"),
                    Reading::Wrong { .. } => assert!(
                        lie.check == NO_PICKLE || lie.sends.len() > LONGEST,
                        "{words}"
                    ),
                }
            }
        }
    }
}
