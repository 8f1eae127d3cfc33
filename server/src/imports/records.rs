//! Records of a delimited UTF-8 file, each with its line, from any byte on. Bounded memory whatever the file holds: a record that never
//! ends is told as broken, and reading goes on at the next line.

use csv_core::{ReadRecordResult, Reader};
use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

/// Largest record, in bytes.
pub const RECORD_MAX: usize = 4 * 1024 * 1024;
/// Most cells in a record.
pub const CELLS_MAX: usize = 4_096;
const BUFFER: usize = 256 * 1024;

pub struct Records {
    file: File,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    /// Of `buffer[at]` in the file.
    offset: u64,
    line: i64,
    /// The next record is on this line at least: each takes one, also where lines end with CR alone, which are not counted.
    line_min: i64,
    core: Reader,
    cells: Vec<u8>,
    ends: Vec<usize>,
}

/// What stands at a place in the file.
pub enum Item<'r> {
    Record { line: i64, cells: Cells<'r> },
    Broken { line: i64, start: String, reason: String },
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

/// How an attempt at a record ended.
enum Ending {
    Whole(usize, usize),
    Broken(usize, &'static str),
}

const UNCLOSED: &str = "A quote that is opened here is never closed; close it, or double the quotes inside the cell";
const TOO_LONG: &str = "The row is longer than 4 MiB; shorten it, or close the quote that is opened in it";
const TOO_WIDE: &str = "The row has more than 4,096 cells; leave out what is not needed";
const NOT_TEXT: &str = "The row is not readable text; save the file as UTF-8 again";

impl Records {
    /// Reads from byte `start`, which begins a record, on line `line_min` or later.
    pub fn open(path: &Path, start: u64, delimiter: u8, line_min: i64) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut line = 1;
        let mut buffer = vec![0; BUFFER];
        let mut left = start;
        while left > 0 {
            let most = BUFFER.min(usize::try_from(left).unwrap_or(BUFFER));
            let read = file.read(&mut buffer[..most])?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            line += newlines(&buffer[..read]);
            left -= read as u64;
        }
        Ok(Self {
            file,
            buffer,
            at: 0,
            filled: 0,
            offset: start,
            line,
            line_min,
            core: csv_core::ReaderBuilder::new().delimiter(delimiter).build(),
            cells: vec![0; 16 * 1024],
            ends: vec![0; 64],
        })
    }

    /// Where the next record, or the blank lines before it, begins.
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
        self.line = self.line.max(self.line_min);
        self.line_min = self.line + 1;
        let (start, line) = (self.offset, self.line);
        let ending = match self.attempt()? {
            Ending::Whole(bytes, cells) if std::str::from_utf8(&self.cells[..bytes]).is_ok() => {
                let text = std::str::from_utf8(&self.cells[..bytes]).unwrap_or_default();
                return Ok(Some(Item::Record { line, cells: Cells { text, ends: &self.ends[..cells], at: 0 } }));
            }
            Ending::Whole(bytes, _) => Ending::Broken(bytes, NOT_TEXT),
            broken @ Ending::Broken(..) => broken,
        };
        let Ending::Broken(bytes, reason) = ending else { return Ok(None) };
        let start_text = String::from_utf8_lossy(&self.cells[..bytes.min(800)]).chars().take(200).collect();
        self.skip_line(start, line)?;
        Ok(Some(Item::Broken { line, start: start_text, reason: reason.to_owned() }))
    }

    fn attempt(&mut self) -> io::Result<Ending> {
        let (mut bytes, mut cells) = (0, 0);
        loop {
            let ended = self.at == self.filled && !self.fill()?;
            // A line end closes the last record, unless it is inside a quote.
            let input = if ended { b"\n" } else { &self.buffer[self.at..self.filled] };
            let (result, read, wrote, found) = self.core.read_record(input, &mut self.cells[bytes..], &mut self.ends[cells..]);
            bytes += wrote;
            cells += found;
            if !ended {
                self.take(read);
            }
            match result {
                ReadRecordResult::Record => return Ok(Ending::Whole(bytes, cells)),
                ReadRecordResult::End => return Ok(Ending::Broken(bytes, UNCLOSED)),
                ReadRecordResult::InputEmpty if ended => return Ok(Ending::Broken(bytes, UNCLOSED)),
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.cells.len() >= RECORD_MAX => return Ok(Ending::Broken(bytes, TOO_LONG)),
                ReadRecordResult::OutputFull => self.cells.resize(self.cells.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if self.ends.len() >= CELLS_MAX => return Ok(Ending::Broken(bytes, TOO_WIDE)),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
            }
        }
    }

    /// Goes back to where a broken record began, and on to the line after.
    fn skip_line(&mut self, start: u64, line: i64) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(start))?;
        (self.at, self.filled, self.offset, self.line) = (0, 0, start, line);
        self.core.reset();
        while self.at < self.filled || self.fill()? {
            match self.buffer[self.at..self.filled].iter().position(|byte| *byte == b'\n') {
                Some(at) => {
                    self.take(at + 1);
                    break;
                }
                None => self.take(self.filled - self.at),
            }
        }
        Ok(())
    }

    fn take(&mut self, bytes: usize) {
        self.line += newlines(&self.buffer[self.at..self.at + bytes]);
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

fn newlines(bytes: &[u8]) -> i64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, start: u64) -> Vec<String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let mut records = Records::open(file.path(), start, b',', 1).unwrap();
        let mut found = Vec::new();
        while let Some(item) = records.next().unwrap() {
            found.push(match item {
                Item::Record { line, cells } => format!("{line}:{}", cells.collect::<Vec<_>>().join("/")),
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
        assert_eq!(read("", 0), Vec::<String>::new());
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
