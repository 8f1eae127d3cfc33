//! The token of a known device: a browser that has signed in before. It gives no access.

use super::key::{Account, NONCE};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of the HMAC.
const PROOF: usize = 32;

/// A token for this account: a nonce, its HMAC, and the account. Older ones end before the account.
pub(super) fn token(secret: &str, account: Account, random: &[u8; 32]) -> String {
    let nonce = &random[..NONCE];
    let mut token = nonce.to_vec();
    token.extend(proof(secret, account, nonce).finalize().into_bytes());
    token.extend(account);
    URL_SAFE_NO_PAD.encode(token)
}

/// The nonce of a valid token of this account.
pub(super) fn known(secret: &str, account: Account, token: &str) -> Option<[u8; NONCE]> {
    let token = decoded(token)?;
    let (nonce, rest) = token.split_at_checked(NONCE)?;
    let (proved, of) = rest.split_at_checked(PROOF)?;
    (of.is_empty() || of == account).then_some(())?;
    proof(secret, account, nonce).verify_slice(proved).ok()?;
    nonce.try_into().ok()
}

/// The account of a valid token; `None` for an older one, which does not have it.
pub(super) fn account(secret: &str, token: &str) -> Option<Account> {
    let account = decoded(token)?.get(NONCE + PROOF..)?.try_into().ok()?;
    known(secret, account, token).map(|_| account)
}

fn decoded(token: &str) -> Option<Vec<u8>> {
    // A longer token cannot be ours and is not decoded.
    (token.len() <= 100).then(|| URL_SAFE_NO_PAD.decode(token).ok()).flatten()
}

fn proof(secret: &str, account: Account, nonce: &[u8]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let proof = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length");
    proof.chain_update(account).chain_update(nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_account_and_an_older_one_stays_valid() {
        let (account, other) = ([1; 16], [2; 16]);
        let token = token("secret", account, &[7; 32]);
        assert_eq!(super::account("secret", &token), Some(account));
        assert_eq!((known("secret", account, &token), known("secret", other, &token)), (Some([7; NONCE]), None));
        assert_eq!(super::account("another", &token), None);
        let mut bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        let older = URL_SAFE_NO_PAD.encode(&bytes[..NONCE + PROOF]);
        assert_eq!((known("secret", account, &older), super::account("secret", &older)), (Some([7; NONCE]), None));
        bytes[NONCE + PROOF..].copy_from_slice(&other);
        let forged = URL_SAFE_NO_PAD.encode(bytes);
        assert_eq!((known("secret", account, &forged), super::account("secret", &forged)), (None, None));
    }
}
