//! Writes `docs/rules.md`: `cargo run --example rules > docs/rules.md`.

fn main() {
    print!("{}", domain::rule::Manual::new().markdown());
}
