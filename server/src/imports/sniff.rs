//! Detects a file's encoding and delimiter, and reads its header and first values.

use super::records::{Cells, Item, Records};
use chardetng::EncodingDetector;
use domain::{
    Error, Result,
    imports::{Column, ImportKind},
    text::{clean, csv, normalise_email},
};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::{io, path::Path};

/// Rows read to detect the delimiter and the columns.
const ROWS: usize = 200;
/// Maximum columns. More means a wrong delimiter, or not a table of people or orders.
const COLUMNS_MAX: usize = 500;
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Non-ASCII bytes that the encoding detector reads, approximately.
const DETECT: usize = 4 * 1024 * 1024;

/// The header, and the byte offset of the first row.
pub struct Shape {
    pub delimiter: u8,
    pub kind: ImportKind,
    pub columns: Vec<Column>,
    pub start: u64,
}

/// Rejects spreadsheets, archives and other files that are not text, with advice.
pub fn refuse(head: &[u8]) -> Result<()> {
    let wrong = |what: &str| Err(Error::invalid("file", format!("{what}; save it as CSV (UTF-8) and choose that file")));
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return wrong("This is an Excel workbook or a zip archive");
    }
    if head.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return wrong("This is an old Excel workbook");
    }
    if head.starts_with(b"%PDF") {
        return wrong("This is a PDF");
    }
    if head.starts_with(&[0x1f, 0x8b]) {
        return wrong("This file is compressed");
    }
    // Its mark in little-endian order begins with that of UTF-16.
    if head.starts_with(&[0xff, 0xfe, 0, 0]) || head.starts_with(&[0, 0, 0xfe, 0xff]) {
        return wrong("This file is in UTF-32");
    }
    let wide = bom(head).is_some_and(|(encoding, _)| encoding != UTF_8);
    let (size, what) =
        if wide { (2, "This is not a text file") } else { (1, "This is not a text file, or one in UTF-16 without its mark") };
    let units = head.chunks_exact(size);
    if units.clone().filter(|unit| unit.iter().all(|byte| *byte == 0)).count() * 100 > units.len() {
        return wrong(what);
    }
    Ok(())
}

/// The encoding of the byte order mark, and the mark's length.
pub fn bom(head: &[u8]) -> Option<(&'static Encoding, usize)> {
    Encoding::for_bom(head)
}

/// How much of a file is valid UTF-8.
pub struct Characters {
    /// Multi-byte characters.
    good: i64,
    /// Invalid sequences.
    pub bad: i64,
}

impl Characters {
    /// Text in another encoding contains valid multi-byte UTF-8 only by chance.
    pub fn are_utf8(&self) -> bool {
        self.bad <= self.good
    }
}

pub fn utf8(mut file: impl io::Read) -> io::Result<Characters> {
    let mut found = Characters { good: 0, bad: 0 };
    let mut buffer = vec![0; 256 * 1024];
    // Bytes of a character that is cut by the end of the buffer.
    let mut kept = 0;
    loop {
        let read = file.read(&mut buffer[kept..])?;
        let filled = kept + read;
        let mut rest = &buffer[..filled];
        kept = 0;
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    found.good += several_bytes(text.as_bytes());
                    break;
                }
                Err(error) => {
                    found.good += several_bytes(&rest[..error.valid_up_to()]);
                    rest = &rest[error.valid_up_to()..];
                    if let Some(length) = error.error_len() {
                        found.bad += 1;
                        rest = &rest[length..];
                    } else {
                        kept = rest.len();
                        break;
                    }
                }
            }
        }
        if read == 0 {
            found.bad += i64::from(kept > 0);
            return Ok(found);
        }
        buffer.copy_within(filled - kept..filled, 0);
    }
}

/// Number of multi-byte characters in valid UTF-8.
fn several_bytes(text: &[u8]) -> i64 {
    text.iter().filter(|byte| **byte >= 0xc0).count() as i64
}

/// Guesses the encoding of a file that is not UTF-8 and has no byte order mark. Reads the file at most once.
pub fn encoding(mut file: impl io::Read) -> io::Result<&'static Encoding> {
    let mut detector = EncodingDetector::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut seen = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 || seen >= DETECT {
            break;
        }
        if !buffer[..read].is_ascii() {
            seen += read;
            detector.feed(&buffer[..read], false);
        }
    }
    detector.feed(&[], true);
    let found = detector.guess(None, false);
    // The detector cannot recognise UTF-16 without a byte order mark.
    Ok(if found == UTF_8 || found == UTF_16LE || found == UTF_16BE { encoding_rs::WINDOWS_1252 } else { found })
}

/// Reads delimiter, header and first rows of a UTF-8 file.
///
/// # Errors
/// `Invalid` on `file` when it has no header or no rows.
pub fn shape(path: &Path) -> Result<Shape> {
    let head = head(path)?;
    let skip = bom(&head).map_or(0, |(_, length)| length);
    // A first line such as `sep=;`, which Excel understands.
    let (named, skip) = match head.get(skip..).and_then(|rest| rest.strip_prefix(b"sep=")) {
        Some([delimiter, rest @ ..]) if DELIMITERS.contains(delimiter) => {
            let line = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).map_or(rest.len(), |at| at + 1);
            (Some(*delimiter), skip + 5 + line)
        }
        _ => (None, skip),
    };
    let delimiter = match named {
        Some(delimiter) => delimiter,
        None => delimiter(path, skip as u64)?,
    };
    columns(path, skip as u64, delimiter)
}

fn head(path: &Path) -> Result<Vec<u8>> {
    use io::Read;
    let mut head = Vec::new();
    std::fs::File::open(path).and_then(|file| file.take(4_096).read_to_end(&mut head)).map_err(|error| super::unreadable(&error))?;
    Ok(head)
}

/// The delimiter that gives cells with e-mail addresses and the same number of cells in every row. A comma when none does.
fn delimiter(path: &Path, start: u64) -> Result<u8> {
    let mut best = (false, 0.0, 1, b',');
    for delimiter in DELIMITERS {
        let (mut counts, mut broken, mut addresses) = (Vec::new(), 0, false);
        let mut records = Records::open(path, start, delimiter).map_err(|error| super::unreadable(&error))?;
        // Each unclosed quote costs a scan of up to 4 MiB; 3 broken rows are enough to decide.
        while counts.len() < ROWS && broken < 3 {
            match records.next().map_err(|error| super::unreadable(&error))? {
                Some(Item::Record { cells, .. }) => {
                    addresses = addresses || cells.clone().any(is_address);
                    counts.push(cells.count());
                }
                Some(Item::Broken { .. }) => {
                    counts.push(0);
                    broken += 1;
                }
                None => break,
            }
        }
        let Some((&width, rows)) = counts.split_first() else { continue };
        if width < 2 {
            continue;
        }
        let alike = if rows.is_empty() { 1.0 } else { rows.iter().filter(|count| **count == width).count() as f64 / rows.len() as f64 };
        if (addresses, alike, width) > (best.0, best.1, best.2) {
            best = (addresses, alike, width, delimiter);
        }
    }
    Ok(best.3)
}

/// The whole cell is an e-mail address.
fn is_address(cell: &str) -> bool {
    cell.len() <= 1_000 && cell.contains('@') && normalise_email(cell).is_ok()
}

fn columns(path: &Path, start: u64, delimiter: u8) -> Result<Shape> {
    let wrong = |message: String| Err(Error::invalid("file", message));
    let unreadable = |error: io::Error| super::unreadable(&error);
    let mut records = Records::open(path, start, delimiter).map_err(unreadable)?;
    let headers: Vec<String> = match records.next().map_err(unreadable)? {
        Some(Item::Record { cells, .. }) => cells.map(|cell| clean(csv::unguarded(cell)).chars().take(200).collect()).collect(),
        Some(Item::Broken { reason, .. }) => return wrong(format!("The header cannot be read. {reason}")),
        None => return wrong("The file is empty; choose one with a header and at least one row".to_owned()),
    };
    if headers.len() > COLUMNS_MAX {
        return wrong(format!(
            "The file has {} columns, and at most {COLUMNS_MAX} can be read; leave out those that are not needed",
            headers.len()
        ));
    }
    if headers.iter().any(|header| normalise_email(header).is_ok()) {
        return wrong(
            "The first row holds an e-mail address, so it seems to be a person; put a row with the columns' names above it".to_owned(),
        );
    }
    let start = records.offset();
    let mut values = vec![Vec::new(); headers.len()];
    let (mut rows, mut broken) = (0, 0);
    while rows < ROWS && broken < 3 {
        match records.next().map_err(unreadable)? {
            Some(Item::Record { cells, .. }) => collect(cells, &mut values),
            Some(Item::Broken { .. }) => broken += 1,
            None => break,
        }
        rows += 1;
    }
    if rows == 0 {
        return wrong("The file has a header and no rows; choose one with rows in it".to_owned());
    }
    let kind = ImportKind::of(&headers, &values);
    let targets = kind.guess(&headers, &values);
    let columns = headers
        .into_iter()
        .zip(values)
        .zip(targets)
        .map(|((header, values), target)| {
            let samples = values.iter().take(3).map(|text| text.chars().take(60).collect()).collect();
            let currencies = Column::currencies_of(&header, values.iter().map(String::as_str));
            Column { header, samples, currencies, target }
        })
        .collect();
    Ok(Shape { delimiter, kind, columns, start })
}

fn collect(cells: Cells<'_>, values: &mut [Vec<String>]) {
    for (cell, column) in cells.zip(values) {
        // 300 characters are enough to guess; a cell may have megabytes.
        let start: String = cell.trim_start().chars().take(300).collect();
        let start = clean(&start);
        if !start.is_empty() {
            column.push(start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shaped(text: &[u8]) -> Result<Shape> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        shape(file.path())
    }

    #[test]
    fn the_delimiter_is_the_one_that_makes_a_table() {
        for (text, delimiter, columns) in [
            ("name,email\n\"Holt, Maren\",a@b.example\n", b',', 2),
            ("Name;E-Mail;Firma\nA;a@b.example;Simpson, Cooper and Cole\nB;b@b.example;x, y, z\n", b';', 3),
            ("name\temail\nA, B; C\ta@b.example\n", b'\t', 2),
            ("name|email\nA|a@b.example\n", b'|', 2),
            ("Name, Vorname;E-Mail\nAdam, Maren;m@b.example\n", b';', 2),
            ("email\na@b.example\n", b',', 1),
            ("sep=;\r\nname;email\r\nA;a@b.example\r\n", b';', 2),
            ("\u{feff}name,email\nA\n", b',', 2),
            ("sep=;\rname;email\rA;a@b.example\r", b';', 2),
        ] {
            let shape = shaped(text.as_bytes()).unwrap();
            assert_eq!((shape.delimiter, shape.columns.len()), (delimiter, columns), "{text}");
            assert!(text[usize::try_from(shape.start).unwrap()..].starts_with(['\n', '\r', 'A', '"', 'a']), "{text}");
        }
    }

    #[test]
    fn what_is_no_table_says_what_to_do() {
        for text in ["", "\n\n", "name,email\n", "Ana,ana@b.example\nBo,bo@b.example\n", "name,\"email\nA,a@b.example"] {
            let Err(Error::Invalid(errors)) = shaped(text.as_bytes()) else { panic!("accepted {text}") };
            assert_eq!(errors[0].field, "file");
        }
        assert!(shaped(format!("email,{}\na@b.example\n", ",".repeat(10_000)).as_bytes()).is_err());
        let (little, big) = (&b"\xff\xfe\0\0n\0\0\0"[..], &b"\0\0\xfe\xff\0\0\0n"[..]);
        for head in [&b"PK\x03\x04xl"[..], b"n\0a\0m\0e\0", b"%PDF-1.7", &[0x1f, 0x8b, 8], little, big, b"\xff\xfen\0\0\0a\0"] {
            assert!(refuse(head).is_err());
        }
        for head in [&b"\xff\xfen\0a\0"[..], b"name,email", "\u{feff}name".as_bytes()] {
            refuse(head).unwrap();
        }
    }

    #[test]
    fn one_stray_byte_is_no_other_encoding() {
        let shares = |bytes: &[u8]| utf8(bytes).map(|found| (found.good, found.bad, found.are_utf8())).unwrap();
        assert_eq!(shares("plain".as_bytes()), (0, 0, true));
        assert_eq!(shares("Größe, 太田".as_bytes()), (4, 0, true));
        assert_eq!(shares(b"Gr\xc3\xb6\xc3\x9fe M\xfcller"), (2, 1, true));
        assert_eq!(shares(b"Gr\xf6\xdfe M\xfcller"), (0, 3, false));
        assert_eq!(shares(b"cut \xc3"), (0, 1, false));
        let (gbk, ..) = encoding_rs::GBK.encode("姓名,公司\n李明,北京科技有限公司\n");
        assert!(!shares(&gbk).2);
        let long = [vec![b'a'; 256 * 1024 - 1], "é".repeat(10).into_bytes()].concat();
        assert_eq!(shares(&long), (10, 0, true), "over the end of a buffer");
    }

    #[test]
    fn encodings_by_their_bytes() {
        let text = "Name;Firma\nRafael Rädel;Größe & Söhne\nJörg Müller;Straßenbau Zürich\n";
        let (bytes, ..) = encoding_rs::WINDOWS_1252.encode(text);
        assert_eq!(encoding(&bytes[..]).unwrap().name(), "windows-1252");
    }
}
