//! Files and folders that only the server's own user may read, because leads are confidential.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

const FOLDER: u32 = 0o700;
const FILE: u32 = 0o600;

/// Creates the folder and missing parent folders. An existing one keeps its permissions.
///
/// # Errors
/// Errors of the system.
pub fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER).create(path)
}

/// Opens a new file for writing, or truncates an existing one.
///
/// # Errors
/// Errors of the system.
pub fn create(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(FILE).open(path)?;
    // An existing file keeps its mode otherwise.
    file.set_permissions(Permissions::from_mode(FILE))?;
    Ok(file)
}

/// # Errors
/// `AlreadyExists`, or other errors of the system.
pub fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(FILE).open(path)
}

/// Removes the permissions of other users from the file, if it exists. Does not open it: closing it would release the locks that SQLite
/// holds on it.
///
/// # Errors
/// Errors of the system.
pub fn restrict(path: &Path) -> io::Result<()> {
    set_mode(path, FILE)
}

/// Removes the permissions of other users from the folder, if it exists.
///
/// # Errors
/// Errors of the system.
pub fn restrict_folder(path: &Path) -> io::Result<()> {
    set_mode(path, FOLDER)
}

fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(meta) if meta.permissions().mode() & 0o777 == mode => Ok(()),
        Ok(_) => fs::set_permissions(path, Permissions::from_mode(mode)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// The path with a suffix: `linnet.db-wal` for `linnet.db` and `-wal`.
#[must_use]
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
