//! Decodes domain labels from their ASCII form (RFC 3492). Browsers only encode.

/// Longest label of a domain, in bytes.
pub(super) const LABEL_MAX: usize = 63;

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;

/// Decodes a label without its `xn--`. `None` when it is invalid, or decodes to a control or white-space character.
pub(super) fn decode(label: &str) -> Option<String> {
    let (plain, coded) = label.rsplit_once('-').unwrap_or(("", label));
    if label.len() > LABEL_MAX || coded.is_empty() || !label.is_ascii() {
        return None;
    }
    let mut letters: Vec<char> = plain.chars().collect();
    let (mut letter, mut place, mut bias) = (128_u32, 0_u32, 72_u32);
    let mut digits = coded.bytes().peekable();
    while digits.peek().is_some() {
        let (before, mut weight) = (place, 1_u32);
        for step in 1_u32.. {
            let digit = match digits.next()? {
                byte @ b'a'..=b'z' => u32::from(byte - b'a'),
                byte @ b'0'..=b'9' => u32::from(byte - b'0') + 26,
                _ => return None,
            };
            place = place.checked_add(digit.checked_mul(weight)?)?;
            let least = (BASE * step).saturating_sub(bias).clamp(T_MIN, T_MAX);
            if digit < least {
                break;
            }
            weight = weight.checked_mul(BASE - least)?;
        }
        let count = letters.len() as u32 + 1;
        bias = adapted(place - before, count, before == 0);
        letter = letter.checked_add(place / count)?;
        place %= count;
        letters.insert(place as usize, char::from_u32(letter).filter(|c| !c.is_control() && !c.is_whitespace())?);
        place += 1;
    }
    Some(letters.into_iter().collect())
}

fn adapted(delta: u32, count: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / count;
    let mut steps = 0;
    while delta > (BASE - T_MIN) * T_MAX / 2 {
        delta /= BASE - T_MIN;
        steps += BASE;
    }
    steps + (BASE - T_MIN + 1) * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn labels_become_letters() {
        for (coded, letters) in [
            ("bcher-kva", "bücher"),
            ("h2brj9c", "भारत"),
            ("j2bd4cyah0f", "हिन्दी"),
            ("strae-oqa", "straße"),
            ("wgv71a119e", "日本語"),
            ("ls8h", "💩"),
        ] {
            assert_eq!(decode(coded).as_deref(), Some(letters), "{coded}");
        }
        for bad in ["", "-", "a-", "a", "bcher-KVA", "99999999999", "ü", &"a".repeat(64)] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_same_as_the_crate_for_domains() {
        for letters in ["münchen", "ñandú", "ουτοπία", "правда", "ไทย", "한국어", "ქართული", "a1ü-b2é", "مثال"]
        {
            let coded = idna::punycode::encode_str(letters).unwrap();
            assert_eq!(decode(&coded).as_deref(), Some(letters));
        }
    }
}
