//! Files and folders that nobody but the server's own user may read: leads are nobody else's business.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

const FOLDER: u32 = 0o700;
const FILE: u32 = 0o600;

/// Makes the folder and those above it that are missing. One that is there stays as its owner set it.
///
/// # Errors
/// As the system says.
pub fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER).create(path)
}

/// A new file to write, or an old one made empty.
///
/// # Errors
/// As the system says.
pub fn create(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(FILE).open(path)?;
    // An old file keeps its mode, if it had another.
    file.set_permissions(Permissions::from_mode(FILE))?;
    Ok(file)
}

/// # Errors
/// `AlreadyExists`, or as the system says.
pub fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(FILE).open(path)
}

/// Takes the file away from others, if it is there. It is not opened: closing it would free the locks that SQLite holds on it.
///
/// # Errors
/// As the system says.
pub fn restrict(path: &Path) -> io::Result<()> {
    set_mode(path, FILE)
}

/// Takes the folder away from others, if it is there.
///
/// # Errors
/// As the system says.
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

/// `linnet.db-wal` for `linnet.db` and `-wal`.
#[must_use]
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
