//! What a client may send: a budget of messages for each connection. By WebSocket each frame costs one, also pings, pongs and parts of
//! messages, which the library reads by itself.

use crate::token_bucket::{Rate, TokenBucket};
use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

pub(super) struct Flood {
    budget: Mutex<TokenBucket>,
    over: CancellationToken,
    ended: CancellationToken,
}

impl Flood {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            budget: Mutex::new(TokenBucket::new(Rate::MESSAGES, Instant::now())),
            over: CancellationToken::new(),
            ended: CancellationToken::new(),
        })
    }

    pub(super) fn spend(&self) {
        if !self.budget.lock().unwrap_or_else(PoisonError::into_inner).spend(1, Instant::now()) {
            self.over.cancel();
        }
    }

    /// Ends the WebSocket: to leave the namespace does not, as long as the client answers pings.
    pub(super) fn end(&self) {
        self.ended.cancel();
    }

    /// Returns when the client has sent too much.
    pub(super) async fn over(&self) {
        self.over.cancelled().await;
    }
}

/// A WebSocket's stream. After a flood nothing more is read from it, and after `Flood::end` it is at its end.
pub(super) struct Counted<S> {
    stream: S,
    frames: Frames,
    flood: Arc<Flood>,
    ended: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl<S> Counted<S> {
    pub(super) fn new(stream: S, flood: Arc<Flood>) -> Self {
        Self { stream, frames: Frames::default(), ended: Box::pin(flood.ended.clone().cancelled_owned()), flood }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.ended.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        // Whoever follows the client ends it, or the heartbeat, which gets no answer.
        if self.flood.over.is_cancelled() {
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        for _ in 0..self.frames.begun(&buffer.filled()[before..]) {
            self.flood.spend();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Finds the frames in what a client sends (RFC 6455, section 5.2).
#[derive(Default)]
struct Frames {
    head: [u8; 10],
    /// Bytes of the head that have arrived.
    known: usize,
    /// Bytes of mask and payload that have not arrived.
    left: u64,
}

impl Frames {
    /// Frames that begin in these bytes.
    fn begun(&mut self, mut bytes: &[u8]) -> usize {
        let mut begun = 0;
        while let Some((first, rest)) = bytes.split_first() {
            if self.left > 0 {
                let skipped = self.left.min(bytes.len() as u64);
                self.left -= skipped;
                bytes = &bytes[skipped as usize..];
                continue;
            }
            begun += usize::from(self.known == 0);
            self.head[self.known] = *first;
            self.known += 1;
            bytes = rest;
            if let Some(left) = after_head(&self.head[..self.known]) {
                (self.known, self.left) = (0, left);
            }
        }
        begun
    }
}

/// Bytes of mask and payload; `None` while the head is incomplete.
fn after_head(head: &[u8]) -> Option<u64> {
    let second = head.get(1)?;
    let length = match second & 0x7f {
        126 => u64::from(u16::from_be_bytes(head.get(2..4)?.try_into().ok()?)),
        127 => u64::from_be_bytes(head.get(2..10)?.try_into().ok()?),
        short => u64::from(short),
    };
    Some(length.saturating_add(if second & 0x80 == 0 { 0 } else { 4 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A masked frame of this payload.
    fn frame(head: u8, payload: usize) -> Vec<u8> {
        let length = match payload {
            0..126 => vec![0x80 | payload as u8],
            126..65_536 => [vec![0x80 | 0x7e], (payload as u16).to_be_bytes().to_vec()].concat(),
            _ => [vec![0x80 | 127], (payload as u64).to_be_bytes().to_vec()].concat(),
        };
        [vec![head], length, vec![7; 4 + payload]].concat()
    }

    #[test]
    fn each_frame_counts_however_it_arrives() {
        let all: Vec<u8> = [(0x89, 0), (0x81, 5), (0x01, 125), (0x80, 126), (0x82, 65_535), (0x8a, 3), (0x81, 65_536), (0x89, 0)]
            .into_iter()
            .flat_map(|(head, payload)| frame(head, payload))
            .collect();
        for size in [1, 2, 3, 7, 4_096, all.len()] {
            let mut frames = Frames::default();
            assert_eq!(all.chunks(size).map(|chunk| frames.begun(chunk)).sum::<usize>(), 8, "in pieces of {size}");
        }
    }
}
