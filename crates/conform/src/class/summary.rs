use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use cli::Error;
use serde::{Deserialize, Serialize};

use super::{Options, STATUS_NOT_JUDGED};
use crate::files::{self, cannot};
use crate::gradebook::{self, Grade};
use crate::page::{self, ClassPage, Row};
use crate::{Record, report};

/// The file of one submission: the record, and what it was made of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Graded {
    /// Of the submission and of how it was graded; nothing if `conform --format json` wrote it.
    #[serde(default)]
    pub(crate) fingerprint: String,
    #[serde(flatten)]
    pub(crate) record: Record,
}

/// What is made from the JSON files of a folder.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) folder: PathBuf,
    points: Option<f64>,
    problem: Option<String>,
    anonymous: bool,
    moodle: Option<PathBuf>,
}

impl Summary {
    pub(crate) fn new(
        folder: PathBuf,
        points: Option<f64>,
        problem: Option<String>,
        options: &Options,
    ) -> Self {
        Self {
            folder,
            points,
            problem,
            anonymous: options.anonymous,
            moodle: options.moodle.clone(),
        }
    }

    /// Writes the page and the gradebooks, and returns the status.
    pub(crate) fn write(&self) -> Result<u8, Error> {
        let (records, unreadable) = read(&self.folder)?;
        let Some((_, first)) = records.first() else {
            return Ok(STATUS_NOT_JUDGED);
        };
        let assignment = first.assignment.clone();
        if let Some((name, other)) = records.iter().find(|one| one.1.assignment != assignment) {
            return Err(Error::new(format_args!(
                "the results are of several assignments: {name:?} is of {}, others of {assignment}",
                other.assignment
            )));
        }
        let rows: Vec<_> = records
            .iter()
            .map(|(name, record)| Row {
                name: name.clone(),
                points: report::points_of(record, self.points),
                record,
            })
            .collect();
        let page = page::class(&ClassPage {
            rows: &rows,
            anonymous: self.anonymous,
        });
        self.put("index.html", page.as_bytes())?;
        let grades: Vec<_> = rows.iter().map(Grade::of).collect();
        let title = self.problem.as_deref().unwrap_or(&assignment);
        self.put("grades.csv", &gradebook::plain(&grades)?)?;
        self.put("canvas.csv", &gradebook::canvas(&grades, title)?)?;
        if let Some(worksheet) = &self.moodle {
            let given = fs::read(worksheet);
            let given = given.map_err(|error| cannot("read", worksheet, &error))?;
            let (filled, missing) = gradebook::moodle(&grades, &given)?;
            self.put("moodle.csv", &filled)?;
            for name in missing {
                let name = cli::escape(name.as_bytes());
                cli::report(format_args!("conform: {name} is not in the worksheet"));
            }
        }
        Ok(if unreadable { STATUS_NOT_JUDGED } else { 0 })
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        files::put(&self.folder.join(name), |file| file.write_all(bytes))
    }
}

/// The records in a folder by the names of their files, and whether there are files that are none.
fn read(folder: &Path) -> Result<(Vec<(String, Record)>, bool), Error> {
    let cannot_read = |error| cannot("read", folder, &error);
    let mut records = Vec::new();
    let mut unreadable = false;
    for entry in fs::read_dir(folder).map_err(cannot_read)? {
        let path = entry.map_err(cannot_read)?.path();
        let (Some(name), true) = (
            path.file_stem(),
            path.extension().is_some_and(|e| e == "json"),
        ) else {
            continue;
        };
        let json = fs::read(&path).map_err(|error| cannot("read", &path, &error))?;
        match serde_json::from_slice::<Graded>(&json) {
            Ok(graded) => records.push((name.to_string_lossy().into_owned(), graded.record)),
            Err(error) => {
                unreadable = true;
                let path = cli::escape(path.as_os_str().as_encoded_bytes());
                cli::report(format_args!("conform: {path} is no result: {error}"));
            }
        }
    }
    records.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok((records, unreadable))
}
