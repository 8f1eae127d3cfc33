//! A connection with an idle timeout: ends after a half-sent request, a stalled body, or a response that the client does not read.

use crate::{config::ConnectionLimits, http::addresses::AddressSlot};
use std::{
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::OwnedSemaphorePermit,
    time::{Instant, Sleep, sleep_until},
};

/// Bytes that tell HTTP/1 from HTTP/2. Until they arrive, hyper has no timeout.
const PREFACE: usize = 24;

pub(super) struct IdleTimeout {
    stream: TcpStream,
    idle: Duration,
    /// Bytes of the preface that have not arrived yet.
    preface: usize,
    /// Deadline for the next byte.
    until: Instant,
    /// Timer that checks `until`. It is reset only when it fires, not for every byte.
    alarm: Pin<Box<Sleep>>,
    /// Permits released when the connection closes, also after an upgrade to a WebSocket.
    _counted: (OwnedSemaphorePermit, AddressSlot),
}

impl IdleTimeout {
    pub(super) fn new(stream: TcpStream, patience: ConnectionLimits, counted: (OwnedSemaphorePermit, AddressSlot)) -> Self {
        let until = Instant::now() + patience.head;
        Self { stream, idle: patience.idle, preface: PREFACE, until, alarm: Box::pin(sleep_until(until)), _counted: counted }
    }

    fn moved(&mut self, read: usize) {
        self.preface = self.preface.saturating_sub(read);
        if self.preface == 0 {
            self.until = Instant::now() + self.idle;
        }
    }

    /// No progress: waits for the deadline.
    fn waits(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        loop {
            ready!(self.alarm.as_mut().poll(cx));
            if Instant::now() >= self.until {
                return Poll::Ready(io::Error::new(ErrorKind::TimedOut, "nothing moved for too long"));
            }
            self.alarm.as_mut().reset(self.until);
        }
    }

    fn wrote(&mut self, cx: &mut Context<'_>, wrote: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match wrote {
            Poll::Ready(wrote) => {
                self.moved(0);
                Poll::Ready(wrote)
            }
            Poll::Pending => self.waits(cx).map(Err),
        }
    }
}

impl AsyncRead for IdleTimeout {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, buffer) {
            Poll::Ready(read) => {
                self.moved(buffer.filled().len() - before);
                Poll::Ready(read)
            }
            Poll::Pending => self.waits(cx).map(Err),
        }
    }
}

impl AsyncWrite for IdleTimeout {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(cx, wrote)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.wrote(cx, wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
