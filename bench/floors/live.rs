//! Floor for live updates: every text frame sent to `/publish` goes to every other socket. `floor-live PORT`.

use futures::{SinkExt, StreamExt};
use std::error::Error;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::broadcast,
};
use tokio_tungstenite::tungstenite::{
    Message, Utf8Bytes,
    handshake::server::{Request, Response},
    protocol::WebSocketConfig,
};

type Failure = Box<dyn Error + Send + Sync>;

async fn serve(mut stream: TcpStream, frames: broadcast::Sender<Utf8Bytes>) -> Result<(), Failure> {
    stream.set_nodelay(true)?;
    let mut head = [0; 512];
    let read = stream.peek(&mut head).await?;
    if !String::from_utf8_lossy(&head[..read]).to_ascii_lowercase().contains("upgrade: websocket") {
        return Ok(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await?);
    }
    let mut publishes = false;
    #[expect(clippy::result_large_err, reason = "the library's signature")]
    let look = |request: &Request, response: Response| {
        publishes = request.uri().path() == "/publish";
        Ok(response)
    };
    let config = WebSocketConfig::default().read_buffer_size(4 * 1024);
    let mut socket = tokio_tungstenite::accept_hdr_async_with_config(stream, look, Some(config)).await?;
    if publishes {
        while let Some(message) = socket.next().await {
            if let Message::Text(text) = message? {
                drop(frames.send(text));
            }
        }
        return Ok(());
    }
    let mut feed = frames.subscribe();
    while let Ok(frame) = feed.recv().await {
        socket.send(Message::Text(frame)).await?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let port: u16 = std::env::args().nth(1).ok_or("floor-live PORT")?.parse()?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let (frames, _) = broadcast::channel(1_024);
    loop {
        let (stream, _) = listener.accept().await?;
        let frames = frames.clone();
        tokio::spawn(async move { drop(serve(stream, frames).await) });
    }
}
