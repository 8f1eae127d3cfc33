//! Session tokens and API keys. Only their SHA-256 is stored.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// Prefix of API keys, so that a leaked one is recognisable.
const KEY: &str = "lnk_";
/// Length of the stored prefix that tells keys apart: `lnk_` and 8 characters.
const PREFIX: usize = KEY.len() + 8;

/// A session token for the cookie: 256 bits, base64url.
pub(super) fn session(random: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(random)
}

/// The key `lnk_<id>_<secret>`, and its prefix `lnk_<id>`.
pub(super) fn key(random: &[u8; 32], id: uuid::Uuid) -> (String, String) {
    let id = id.simple().to_string();
    // A UUID v7 starts with the time and ends with random bits; the end differs between keys of one day.
    let prefix = format!("{KEY}{}", &id[id.len() - (PREFIX - KEY.len())..]);
    (format!("{prefix}_{}", session(random)), prefix)
}

/// The CSRF token of a session's forms: a hash of the session token, which it does not reveal.
pub(crate) fn form(session: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::new().chain_update(b"form\0").chain_update(session).finalize())
}

pub(super) fn is_key(secret: &str) -> bool {
    secret.starts_with(KEY)
}

/// A fast hash is safe here: the secrets are random and cannot be guessed.
pub(super) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_itself_and_a_token_does_not() {
        let (secret, prefix) = key(&[7; 32], uuid::Uuid::from_u128(0xabcd_ef01));
        assert_eq!(prefix, "lnk_abcdef01");
        assert!(secret.starts_with("lnk_abcdef01_") && secret.len() == 12 + 1 + 43);
        assert!(is_key(&secret) && !is_key(&session(&[7; 32])));
        assert_ne!(hash(&secret), hash(&session(&[7; 32])));
        assert_ne!(form("one session"), form("another session"));
        assert!(!form("one session").contains("session"));
    }
}
