//! Floor for server rendering: axum writes the HTML of a captured page as a string, escaping every text each time. `floor-page PORT FILE`.

use axum::{Router, http::header, response::IntoResponse, routing::get};
use std::{error::Error, sync::Arc};

/// A part of the page: markup to copy, or text to escape.
enum Piece {
    Markup(String),
    Text(String),
}

fn pieces(page: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for part in page.split_inclusive('>') {
        let (text, markup) = part.find('<').map_or((part, ""), |at| part.split_at(at));
        if !text.is_empty() {
            pieces.push(Piece::Text(unescape(text)));
        }
        pieces.push(Piece::Markup(markup.to_owned()));
    }
    pieces
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn escape(text: &str, page: &mut String) {
    for letter in text.chars() {
        match letter {
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '&' => page.push_str("&amp;"),
            letter => page.push(letter),
        }
    }
}

fn write(pieces: &[Piece]) -> String {
    let mut page = String::new();
    for piece in pieces {
        match piece {
            Piece::Markup(markup) => page.push_str(markup),
            Piece::Text(text) => escape(text, &mut page),
        }
    }
    page
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().ok_or("a port")?.parse()?;
    let pieces = Arc::new(pieces(&std::fs::read_to_string(arguments.next().ok_or("a page")?)?));
    let page = get(move || async move { ([(header::CONTENT_TYPE, "text/html")], write(&pieces)).into_response() });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, Router::new().route("/", page.clone()).route("/leads", page)).await?;
    Ok(())
}
