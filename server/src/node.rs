//! Which process this is to the others on the same database.

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
    /// Held for as long as the process lives.
    lock: Option<Arc<File>>,
}

impl Node {
    /// One that no later process can be.
    pub fn passing(id: Uuid) -> Self {
        Self { id, lock: None }
    }

    /// The first process on a folder has the folder's name, so that one that was killed goes on with its own jobs as soon as it is back.
    /// Another beside it (a command, while the server runs), or on a folder that cannot be written, is a passing one. `fresh` is its name,
    /// or the folder's if that has none yet.
    pub fn of(folder: &Path, fresh: Uuid) -> Self {
        named(folder, fresh).unwrap_or_else(|error| {
            tracing::warn!(folder = %folder.display(), %error, "the folder has no name for this server; it takes a new one");
            Self::passing(fresh)
        })
    }

    /// Has the folder's name.
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
