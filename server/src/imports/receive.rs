//! Upload of a file: streamed to disk, transcoded to UTF-8, inspected.

use super::{Imports, quota, sniff, sql, unreadable};
use crate::private;
use bytes::Bytes;
use domain::{
    Actor, Error, ImportId, Permission, Record, Result,
    imports::{Column, Import, ImportCounts, ImportOptions, ImportStatus, KeptLeads, Target},
    leads::{CUSTOM_MAX, KEY_MAX},
    text::{clean_file_name, clean_line, grouped},
};
use encoding_rs::{DecoderResult, Encoding, UTF_8};
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
    /// `Invalid` on `file` when it is empty or not a table of text, or when too many files are kept; `TooLarge`; `DiskFull`.
    pub async fn receive<S>(&self, actor: &Actor, file_name: &str, body: S) -> Result<Import>
    where
        S: Stream<Item = Result<Bytes>> + Send,
    {
        actor.require(Permission::Import)?;
        let file_name = shown(file_name);
        let id = ImportId(self.store.clock.id());
        let part = TemporaryFile(self.folder.join(format!("{id}.part")));
        let room = self.room(actor).await?;
        self.keep(&part.0, body, room).await?;
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

    async fn keep<S: Stream<Item = Result<Bytes>> + Send>(&self, path: &Path, body: S, room: u64) -> Result<()> {
        private::make_folder(&self.folder).map_err(|error| unreadable(&error))?;
        let file = tokio::fs::File::from_std(private::create(path).map_err(|error| unreadable(&error))?);
        let mut file = tokio::io::BufWriter::with_capacity(256 * 1024, file);
        let mut size = 0;
        let mut body = std::pin::pin!(body);
        while let Some(bytes) = body.next().await {
            let bytes = bytes?;
            size += bytes.len() as u64;
            if size > room {
                return Err(if room < self.file_max { quota::no_room(room) } else { Error::TooLarge { limit: room } });
            }
            file.write_all(&bytes).await.map_err(|error| unreadable(&error))?;
        }
        // Synced before its row is inserted: a row without its file must not survive a power loss.
        file.flush().await.map_err(|error| unreadable(&error))?;
        file.get_ref().sync_all().await.map_err(|error| unreadable(&error))
    }

    /// A column of owners of whom few are users here is a custom field, so that no name is lost.
    async fn keep_strange_owners(&self, columns: &mut [Column]) -> Result<()> {
        if let Some(column) = columns.iter_mut().find(|column| column.target == Target::Owner)
            && !self.owners().await?.know_most(&column.samples)
        {
            column.target = Target::Custom(clean_line(&column.header).chars().take(KEY_MAX).collect());
        }
        Ok(())
    }

    async fn enter(&self, actor: &Actor, id: ImportId, file: String, mut look: Look) -> Result<Import> {
        self.keep_strange_owners(&mut look.shape.columns).await?;
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
            options: ImportOptions { kind: Some(look.shape.kind), ..ImportOptions::default() },
            counts: ImportCounts::default(),
            error: None,
            remark: look.remark,
            kept: KeptLeads::default(),
            created_by: actor.who.name().to_owned(),
            created_at: self.store.clock.now(),
            started_at: None,
            finished_at: None,
        };
        let file_max = self.file_max;
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    // Others of the same person may have arrived meanwhile.
                    let actor = tx.actor().clone();
                    quota::room(tx.conn(), &actor, file_max).await?;
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
        let unread = met.unread.then(|| {
            format!(
                "Some characters of the file cannot be read as {}; the cells that hold them are left out, and named in the result",
                encoding.name()
            )
        });
        let guessed = (mark.is_none() && mixed.is_none() && unread.is_none()).then(|| {
            format!(
                "The file does not say its encoding, and is not UTF-8; it is read as {}. Check names with accents, or save it as UTF-8",
                encoding.name()
            )
        });
        [mixed, unread, guessed].into_iter().flatten().reduce(|one, other| format!("{one}. {other}"))
    };
    let size = std::fs::metadata(to).map_err(|error| unreadable(&error))?.len();
    let shape = sniff::shape(to)?;
    let remark = [remark, beyond(&shape.columns)].into_iter().flatten().reduce(|one, other| format!("{one}. {other}"));
    Ok(Look { encoding, size, shape, remark })
}

/// Names columns that are skipped because a lead has no more custom fields.
fn beyond(columns: &[Column]) -> Option<String> {
    let custom = columns.iter().filter(|column| matches!(column.target, Target::Custom(_))).count();
    let skipped: Vec<&str> = columns
        .iter()
        .filter(|column| custom >= CUSTOM_MAX && column.target == Target::Skip && !column.header.is_empty())
        .map(|column| column.header.as_str())
        .collect();
    let first = skipped.iter().take(3).copied().collect::<Vec<_>>().join("”, “");
    let more = if skipped.len() > 3 { " …" } else { "" };
    (!skipped.is_empty()).then(|| {
        format!("A lead has at most {CUSTOM_MAX} custom fields, so columns are skipped: “{first}”{more} ({} in all)", skipped.len())
    })
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
/// Control characters (U+0080 to U+009F) show that the encoding is wrong; they count as not decoded.
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
            let unread = |c: char| c == '\u{fffd}' || matches!(c, '\u{80}'..='\u{9f}') && c != '\u{85}';
            let (text, _) = encoding.decode_without_bom_handling(&line);
            for (at, part) in text.split(unread).enumerate() {
                if at > 0 {
                    met.unread = true;
                    to.write_all(&[NOT_UTF8])?;
                }
                to.write_all(part.as_bytes())?;
            }
        }
    }
}

/// A byte that is no UTF-8: it marks a character that could not be decoded, so that its row is reported.
const NOT_UTF8: u8 = 0xff;

fn as_one(encoding: &'static Encoding, mut from: File, to: &mut impl Write) -> io::Result<Met> {
    let mut met = Met::default();
    let mut decoder = encoding.new_decoder();
    let mut input = vec![0; 64 * 1024];
    let mut output = vec![0; 256 * 1024];
    loop {
        let read = from.read(&mut input)?;
        let mut at = 0;
        loop {
            let (result, used, wrote) = decoder.decode_to_utf8_without_replacement(&input[at..read], &mut output, read == 0);
            to.write_all(&output[..wrote])?;
            at += used;
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => {
                    met.unread = true;
                    // An incomplete character at the end of the file must not become a row.
                    if read > 0 {
                        to.write_all(&[NOT_UTF8])?;
                    }
                }
            }
        }
        if read == 0 {
            return Ok(met);
        }
    }
}
