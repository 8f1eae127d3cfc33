//! Streaming parser of a delimited UTF-8 file, from any byte offset; each record has its line number. Memory is bounded: a record without
//! an end is returned as broken, and parsing continues at the next line.

use csv_core::{ReadRecordResult, Reader};
use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

/// Maximum record size: 4 MiB.
pub const RECORD_MAX: usize = 4 * 1024 * 1024;
/// Maximum cells per record.
pub const CELLS_MAX: usize = 4_096;
const BUFFER: usize = 256 * 1024;

pub struct Records {
    file: File,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    /// Offset of `buffer[at]` in the file.
    offset: u64,
    lines: Lines,
    delimiter: u8,
    core: Reader,
    cells: Vec<u8>,
    ends: Vec<usize>,
    /// The last record with invalid UTF-8, U+FFFD in place of the invalid bytes.
    repaired: Repaired,
}

#[derive(Default)]
struct Repaired {
    text: String,
    ends: Vec<usize>,
}

/// Counts lines. A line ends with LF, CR or CR LF.
#[derive(Debug, Clone, Copy)]
struct Lines {
    line: i64,
    after_return: bool,
}

impl Lines {
    fn read(&mut self, bytes: &[u8]) {
        let count = |wanted: u8| bytes.iter().filter(|byte| **byte == wanted).count();
        let (feeds, returns) = (count(b'\n'), count(b'\r'));
        let mut both = usize::from(self.after_return && bytes.first() == Some(&b'\n'));
        if returns > 0 {
            both += bytes.iter().zip(&bytes[1..]).filter(|pair| *pair == (&b'\r', &b'\n')).count();
        }
        self.line += (feeds + returns - both) as i64;
        if let Some(last) = bytes.last() {
            self.after_return = *last == b'\r';
        }
    }
}

/// One parsed record.
pub enum Item<'r> {
    /// `damaged`: some bytes were invalid UTF-8 and are replaced with U+FFFD.
    Record { line: i64, cells: Cells<'r>, damaged: bool },
    /// `text`: the record's first line, at most 4 MiB. `looked`: bytes scanned for its end; they are parsed again from the next line.
    Broken { line: i64, text: String, reason: String, looked: u64 },
}

/// The cells of a record.
#[derive(Clone)]
pub struct Cells<'r> {
    text: &'r str,
    ends: &'r [usize],
    at: usize,
}

impl<'r> Iterator for Cells<'r> {
    type Item = &'r str;
    fn next(&mut self) -> Option<&'r str> {
        let (end, rest) = self.ends.split_first()?;
        let cell = self.text.get(self.at..*end);
        self.at = *end;
        self.ends = rest;
        cell
    }
}

/// Result of parsing one record: whole with its bytes and cells, or broken with the reason.
enum Ending {
    Whole(usize, usize),
    Broken(&'static str),
}

const UNCLOSED: &str = "A quote that is opened here is never closed; close it, or double the quotes inside the cell";
const STRAY: &str = "Text stands behind a closing quote; double the quotes inside the cell";
const TOO_LONG: &str = "The row is longer than 4 MiB; shorten it, or close the quote that is opened in it";
const TOO_WIDE: &str = "The row has more than 4,096 cells; leave out what is not needed";

impl Records {
    /// Reads from byte `start`, the start of a record.
    pub fn open(path: &Path, start: u64, delimiter: u8) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut lines = Lines { line: 1, after_return: false };
        let mut buffer = vec![0; BUFFER];
        let mut left = start;
        while left > 0 {
            let most = BUFFER.min(usize::try_from(left).unwrap_or(BUFFER));
            let read = file.read(&mut buffer[..most])?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            lines.read(&buffer[..read]);
            left -= read as u64;
        }
        Ok(Self {
            file,
            buffer,
            at: 0,
            filled: 0,
            offset: start,
            lines,
            delimiter,
            core: csv_core::ReaderBuilder::new().delimiter(delimiter).build(),
            cells: vec![0; 16 * 1024],
            ends: vec![0; 64],
            repaired: Repaired::default(),
        })
    }

    /// Byte offset of the next record, or of the blank lines before it.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The next record that is not a blank line.
    pub fn next(&mut self) -> io::Result<Option<Item<'_>>> {
        loop {
            if self.at == self.filled && !self.fill()? {
                return Ok(None);
            }
            match self.buffer[self.at] {
                b'\n' | b'\r' => self.take(1),
                _ => break,
            }
        }
        let (start, lines) = (self.offset, self.lines);
        let line = lines.line;
        let reason = match self.attempt()? {
            Ending::Whole(bytes, cells) => {
                let ends = &self.ends[..cells];
                // Invalid bytes at the end of one cell and the start of the next can form a valid character across both.
                let within = |text: &str| ends.iter().all(|end| text.is_char_boundary(*end));
                let damaged = !std::str::from_utf8(&self.cells[..bytes]).is_ok_and(within);
                if damaged {
                    self.repaired.read(&self.cells, ends);
                    let cells = Cells { text: &self.repaired.text, ends: &self.repaired.ends, at: 0 };
                    return Ok(Some(Item::Record { line, cells, damaged }));
                }
                let text = std::str::from_utf8(&self.cells[..bytes]).unwrap_or_default();
                return Ok(Some(Item::Record { line, cells: Cells { text, ends, at: 0 }, damaged }));
            }
            Ending::Broken(reason) => reason,
        };
        let looked = self.offset - start;
        let text = self.skip_line(start, lines)?;
        Ok(Some(Item::Broken { line, text, reason: reason.to_owned(), looked }))
    }

    fn attempt(&mut self) -> io::Result<Ending> {
        let (mut bytes, mut cells) = (0, 0);
        let mut quotes = Quotes::default();
        loop {
            let ended = self.at == self.filled && !self.fill()?;
            // At the end of the file a line feed ends the last record, unless a quote is open.
            let input = if ended { b"\n" } else { &self.buffer[self.at..self.filled] };
            let (result, read, wrote, found) = self.core.read_record(input, &mut self.cells[bytes..], &mut self.ends[cells..]);
            bytes += wrote;
            cells += found;
            if !ended {
                quotes.read(&input[..read], self.delimiter);
                self.take(read);
            }
            match result {
                ReadRecordResult::Record if quotes.stray => return Ok(Ending::Broken(STRAY)),
                ReadRecordResult::Record => return Ok(Ending::Whole(bytes, cells)),
                ReadRecordResult::End => return Ok(Ending::Broken(UNCLOSED)),
                ReadRecordResult::InputEmpty if ended => return Ok(Ending::Broken(UNCLOSED)),
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.cells.len() >= RECORD_MAX => return Ok(Ending::Broken(TOO_LONG)),
                ReadRecordResult::OutputFull => self.cells.resize(self.cells.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if self.ends.len() >= CELLS_MAX => return Ok(Ending::Broken(TOO_WIDE)),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
            }
        }
    }

    /// Seeks back to the start of a broken record and skips its first line. Returns that line.
    fn skip_line(&mut self, start: u64, lines: Lines) -> io::Result<String> {
        self.file.seek(SeekFrom::Start(start))?;
        (self.at, self.filled, self.offset, self.lines) = (0, 0, start, lines);
        self.core.reset();
        let mut line = Vec::new();
        while self.at < self.filled || self.fill()? {
            let rest = &self.buffer[self.at..self.filled];
            let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let part = &rest[..end.unwrap_or(rest.len())];
            line.extend_from_slice(&part[..part.len().min(RECORD_MAX - line.len())]);
            // For CR LF only CR is taken; `next` skips the LF as a blank line.
            let taken = end.map_or(part.len(), |at| at + 1);
            self.take(taken);
            if end.is_some() {
                break;
            }
        }
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    fn take(&mut self, bytes: usize) {
        self.lines.read(&self.buffer[self.at..self.at + bytes]);
        self.at += bytes;
        self.offset += bytes as u64;
    }

    /// False at the end of the file.
    fn fill(&mut self) -> io::Result<bool> {
        self.at = 0;
        self.filled = 0;
        self.filled = self.file.read(&mut self.buffer)?;
        Ok(self.filled > 0)
    }
}

/// Detects text after a closing quote.
///
/// The CSV reader accepts it as part of the cell. But then the opening quote was most likely a mistake, and all rows between the two quotes
/// would end up in one cell.
#[derive(Default)]
struct Quotes {
    at: QuoteState,
    stray: bool,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum QuoteState {
    #[default]
    Start,
    Plain,
    Quoted,
    /// After a quote in a quoted cell: it closes the cell unless another quote follows.
    Quote,
    /// After a closed cell and a space or tab.
    Closed,
}

impl Quotes {
    fn read(&mut self, bytes: &[u8], delimiter: u8) {
        let Some(last) = bytes.last() else { return };
        if matches!(self.at, QuoteState::Start | QuoteState::Plain) && !bytes.contains(&b'"') {
            self.at = if *last == delimiter { QuoteState::Start } else { QuoteState::Plain };
            return;
        }
        for byte in bytes {
            let ends = *byte == delimiter || matches!(byte, b'\n' | b'\r');
            self.at = match (self.at, byte) {
                (QuoteState::Quoted, b'"') => QuoteState::Quote,
                (QuoteState::Quoted, _) | (QuoteState::Start | QuoteState::Quote, b'"') => QuoteState::Quoted,
                _ if ends => QuoteState::Start,
                (QuoteState::Quote | QuoteState::Closed, b' ' | b'\t') => QuoteState::Closed,
                (QuoteState::Quote | QuoteState::Closed, _) => {
                    self.stray = true;
                    QuoteState::Plain
                }
                (QuoteState::Start | QuoteState::Plain, _) => QuoteState::Plain,
            };
        }
    }
}

impl Repaired {
    fn read(&mut self, cells: &[u8], ends: &[usize]) {
        self.text.clear();
        self.ends.clear();
        let mut start = 0;
        for end in ends {
            self.text.push_str(&String::from_utf8_lossy(&cells[start..*end]));
            self.ends.push(self.text.len());
            start = *end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: impl AsRef<[u8]>, start: u64) -> Vec<String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let mut records = Records::open(file.path(), start, b',').unwrap();
        let mut found = Vec::new();
        while let Some(item) = records.next().unwrap() {
            found.push(match item {
                Item::Record { line, cells, .. } => format!("{line}:{}", cells.collect::<Vec<_>>().join("/")),
                Item::Broken { line, reason, .. } => format!("{line}!{}", reason.split(';').next().unwrap()),
            });
        }
        found
    }

    #[test]
    fn lines_are_those_on_which_rows_start() {
        assert_eq!(read("a,b\r\n\r\n\"x\ny\",2\nlast,", 0), ["1:a/b", "3:x\ny/2", "5:last/"]);
        assert_eq!(read("a,b\nc,d\n", 4), ["2:c/d"]);
        assert_eq!(read("a \"b\" c,\"say \"\"hi\"\"\"\n", 0), ["1:a \"b\" c/say \"hi\""]);
        assert_eq!(read("a,b\rc,d\r", 0), ["1:a/b", "2:c/d"]);
        assert_eq!(read("a\r\"x\ry\"\r\rb\r\nc\nd", 0), ["1:a", "2:x\ry", "5:b", "6:c", "7:d"]);
        assert_eq!(read("a,b\r\n\r\nc,d\n", 4), ["3:c/d"], "from between a carriage return and its line feed");
        assert_eq!(read("a,\"b\rc,d\re,f", 0)[1..], ["2:c/d", "3:e/f"]);
        assert_eq!(read("", 0), Vec::<String>::new());
    }

    #[test]
    fn bytes_that_are_no_text_are_marked() {
        assert_eq!(read(b"a,Gr\xc3\xbcn\nM\xfcller,b\nc,d\n", 0), ["1:a/Grün", "2:M\u{fffd}ller/b", "3:c/d"]);
        assert_eq!(read(b"a\xc3,\xbcb,c\nd,e,f\n", 0), ["1:a\u{fffd}/\u{fffd}b/c", "2:d/e/f"], "two halves of one letter side by side");
    }

    #[test]
    fn text_behind_a_closing_quote_swallows_no_rows() {
        let stray = "Text stands behind a closing quote";
        let swallowed = "A,a@s.example,\"open\nB,b@s.example,fine\nC,c@s.example,mid\"quote\n";
        assert_eq!(read(swallowed, 0), [format!("1!{stray}"), "2:B/b@s.example/fine".to_owned(), "3:C/c@s.example/mid\"quote".to_owned()]);
        assert_eq!(read("a,\"say \\\"hi\\\", ok\"\nc,d\n", 0), [format!("1!{stray}"), "2:c/d".to_owned()]);
        assert_eq!(
            read("\"a\" ,\"b\"\"c\",\"\"\n\"d\"\r\n", 0),
            ["1:a /b\"c/", "2:d"],
            "a space behind a quote, doubled quotes, an empty cell"
        );
    }

    #[test]
    fn broken_rows_cost_only_themselves() {
        let unclosed = "A quote that is opened here is never closed";
        assert_eq!(read("a,\"b\nc,d\ne,f", 0), [format!("1!{unclosed}"), "2:c/d".to_owned(), "3:e/f".to_owned()]);
        assert_eq!(read("a,b\nc,\"d", 0), ["1:a/b".to_owned(), format!("2!{unclosed}")]);
        let long = format!("a,b\n{}\nc,d\n", "x".repeat(RECORD_MAX + 1));
        assert_eq!(read(&long, 0), ["1:a/b", "2!The row is longer than 4 MiB", "3:c/d"]);
        let wide = format!("a,b\n{}\nc,d\n", ",".repeat(CELLS_MAX));
        assert_eq!(read(&wide, 0), ["1:a/b", "2!The row has more than 4,096 cells", "3:c/d"]);
    }
}
