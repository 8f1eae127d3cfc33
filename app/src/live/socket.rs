//! Keeps the socket open: exponential back-off between attempts, immediate retry when online or visible again, timeout on silence.

use super::{ConnState, Notice, SocketSignals, client};
use crate::{
    layout::{Me, who_am_i},
    ui::has_typed_text,
};
use domain::{
    Error,
    live::{ServerMessage, close},
};
use futures::{
    SinkExt, StreamExt,
    channel::mpsc::{UnboundedReceiver, unbounded},
    future::{Either, poll_fn, select},
};
use gloo_net::websocket::{Message, State, WebSocketError, futures::WebSocket};
use gloo_timers::future::TimeoutFuture;
use leptos::{ev, prelude::*, task::spawn_local};
use std::cell::Cell;

const FIRST_WAIT_MS: f64 = 500.0;
const LONGEST_WAIT_MS: f64 = 30_000.0;
const STABLE_MS: f64 = 10_000.0;
/// Silence in ms after which the connection counts as lost. The server pings every 20 s.
const SILENCE_MS: u32 = 45_000;
/// A page that still runs so many ms after `beforeunload` was not left: that was a download.
const LEAVING_MS: f64 = 5_000.0;
/// Failed attempts in a row before the state is `Offline`.
const TRIES: u32 = 3;

enum Ended {
    Lost,
    /// The connection never opened, or ended before `Welcome`.
    Refused,
    SessionOver,
    WrongProtocol,
}

/// What to do after the session was checked.
#[derive(PartialEq)]
enum Next {
    Connect,
    /// The browser navigates to another page.
    Leave,
}

thread_local! {
    static STARTED: Cell<bool> = const { Cell::new(false) };
    /// Time of the last `beforeunload`, in ms since 1970: a sign-out, for example.
    static LEAVING: Cell<f64> = const { Cell::new(f64::NEG_INFINITY) };
}

pub(super) fn start(wire: SocketSignals, me: Me) {
    if STARTED.replace(true) {
        return;
    }
    let (wake, woken) = unbounded();
    let online = wake.clone();
    // These listeners live as long as the tab, as the socket does.
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
    let _ = window_event_listener(ev::beforeunload, |_| LEAVING.set(js_sys::Date::now()));
    spawn_local(keep(wire, me, woken));
}

async fn keep(wire: SocketSignals, me: Me, mut woken: UnboundedReceiver<()>) {
    let mut tries = 0;
    loop {
        let began = js_sys::Date::now();
        let ended = talk(wire, &me).await;
        client::disconnected();
        match ended {
            // The server is newer. Its own page speaks its protocol. Typed text stays here until the person loads that page.
            Ended::WrongProtocol => {
                wire.notice.set(Some(Notice::Updated));
                wire.link.set(ConnState::Offline);
                return;
            }
            // The server refused us or is unreachable: the check finds out which.
            Ended::SessionOver | Ended::Refused => {
                if check(wire, &me).await == Next::Leave {
                    return;
                }
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

/// Asks the server whose session this is, and shows the matching notice.
async fn check(wire: SocketSignals, me: &Me) -> Next {
    let now = match who_am_i().await {
        Ok(now) => now,
        Err(error) if error.0 == Error::Unauthorized => None,
        // No answer, so nothing is known.
        Err(_) => return Next::Connect,
    };
    // After a sign-out in this tab the browser is already navigating. A download also fires `beforeunload`, but the page stays.
    let left = LEAVING_MS - (js_sys::Date::now() - LEAVING.get());
    if left > 0.0 {
        TimeoutFuture::new(left as u32).await;
        return Next::Connect;
    }
    let notice = Notice::between(me, now.as_ref());
    // No typed text would be lost. The sign-in page says why, and returns here.
    if notice == Some(Notice::SignedOut) && !has_typed_text() {
        let here = window().location();
        let path = [here.pathname(), here.search()].map(Result::unwrap_or_default).concat();
        let next = String::from(js_sys::encode_uri_component(&path));
        let _ = here.assign(&format!("/signin?ended=1&next={next}"));
        return Next::Leave;
    }
    if wire.notice.get_untracked() != notice {
        wire.notice.set(notice);
    }
    Next::Connect
}

/// One connection, from opening to its end.
async fn talk(wire: SocketSignals, me: &Me) -> Ended {
    let location = window().location();
    let scheme = if location.protocol().is_ok_and(|protocol| protocol == "https:") { "wss" } else { "ws" };
    let Ok(host) = location.host() else { return Ended::Lost };
    let Ok(mut socket) = WebSocket::open(&format!("{scheme}://{host}/live")) else { return Ended::Lost };
    // Browsers log an error when a message is sent to a socket that never opened.
    select(poll_fn(|context| socket.poll_ready_unpin(context)), TimeoutFuture::new(SILENCE_MS)).await;
    if !matches!(socket.state(), State::Open) {
        return Ended::Refused;
    }
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
    let mut welcomed = false;
    let lost = |welcomed| if welcomed { Ended::Lost } else { Ended::Refused };
    loop {
        match select(stream.next(), TimeoutFuture::new(SILENCE_MS)).await {
            Either::Left((Some(Ok(Message::Text(text))), _)) => match serde_json::from_str::<ServerMessage>(&text) {
                Ok(message) => {
                    if matches!(message, ServerMessage::Welcome { .. }) {
                        welcomed = true;
                        let again = wire.link.get_untracked() != ConnState::Connecting;
                        wire.link.set(ConnState::Live);
                        if again {
                            wire.reconnects.update(|count| *count += 1);
                            // During the outage the person may have signed out or changed role.
                            let me = me.clone();
                            spawn_local(async move { _ = check(wire, &me).await });
                        }
                    }
                    client::receive(message, wire);
                }
                Err(error) => leptos::logging::warn!("unreadable frame: {error}"),
            },
            Either::Left((Some(Err(WebSocketError::ConnectionClose(end))), _)) => {
                return match end.code {
                    close::SESSION_OVER => Ended::SessionOver,
                    close::WRONG_PROTOCOL => Ended::WrongProtocol,
                    _ => lost(welcomed),
                };
            }
            Either::Left((Some(Ok(Message::Bytes(_)) | Err(_)), _)) => {}
            Either::Left((None, _)) | Either::Right(_) => return lost(welcomed),
        }
    }
}
