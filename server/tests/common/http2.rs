//! HTTP/2 by hand: a reader who takes exactly as much of each answer as the test says.

use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const DATA: u8 = 0;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
const HEADERS: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const ACK: u8 = 1;

pub struct Http2 {
    stream: TcpStream,
    next: u32,
}

/// What came of one answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Taken {
    pub bytes: usize,
    /// To its end, and not broken off.
    pub whole: bool,
}

impl Http2 {
    /// Of each answer `window` bytes are taken until more is asked for.
    pub async fn connect(to: SocketAddr, window: u32) -> Self {
        let mut client = Self { stream: TcpStream::connect(to).await.unwrap(), next: 1 };
        client.stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        let mut settings = 4_u16.to_be_bytes().to_vec();
        settings.extend(window.to_be_bytes());
        client.send(SETTINGS, 0, 0, &settings).await;
        client
    }

    async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(stream.to_be_bytes());
        frame.extend_from_slice(payload);
        self.stream.write_all(&frame).await.unwrap();
    }

    /// Asks, and answers the number of the stream.
    pub async fn get(&mut self, path: &str, secret: Option<&str>) -> u32 {
        // `GET`, `http`, then literals that nobody keeps.
        let mut head = vec![0x82, 0x86];
        let mut literal = |name: &[u8], value: &str| {
            assert!(value.len() < 127, "one byte of length is enough here");
            head.extend_from_slice(name);
            head.push(value.len() as u8);
            head.extend_from_slice(value.as_bytes());
        };
        literal(&[0x01], "x");
        literal(&[0x04], path);
        if let Some(secret) = secret {
            literal(&[0x0f, 0x08], &format!("Bearer {secret}"));
        }
        let stream = self.next;
        self.next += 2;
        self.send(HEADERS, END_STREAM | END_HEADERS, stream, &head).await;
        stream
    }

    /// The next frame that is no housekeeping.
    async fn frame(&mut self) -> (u8, u8, u32, Vec<u8>) {
        loop {
            let mut head = [0; 9];
            self.stream.read_exact(&mut head).await.unwrap();
            let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
            self.stream.read_exact(&mut payload).await.unwrap();
            let (kind, flags, stream) = (head[3], head[4], u32::from_be_bytes([head[5], head[6], head[7], head[8]]));
            match kind {
                SETTINGS | PING if flags & ACK == 0 => self.send(kind, ACK, 0, if kind == PING { &payload } else { &[] }).await,
                SETTINGS | PING | WINDOW_UPDATE => {}
                _ => return (kind, flags, stream, payload),
            }
        }
    }

    /// Until the head of this answer has come.
    pub async fn answered(&mut self, wanted: u32) {
        loop {
            let (kind, _, stream, _) = self.frame().await;
            if (kind, stream) == (HEADERS, wanted) {
                return;
            }
        }
    }

    /// Until this many heads of answers have come.
    pub async fn heads(&mut self, count: usize) {
        let mut came = 0;
        while came < count {
            came += usize::from(self.frame().await.0 == HEADERS);
        }
    }

    /// Shows that the client is there.
    pub async fn ping(&mut self) {
        self.send(PING, 0, 0, &[0; 8]).await;
    }

    /// Takes the rest of this answer, however much it is.
    pub async fn take(&mut self, wanted: u32) -> Taken {
        for stream in [0, wanted] {
            self.send(WINDOW_UPDATE, 0, stream, &(1_u32 << 30).to_be_bytes()).await;
        }
        let mut bytes = 0;
        loop {
            let (kind, flags, stream, payload) = self.frame().await;
            if stream != wanted {
                continue;
            }
            if kind == DATA {
                bytes += payload.len();
            }
            if kind == RST_STREAM || flags & END_STREAM != 0 {
                return Taken { bytes, whole: kind != RST_STREAM };
            }
        }
    }
}
