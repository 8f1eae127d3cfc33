//! Secrets that open an account: session tokens and API keys. Only their SHA-256 is ever stored.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// How API keys begin, so that a leaked one is recognised for what it is.
const KEY: &str = "lnk_";
/// Characters of a key that are kept, to tell keys apart: `lnk_` and eight more.
const PREFIX: usize = KEY.len() + 8;

/// 256 bits, as the cookie carries them.
pub(super) fn session(random: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(random)
}

/// `lnk_<prefix>_<secret>`, and its first part.
pub(super) fn key(random: &[u8; 32], id: uuid::Uuid) -> (String, String) {
    let id = id.simple().to_string();
    // A UUID v7 ends in randomness and begins with time: the end tells keys of one day apart.
    let prefix = format!("{KEY}{}", &id[id.len() - (PREFIX - KEY.len())..]);
    (format!("{prefix}_{}", session(random)), prefix)
}

/// What the forms of a session carry: made from its token, which it does not tell, and known to nobody who does not see its pages.
pub(crate) fn form(session: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::new().chain_update(b"form\0").chain_update(session).finalize())
}

pub(super) fn is_key(secret: &str) -> bool {
    secret.starts_with(KEY)
}

/// A fast hash is right here: these secrets are random, nobody can guess their way to one.
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
