use std::ffi::OsString;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use cli::Error;

use crate::files::cannot;

/// A folder that somebody handed in.
#[derive(Clone, Debug)]
pub(super) struct Submission {
    pub(super) name: OsString,
    pub(super) folder: PathBuf,
}

impl Submission {
    /// The file that tells what came of it.
    pub(super) fn json(&self, output: &Path) -> PathBuf {
        let mut name = self.name.clone();
        name.push(".json");
        output.join(name)
    }

    /// A number that is another when anything in the folder is: names, links or contents.
    pub(super) fn hash(&self, hasher: &mut DefaultHasher) -> io::Result<()> {
        hash_folder(&self.folder, hasher)
    }
}

/// The submissions in a folder, by name: all folders but hidden ones, and that for the results.
pub(super) fn in_folder(folder: &Path, output: &Path) -> Result<Vec<Submission>, Error> {
    let cannot_read = |error| cannot("read", folder, &error);
    // The command runs in these folders: their paths must be right there too.
    let folder = fs::canonicalize(folder).map_err(cannot_read)?;
    let output = fs::canonicalize(output).ok();
    let mut submissions = Vec::new();
    for entry in fs::read_dir(&folder).map_err(cannot_read)? {
        let entry = entry.map_err(cannot_read)?;
        let (name, path) = (entry.file_name(), entry.path());
        let is_hidden = name.as_bytes().starts_with(b".");
        if path.is_dir() && !is_hidden && Some(&path) != output.as_ref() {
            submissions.push(Submission { name, folder: path });
        }
    }
    if submissions.is_empty() {
        let path = cli::escape(folder.as_os_str().as_bytes());
        return Err(Error::new(format_args!(
            "there is no submission in {path:?}: each is a folder"
        )));
    }
    submissions.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(submissions)
}

fn hash_folder(folder: &Path, hasher: &mut DefaultHasher) -> io::Result<()> {
    let entries: io::Result<Vec<_>> = fs::read_dir(folder)?.collect();
    let mut entries = entries?;
    entries.sort_by_key(fs::DirEntry::file_name);
    entries.len().hash(hasher);
    for entry in entries {
        let kind = entry.file_type()?;
        entry.file_name().hash(hasher);
        (kind.is_dir(), kind.is_file(), kind.is_symlink()).hash(hasher);
        if kind.is_dir() {
            hash_folder(&entry.path(), hasher)?;
        } else if kind.is_symlink() {
            fs::read_link(entry.path())?.hash(hasher);
        } else if kind.is_file() {
            hash_file(&entry.path(), hasher)?;
        }
        // A pipe or a device is not opened: that could take forever.
    }
    Ok(())
}

fn hash_file(file: &Path, hasher: &mut DefaultHasher) -> io::Result<()> {
    let mut reader = BufReader::new(File::open(file)?);
    let mut length = 0;
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() {
            length.hash(hasher);
            return Ok(());
        }
        let count = bytes.len();
        hasher.write(bytes);
        reader.consume(count);
        length += count;
    }
}
