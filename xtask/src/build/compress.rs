//! Compresses files at build time, so that the server need not compress them.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Result;
use flate2::{Compression, write::GzEncoder};

#[derive(Clone, Copy)]
pub enum Method {
    Brotli,
    Gzip,
}

/// Paths of the compressed files beside this one; empty for formats that are already compressed.
pub fn siblings(path: &Path) -> Vec<(PathBuf, Method)> {
    let packs = path.extension().is_some_and(|kind| ["css", "js", "svg", "txt", "wasm"].iter().any(|known| kind == *known));
    let beside = |method: Method| {
        let mut name = path.as_os_str().to_owned();
        name.push(".");
        name.push(method.name());
        (PathBuf::from(name), method)
    };
    if packs { vec![beside(Method::Brotli), beside(Method::Gzip)] } else { Vec::new() }
}

impl Method {
    /// Name of the encoding, and extension of the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gz",
        }
    }

    pub fn pack(self, bytes: &[u8]) -> Result<Vec<u8>> {
        let mut packed = Vec::new();
        match self {
            Self::Brotli => {
                brotli::CompressorWriter::new(&mut packed, 1 << 16, 11, 22).write_all(bytes)?;
                Ok(packed)
            }
            Self::Gzip => {
                let mut encoder = GzEncoder::new(packed, Compression::best());
                encoder.write_all(bytes)?;
                Ok(encoder.finish()?)
            }
        }
    }
}
