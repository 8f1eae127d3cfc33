//! Percent-encoding, as in addresses.

/// Replaces each `%` with two hexadecimal digits by the byte they encode. Everything else stays.
pub fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|digit| char::from(*digit).to_digit(16)).map(|digit| digit as u8);
        rest = after;
        match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(high << 4 | low);
                rest = &after[2..];
            }
            (byte, ..) => bytes.push(*byte),
        }
    }
    bytes
}
