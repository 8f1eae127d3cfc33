//! Keeps the socket open: waits longer after each failure, at once when the browser is back, and gives up on silence.

use super::{ConnState, Wire, client};
use domain::live::{ServerMessage, close};
use futures::{
    SinkExt, StreamExt,
    channel::mpsc::{UnboundedReceiver, unbounded},
    future::{Either, select},
};
use gloo_net::websocket::{Message, WebSocketError, futures::WebSocket};
use gloo_timers::future::TimeoutFuture;
use leptos::{ev, prelude::*, task::spawn_local};
use std::cell::Cell;

const FIRST_WAIT_MS: f64 = 500.0;
const LONGEST_WAIT_MS: f64 = 30_000.0;
const STABLE_MS: f64 = 10_000.0;
/// The server pings every 20 s.
const SILENCE_MS: u32 = 45_000;
/// Failures in a row until we say offline.
const TRIES: u32 = 3;

enum Ended {
    Lost,
    SessionOver,
    WrongProtocol,
}

thread_local! {
    static STARTED: Cell<bool> = const { Cell::new(false) };
}

pub(super) fn start(wire: Wire) {
    if STARTED.replace(true) {
        return;
    }
    let (wake, woken) = unbounded();
    let online = wake.clone();
    // These live as long as the tab, as the socket does.
    let _ = window_event_listener(ev::online, move |_| {
        let _ = online.unbounded_send(());
    });
    let _ = window_event_listener(ev::visibilitychange, move |_| {
        let visible = document().visibility_state() == web_sys::VisibilityState::Visible;
        client::visible(visible);
        if visible {
            let _ = wake.unbounded_send(());
        }
    });
    spawn_local(keep(wire, woken));
}

async fn keep(wire: Wire, mut woken: UnboundedReceiver<()>) {
    let mut tries = 0;
    loop {
        let began = js_sys::Date::now();
        let ended = talk(wire).await;
        client::disconnected();
        match ended {
            Ended::SessionOver => {
                let _ = window().location().assign("/signin");
                return;
            }
            Ended::WrongProtocol => {
                // A newer server: its page speaks its protocol.
                let _ = window().location().reload();
                return;
            }
            Ended::Lost => {}
        }
        if js_sys::Date::now() - began > STABLE_MS {
            tries = 0;
        }
        let longest = (FIRST_WAIT_MS * f64::from(2_u32.saturating_pow(tries))).min(LONGEST_WAIT_MS);
        tries += 1;
        wire.link.set(if tries > TRIES || !window().navigator().on_line() { ConnState::Offline } else { ConnState::Behind });
        wire.people.set(Vec::new());
        while woken.try_recv().is_ok() {}
        select(TimeoutFuture::new((js_sys::Math::random() * longest) as u32), woken.next()).await;
    }
}

/// One connection, from opening to its end.
async fn talk(wire: Wire) -> Ended {
    let location = window().location();
    let scheme = if location.protocol().is_ok_and(|protocol| protocol == "https:") { "wss" } else { "ws" };
    let Ok(host) = location.host() else { return Ended::Lost };
    let Ok(socket) = WebSocket::open(&format!("{scheme}://{host}/live")) else { return Ended::Lost };
    let (mut sink, mut stream) = socket.split();
    let (out, mut outgoing) = unbounded();
    client::connected(out);
    spawn_local(async move {
        while let Some(message) = outgoing.next().await {
            let Ok(text) = serde_json::to_string(&message) else { continue };
            if sink.send(Message::Text(text)).await.is_err() {
                break;
            }
        }
    });
    loop {
        match select(stream.next(), TimeoutFuture::new(SILENCE_MS)).await {
            Either::Left((Some(Ok(Message::Text(text))), _)) => match serde_json::from_str::<ServerMessage>(&text) {
                Ok(message) => {
                    if matches!(message, ServerMessage::Welcome { .. }) {
                        wire.link.set(ConnState::Live);
                    }
                    client::receive(message, wire);
                }
                Err(error) => leptos::logging::warn!("unreadable frame: {error}"),
            },
            Either::Left((Some(Err(WebSocketError::ConnectionClose(end))), _)) => {
                return match end.code {
                    close::SESSION_OVER => Ended::SessionOver,
                    close::WRONG_PROTOCOL => Ended::WrongProtocol,
                    _ => Ended::Lost,
                };
            }
            Either::Left((Some(Ok(Message::Bytes(_)) | Err(_)), _)) => {}
            Either::Left((None, _)) | Either::Right(_) => return Ended::Lost,
        }
    }
}
