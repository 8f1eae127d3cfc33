//! The token of a known device: a browser that has signed in before. It gives no access.

use super::key::{Account, NONCE};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of the HMAC.
const PROOF: usize = 32;

/// A token for this account: a nonce and its HMAC.
pub(super) fn token(secret: &str, account: Account, random: &[u8; 32]) -> String {
    let nonce = &random[..NONCE];
    let mut token = nonce.to_vec();
    token.extend(proof(secret, account, nonce).finalize().into_bytes());
    URL_SAFE_NO_PAD.encode(token)
}

/// The nonce of a valid token of this account.
pub(super) fn known(secret: &str, account: Account, token: &str) -> Option<[u8; NONCE]> {
    // A longer token cannot be ours and is not decoded.
    let token = (token.len() <= 80).then(|| URL_SAFE_NO_PAD.decode(token).ok()).flatten()?;
    let (nonce, proved) = token.split_at_checked(NONCE).filter(|(_, proved)| proved.len() == PROOF)?;
    proof(secret, account, nonce).verify_slice(proved).ok()?;
    nonce.try_into().ok()
}

fn proof(secret: &str, account: Account, nonce: &[u8]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let proof = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length");
    proof.chain_update(account).chain_update(nonce)
}
