//! Files that are written beside their place, and are renamed into it when they are whole.

use std::ffi::OsStr;
use std::fmt::Display;
use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use cli::Error;
use tempfile::NamedTempFile;

/// Has a file written, which is nowhere or whole, also if others do the same at this moment. What
/// stood in its place, a link for one, is replaced.
///
/// # Errors
/// It cannot be written.
pub(crate) fn put(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<(), Error> {
    let written = || {
        let mut file = beside(path)?;
        write(file.as_file_mut())?;
        file.persist(path)?;
        Ok(())
    };
    written().map_err(|error: io::Error| cannot("write", path, &error))
}

/// Finds out that [`put`] will be able to, and leaves nothing behind.
///
/// # Errors
/// It will not.
pub(crate) fn can_put(path: &Path) -> Result<(), Error> {
    let tried = beside(path).map(drop);
    tried.map_err(|error| cannot("write", path, &error))
}

/// An error about a file or folder, in one wording.
pub(crate) fn cannot(act: &str, path: impl AsRef<OsStr>, error: &impl Display) -> Error {
    let path = cli::escape(path.as_ref().as_encoded_bytes());
    Error::new(format_args!("cannot {act} {path:?}: {error}"))
}

fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    tempfile::Builder::new()
        .prefix(".conform-")
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(folder.unwrap_or(Path::new(".")))
}
