//! Identity of this process among all processes on the same database.

use crate::private;
use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, Write},
    path::Path,
    sync::Arc,
};
use uuid::Uuid;

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Node {
    pub id: Uuid,
    /// Locked as long as the process lives.
    lock: Option<Arc<File>>,
}

impl Node {
    /// A node with a new id, which no later process can have.
    pub fn passing(id: Uuid) -> Self {
        Self { id, lock: None }
    }

    /// The first process on a folder has the id that is stored in the folder, so that a server that was killed can resume its own jobs at
    /// once after a restart. A second process (a command, while the server runs), or one whose folder cannot be written, has the id
    /// `fresh`. `fresh` is also stored in a folder without an id.
    pub fn of(folder: &Path, fresh: Uuid) -> Self {
        named(folder, fresh).unwrap_or_else(|error| {
            tracing::warn!(folder = %folder.display(), %error, "the folder has no name for this server; it takes a new one");
            Self::passing(fresh)
        })
    }

    /// Has the folder's id.
    pub fn is_lasting(&self) -> bool {
        self.lock.is_some()
    }
}

fn named(folder: &Path, fresh: Uuid) -> io::Result<Node> {
    private::make_folder(folder)?;
    let path = folder.join("node");
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
    private::restrict(&path)?;
    if file.try_lock().is_err() {
        return Ok(Node::passing(fresh));
    }
    let mut name = String::new();
    file.read_to_string(&mut name)?;
    let id = if let Ok(id) = name.trim().parse() {
        id
    } else {
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(fresh.to_string().as_bytes())?;
        fresh
    };
    Ok(Node { id, lock: Some(Arc::new(file)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_node_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let id = Uuid::from_u128;
        let first = Node::of(folder.path(), id(1));
        let beside = Node::of(folder.path(), id(2));
        assert_eq!((first.id, beside.id, beside.is_lasting()), (id(1), id(2), false));
        drop(first);
        let again = Node::of(folder.path(), id(3));
        assert_eq!((again.id, again.is_lasting()), (id(1), true));
    }
}
