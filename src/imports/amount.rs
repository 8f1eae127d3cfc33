//! Amounts of money as spreadsheets write them.

/// Minor units (cents) of `1,234.50`, `1.234,50 €`, `USD 99`, `1 234`, `CHF 1'200.-`; `None` for anything else.
///
/// Both conventions are read. The last separator is the decimal one, unless exactly three digits follow it: money has no
/// thousandths, so `12.400` is twelve thousand and four hundred.
pub fn amount(text: &str) -> Option<i64> {
    let text = text.trim();
    let negative = text.starts_with(['-', '−']) || (text.starts_with('(') && text.ends_with(')'));
    let text = text.trim_matches(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ','));
    // A currency's sign or code stands before or after the number, never in it.
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’')).collect();
    if !digits.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','))
        || digits.contains(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ','))
    {
        return None;
    }
    // `1200.-` and `1200,` end in a separator without decimals.
    let digits = digits.strip_suffix(['.', ',']).unwrap_or(&digits);
    let (whole, cents) = match digits.rfind(['.', ',']) {
        None => (digits, ""),
        Some(at) => {
            let mark = &digits[at..=at];
            let (before, after) = (&digits[..at], &digits[at + 1..]);
            let thousands =
                after.len() == 3 && !before.is_empty() && before != "0" && !before.contains(if mark == "." { ',' } else { '.' });
            if thousands { (digits, "") } else { (before, after) }
        }
    };
    if cents.len() > 2 {
        return None;
    }
    let whole = ungrouped(whole)?;
    let cents: i64 = match cents.len() {
        0 => 0,
        1 => cents.parse::<i64>().ok()? * 10,
        _ => cents.parse().ok()?,
    };
    let minor = whole.checked_mul(100)?.checked_add(cents)?;
    Some(if negative { -minor } else { minor })
}

/// `1.234.567` or `1,234,567`: one kind of mark, and three digits after each.
fn ungrouped(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let Some(mark) = text.chars().find(|c| !c.is_ascii_digit()) else { return text.parse().ok() };
    let mut groups = text.split(mark);
    let first = groups.next().filter(|group| (1..=3).contains(&group.len()))?;
    let rest: Vec<&str> = groups.collect();
    if rest.iter().any(|group| group.len() != 3) {
        return None;
    }
    format!("{first}{}", rest.concat()).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn both_conventions() {
        for (text, cents) in [
            ("12.400,50 €", 1_240_050),
            ("$12,400.50", 1_240_050),
            ("12.400", 1_240_000),
            ("12,400", 1_240_000),
            ("1.234.567", 123_456_700),
            ("1 234,5", 123_450),
            ("CHF 1'200.-", 120_000),
            ("USD 99", 9_900),
            ("0", 0),
            (",5", 50),
            ("-3.20", -320),
            ("(3.20)", -320),
            ("1234.56", 123_456),
        ] {
            assert_eq!(amount(text), Some(cents), "{text}");
        }
        for text in ["", "abc", "1.2.3", "0.125", "1,23,456", "12k5", "1.234,567", "99999999999999999999", "€"] {
            assert_eq!(amount(text), None, "{text}");
        }
    }
}
