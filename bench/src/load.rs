//! A closed-loop HTTP/1.1 load: each connection sends its next request after the response to the last one.

use crate::Failure;
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Result of one round.
#[derive(Default)]
pub struct Round {
    pub requests: u64,
    pub seconds: f64,
    /// Sorted, in microseconds.
    pub latencies: Vec<u64>,
}

impl Round {
    pub fn per_second(&self) -> f64 {
        self.requests as f64 / self.seconds
    }

    pub fn percentile(&self, share: f64) -> f64 {
        let at = ((self.latencies.len() as f64 - 1.0) * share).max(0.0) as usize;
        self.latencies.get(at).copied().unwrap_or(0) as f64 / 1_000.0
    }
}

/// One keep-alive connection.
pub struct Http {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Http {
    pub async fn connect(port: u16) -> Result<Self, Failure> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(128 * 1024) })
    }

    /// Sends a complete request; returns the status of the response, whose body is in `body()`.
    pub async fn send(&mut self, request: &[u8]) -> Result<u16, Failure> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let end = loop {
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            self.more().await?;
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).to_ascii_lowercase();
        let status = std::str::from_utf8(&self.buffer[9..12])?.parse()?;
        self.buffer.drain(..end + 4);
        let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        if header("transfer-encoding:") == Some("chunked") {
            self.chunks().await?;
        } else if status != 204 {
            let length: usize = header("content-length:").and_then(|length| length.parse().ok()).ok_or("an answer without its length")?;
            while self.buffer.len() < length {
                self.more().await?;
            }
        }
        Ok(status)
    }

    async fn more(&mut self) -> Result<(), Failure> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err("the server closed the connection".into());
        }
        Ok(())
    }

    /// Decodes a chunked body: only the chunks' contents stay in the buffer.
    async fn chunks(&mut self) -> Result<(), Failure> {
        let mut at = 0;
        loop {
            let line = loop {
                if let Some(line) = self.buffer[at..].windows(2).position(|two| two == b"\r\n") {
                    break line;
                }
                self.more().await?;
            };
            let size = usize::from_str_radix(std::str::from_utf8(&self.buffer[at..at + line])?, 16)?;
            self.buffer.drain(at..at + line + 2);
            while self.buffer.len() < at + size + 2 {
                self.more().await?;
            }
            self.buffer.drain(at + size..at + size + 2);
            at += size;
            if size == 0 {
                return Ok(());
            }
        }
    }

    pub fn body(&self) -> &[u8] {
        &self.buffer
    }
}

pub fn get(path: &str, key: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n").into_bytes()
}

pub fn with_body(method: &str, path: &str, key: &str, body: &str) -> Vec<u8> {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Runs `connections` loops for `seconds`; `next(n)` builds the n-th request. Any status but 2xx ends the run.
pub async fn run(
    port: u16,
    connections: usize,
    seconds: u64,
    next: impl Fn(u64) -> Vec<u8> + Clone + Send + 'static,
) -> Result<Round, Failure> {
    let began = Instant::now();
    let until = began + Duration::from_secs(seconds);
    let loops = (0..connections).map(|connection| {
        let next = next.clone();
        tokio::spawn(async move {
            let mut http = Http::connect(port).await?;
            let mut latencies = Vec::with_capacity(100_000);
            let mut n = connection as u64;
            while Instant::now() < until {
                let request = next(n);
                let sent = Instant::now();
                let status = http.send(&request).await?;
                if !(200..300).contains(&status) {
                    return Err(format!("status {status}: {}", String::from_utf8_lossy(http.body())).into());
                }
                latencies.push(sent.elapsed().as_micros() as u64);
                n += connections as u64;
            }
            Ok::<_, Failure>(latencies)
        })
    });
    let mut round = Round::default();
    for done in futures::future::join_all(loops).await {
        round.latencies.extend(done??);
    }
    round.seconds = began.elapsed().as_secs_f64();
    round.requests = round.latencies.len() as u64;
    round.latencies.sort_unstable();
    Ok(round)
}
