use std::fmt;

use proto::pickle::Value;

/// A client's object as it is printed: one line, whatever it holds (P-5).
pub(crate) struct Line<'a> {
    /// The client's id.
    pub(crate) id: u16,
    pub(crate) object: &'a Value,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, object } = self;
        let student = (
            object.get("student_name"),
            object.get("github_username"),
            object.get("sid"),
        );
        match student {
            (Some(name), Some(username), Some(sid)) => write!(
                f,
                "Connected: Student: {}, Github Username: {}, sid: {}",
                name.bare(),
                username.bare(),
                sid.bare()
            ),
            _ => write!(f, "Client {id}: {object}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proto::pickle::{Decoder, Plain};

    use super::*;

    fn line(object: Plain<'_>) -> String {
        let mut pickle = Vec::new();
        object.emit(&mut pickle);
        let object = Decoder::new().next(&mut &pickle[..]).unwrap().unwrap();
        Line {
            id: 51669,
            object: &object,
        }
        .to_string()
    }

    #[test]
    fn p_5_an_object_after_the_clients_id() {
        let object = [
            ("name", Plain::Str("Jose")),
            ("email", Plain::Str("jose@example.edu")),
        ];
        assert_eq!(
            line(Plain::Dict(&object)),
            "Client 51669: {'name': 'Jose', 'email': 'jose@example.edu'}"
        );
        assert_eq!(line(Plain::Str("a\nb")), r"Client 51669: 'a\nb'");
    }

    #[test]
    fn p_5_g_6_a_student_without_the_id_and_bare_but_escaped() {
        let name = ("student_name", Plain::Str("A\nClient 1: 'forged'\x1b[2J"));
        let username = ("github_username", Plain::Str("it's"));
        let sid = ("sid", Plain::Int(7));
        let connected =
            r"Connected: Student: A\nClient 1: 'forged'\x1b[2J, Github Username: it's, sid: 7";
        assert_eq!(line(Plain::Dict(&[name, username, sid])), connected);
        // In any order, and with more beside them.
        let more = ("year", Plain::Int(3));
        assert_eq!(line(Plain::Dict(&[sid, more, username, name])), connected);
        for fewer in [[name, username], [name, sid], [username, sid]] {
            let line = line(Plain::Dict(&fewer));
            assert!(line.starts_with("Client 51669: {'"), "{line}");
        }
    }
}
