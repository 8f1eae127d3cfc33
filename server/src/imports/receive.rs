//! Upload of a file: streamed to disk, transcoded to UTF-8, inspected.

use super::{Imports, sniff, sql, unreadable};
use crate::private;
use bytes::Bytes;
use domain::{
    Actor, Error, ImportId, Permission, Record, Result,
    imports::{Import, ImportCounts, ImportOptions, ImportStatus, KeptLeads},
    text::{clean_file_name, grouped},
};
use encoding_rs::{CoderResult, Encoding, UTF_8};
use futures::{Stream, StreamExt};
use std::{
    collections::HashSet,
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};
use tokio::io::AsyncWriteExt;
use tokio_util::sync::CancellationToken;

/// Bytes at the start of a file that show whether it is text.
const HEAD: usize = 8 * 1024;
/// Age after which a leftover file is removed.
const SWEPT_AFTER: Duration = Duration::from_hours(24);

impl Imports {
    /// Stores the file and returns its description. Nothing is imported yet.
    ///
    /// # Errors
    /// `Invalid` on `file` when it is empty or not a table of text; `TooLarge`; `DiskFull`.
    pub async fn receive<S>(&self, actor: &Actor, file_name: &str, body: S) -> Result<Import>
    where
        S: Stream<Item = Result<Bytes>> + Send,
    {
        actor.require(Permission::Import)?;
        let file_name = shown(file_name);
        let id = ImportId(self.store.clock.id());
        let part = TemporaryFile(self.folder.join(format!("{id}.part")));
        self.keep(&part.0, body).await?;
        // Spawned, so that a disconnected caller cannot leave a file without its import row.
        let gone = CancellationToken::new();
        let here = gone.clone().drop_guard();
        let (imports, actor) = (self.clone(), actor.clone());
        let taken = tokio::spawn(async move { imports.take_in(&actor, id, file_name, part, &gone).await }).await.map_err(|error| {
            tracing::error!(%error, "taking in a file");
            Error::Internal
        })?;
        drop(here.disarm());
        taken
    }

    /// Inspects the file and inserts the import. Removes the file when the caller is `gone` before the insert.
    async fn take_in(&self, actor: &Actor, id: ImportId, file: String, part: TemporaryFile, gone: &CancellationToken) -> Result<Import> {
        let to = self.path(id);
        let looked = tokio::task::spawn_blocking(move || look(&part.0, &to)).await.map_err(|error| {
            tracing::error!(%error, "looking at a file");
            Error::Internal
        })?;
        let entered = async {
            let look = looked?;
            self.put_file(id, &self.path(id)).await?;
            if gone.is_cancelled() {
                return Err(Error::Unavailable("The upload was broken off; send the file again".to_owned()));
            }
            self.enter(actor, id, file, look).await
        }
        .await;
        if entered.is_err() {
            self.remove_file(id).await;
        }
        entered
    }

    async fn keep<S: Stream<Item = Result<Bytes>> + Send>(&self, path: &Path, body: S) -> Result<()> {
        private::make_folder(&self.folder).map_err(|error| unreadable(&error))?;
        let file = tokio::fs::File::from_std(private::create(path).map_err(|error| unreadable(&error))?);
        let mut file = tokio::io::BufWriter::with_capacity(256 * 1024, file);
        let mut size = 0;
        let mut body = std::pin::pin!(body);
        while let Some(bytes) = body.next().await {
            let bytes = bytes?;
            size += bytes.len() as u64;
            if size > self.file_max {
                return Err(Error::TooLarge { limit: self.file_max });
            }
            file.write_all(&bytes).await.map_err(|error| unreadable(&error))?;
        }
        // Synced before its row is inserted: a row without its file must not survive a power loss.
        file.flush().await.map_err(|error| unreadable(&error))?;
        file.get_ref().sync_all().await.map_err(|error| unreadable(&error))
    }

    async fn enter(&self, actor: &Actor, id: ImportId, file: String, look: Look) -> Result<Import> {
        let import = Import {
            id,
            revision: 1,
            file,
            status: ImportStatus::Uploaded,
            size: look.size as i64,
            read: look.shape.start as i64,
            encoding: look.encoding.name().to_lowercase(),
            delimiter: char::from(look.shape.delimiter),
            columns: look.shape.columns,
            options: ImportOptions::default(),
            counts: ImportCounts::default(),
            error: None,
            remark: look.remark,
            kept: KeptLeads::default(),
            created_by: actor.who.name().to_owned(),
            created_at: self.store.clock.now(),
            started_at: None,
            finished_at: None,
        };
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    sql::insert(tx, &import).await?;
                    tx.created(Record::Import(Box::new(import.clone())));
                    Ok(import)
                })
            })
            .await
    }

    /// Removes files older than `SWEPT_AFTER` that no unfinished import uses. Younger files may belong to an upload in another process.
    pub(super) fn sweep(&self, unfinished: &[Import]) {
        let now = self.store.clock.now();
        let old = |path: &Path| {
            let changed = path.metadata().and_then(|meta| meta.modified()).ok()?.duration_since(UNIX_EPOCH).ok()?;
            Some(now.0 - changed.as_micros() as i64 > SWEPT_AFTER.as_micros() as i64)
        };
        let wanted: HashSet<PathBuf> = unfinished.iter().map(|import| self.path(import.id)).collect();
        let Ok(files) = std::fs::read_dir(&self.folder) else { return };
        for path in files.flatten().map(|file| file.path()) {
            let ours = path.extension().is_some_and(|extension| extension == "csv" || extension == "part");
            if ours && !wanted.contains(&path) && old(&path) == Some(true) {
                drop(std::fs::remove_file(path));
            }
        }
    }
}

/// The name of a file as it is shown: without its folder, at most 200 characters.
fn shown(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = clean_file_name(name).chars().take(200).collect();
    if name.is_empty() { "leads.csv".to_owned() } else { name }
}

/// A temporary file, removed on drop.
struct TemporaryFile(PathBuf);

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

struct Look {
    encoding: &'static Encoding,
    size: u64,
    shape: sniff::Shape,
    remark: Option<String>,
}

fn look(from: &Path, to: &Path) -> Result<Look> {
    let mut head = Vec::new();
    let open = || File::open(from).map_err(|error| unreadable(&error));
    open()?.take(HEAD as u64).read_to_end(&mut head).map_err(|error| unreadable(&error))?;
    if head.is_empty() {
        return Err(Error::invalid("file", "The file is empty; choose one with a header and at least one row"));
    }
    sniff::refuse(&head)?;
    let mark = sniff::bom(&head).map(|(encoding, _)| encoding);
    let characters = match mark {
        Some(encoding) if encoding != UTF_8 => None,
        _ => Some(sniff::utf8(open()?).map_err(|error| unreadable(&error))?),
    };
    let encoding = match (mark, &characters) {
        (Some(encoding), _) => encoding,
        // A few invalid bytes do not make a UTF-8 file another encoding; their rows are reported when they are read.
        (None, Some(characters)) if characters.are_utf8() => UTF_8,
        (None, _) => sniff::encoding(open()?).map_err(|error| unreadable(&error))?,
    };
    let remark = if encoding == UTF_8 {
        std::fs::rename(from, to).map_err(|error| unreadable(&error))?;
        characters.filter(|characters| characters.bad > 0).map(|characters| {
            let places = if characters.bad == 1 { "1 place".to_owned() } else { format!("{} places", grouped(characters.bad)) };
            format!(
                "The file is UTF-8 but for {places} that cannot be read; the cells that hold them are left out, and named in the result"
            )
        })
    } else {
        let met = transcode(encoding, open()?, to).map_err(|error| unreadable(&error))?;
        let mixed = (met.utf8_lines > 0).then(|| {
            let lines = if met.utf8_lines == 1 { "1 line is".to_owned() } else { format!("{} lines are", grouped(met.utf8_lines)) };
            format!("The file mixes encodings: {lines} UTF-8, and the others were read as {}; check the names", encoding.name())
        });
        let unread =
            met.unread.then(|| format!("Some characters of the file cannot be read as {}; they are shown as \u{fffd}", encoding.name()));
        [mixed, unread].into_iter().flatten().reduce(|one, other| format!("{one}. {other}"))
    };
    let size = std::fs::metadata(to).map_err(|error| unreadable(&error))?.len();
    Ok(Look { encoding, size, shape: sniff::shape(to)?, remark })
}

/// Rewrites a file in UTF-8 once, so that byte offsets are the same for reading, progress and resuming.
fn transcode(encoding: &'static Encoding, from: File, to: &Path) -> io::Result<Met> {
    let mut to = BufWriter::with_capacity(256 * 1024, private::create(to)?);
    let met = if encoding.is_single_byte() { by_line(encoding, from, &mut to)? } else { as_one(encoding, from, &mut to)? };
    to.flush()?;
    to.get_ref().sync_all()?;
    Ok(met)
}

/// What transcoding found in the file.
#[derive(Default)]
struct Met {
    /// Some characters could not be decoded.
    unread: bool,
    /// Lines with multi-byte UTF-8 in a file of another encoding: two exports were joined.
    utf8_lines: i64,
}

/// Maximum bytes of a line that are decoded together.
const LINE: u64 = 1024 * 1024;

/// Decodes each line by itself, because any bytes are valid in a single-byte encoding.
///
/// Control characters (U+0080 to U+009F) show that the encoding is wrong; they become U+FFFD.
fn by_line(encoding: &'static Encoding, from: File, to: &mut impl Write) -> io::Result<Met> {
    let mut from = BufReader::with_capacity(256 * 1024, from);
    let (mut line, mut met) = (Vec::new(), Met::default());
    loop {
        line.clear();
        if from.by_ref().take(LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(met);
        }
        if line.is_ascii() {
            to.write_all(&line)?;
        } else if std::str::from_utf8(&line).is_ok() {
            met.utf8_lines += 1;
            to.write_all(&line)?;
        } else {
            let control = |c: char| matches!(c, '\u{80}'..='\u{9f}') && c != '\u{85}';
            let (text, failed) = encoding.decode_without_bom_handling(&line);
            let wrong = text.contains(control);
            met.unread |= failed || wrong;
            to.write_all(if wrong { text.replace(control, "\u{fffd}") } else { text.into_owned() }.as_bytes())?;
        }
    }
}

fn as_one(encoding: &'static Encoding, mut from: File, to: &mut impl Write) -> io::Result<Met> {
    let mut met = Met::default();
    let mut decoder = encoding.new_decoder();
    let mut input = vec![0; 64 * 1024];
    let mut output = vec![0; 256 * 1024];
    loop {
        let read = from.read(&mut input)?;
        let mut at = 0;
        loop {
            let (result, used, wrote, replacing) = decoder.decode_to_utf8(&input[at..read], &mut output, read == 0);
            // An incomplete character at the end of the file must not become a row.
            if read > 0 || !replacing {
                to.write_all(&output[..wrote])?;
            }
            at += used;
            met.unread |= replacing;
            if result == CoderResult::InputEmpty {
                break;
            }
        }
        if read == 0 {
            return Ok(met);
        }
    }
}
