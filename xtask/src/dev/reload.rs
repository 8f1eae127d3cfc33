//! A WebSocket that tells open pages to reload.

use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use anyhow::{Context, Result};
use tungstenite::{Message, WebSocket};

type Pages = Arc<Mutex<Vec<WebSocket<TcpStream>>>>;

pub struct Reload(Pages);

impl Reload {
    pub fn listen(port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| format!("listening on the reload port {port}"))?;
        let pages = Pages::default();
        let joining = pages.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // In a thread of its own, so that a page that does not finish its handshake does not block the next one.
                let joining = joining.clone();
                thread::spawn(move || {
                    if let Ok(page) = tungstenite::accept(stream) {
                        joining.lock().unwrap_or_else(PoisonError::into_inner).push(page);
                    }
                });
            }
        });
        Ok(Self(pages))
    }

    /// Notifies all open pages, once each, because a reloaded page connects again. Returns how many were notified.
    pub fn all(&self) -> usize {
        let pages = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        pages.into_iter().filter_map(|mut page| page.send(Message::text("reload")).ok()).count()
    }
}
