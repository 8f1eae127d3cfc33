//! Amounts of money as people and spreadsheets write them. Forms and imports use this one parser.

use crate::{Currency, text};

/// Names of currencies beside a number, folded: signs, ISO 4217 codes, abbreviations. A dot after an abbreviation (`Rs.`) is read as
/// part of it.
const CURRENCIES: &str = " \
    $ € £ ¥ ₹ ₨ ₽ ₺ ₩ ₪ ₫ ₴ ₦ ₱ ฿ ₡ ₲ ₵ ₭ ₮ ₸ ₼ ₾ ¤ ﷼ 円 元 圆 圓 원 \
    us$ u$s a$ au$ c$ ca$ can$ nz$ hk$ nt$ s$ sg$ r$ mx$ rd$ cl$ col$ j$ tt$ z$ n$ b$ bz$ ec$ \
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd btn bwp byn bzd cad cdf chf clp cny cop crc cup cve \
    czk djf dkk dop dzd egp ern etb eur fjd fkp gbp gel ghs gip gmd gnf gtq gyd hkd hnl huf idr ils inr iqd irr isk jmd jod jpy kes kgs khr \
    kmf kpw krw kwd kyd kzt lak lbp lkr lrd lsl lyd mad mdl mga mkd mmk mnt mop mru mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab \
    pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sdg sek sgd shp sle sos srd ssp stn svc syp szl thb tjs tmt tnd top try ttd twd \
    tzs uah ugx usd uyu uzs ves vnd vuv wst xaf xcd xof xpf yer zar zmw zwl dem frf itl esp nlg ats bef hrk rmb cnh \
    rs re kr fr sfr fs rp rm r zł zl kč kc ft lei leu lv лв руб р грн ден дин din kn tl dh dhs bs s/ b/ ksh tsh ush gh₵ tk br pts \
    euro euros dollar dollars pound pounds quid yen yuan rupee rupees franc francs franken krona kronor krone kroner peso pesos real reais \
    złoty złotych rubel rubles ";

/// Names that stand for several currencies, or that differ from the code, and the codes that each may mean.
const MEANINGS: [(&str, &str); 19] = [
    ("€ euro euros", "eur"),
    ("£ pound pounds quid", "gbp egp fkp gip lbp shp syp"),
    ("$ dollar dollars", "usd aud bbd bnd bsd bzd cad fjd gyd hkd jmd kyd lrd nad nzd sbd sgd srd ttd twd xcd ars clp cop cup mxn uyu nio"),
    ("us$ u$s", "usd"),
    ("a$ au$", "aud"),
    ("c$ ca$ can$", "cad"),
    ("nz$", "nzd"),
    ("hk$", "hkd"),
    ("sg$", "sgd"),
    ("peso pesos", "ars clp cop cup dop mxn php uyu"),
    ("r$ real reais", "brl"),
    ("¥ yen yuan 円 元 圆 圓", "jpy cny cnh rmb twd hkd"),
    ("rmb cnh", "cny"),
    ("₹ ₨ rs re rupee rupees", "inr lkr mur npr pkr scr"),
    ("fr sfr fs franc francs franken", "chf bef frf xaf xof xpf bif cdf djf gnf kmf rwf"),
    ("kr krona kronor krone kroner", "sek nok dkk isk"),
    ("zł złoty złotych", "pln"),
    ("kč kc", "czk"),
    ("₽ руб р rubel rubles", "rub byn"),
];

/// The codes that a name of `CURRENCIES` may mean; a name that means one currency alone is its own.
fn meanings(name: &'static str) -> impl Iterator<Item = &'static str> + Clone {
    let listed = MEANINGS.iter().find(|(names, _)| names.split(' ').any(|one| one == name));
    listed.map_or(name, |(_, codes)| codes).split(' ').chain([name])
}

/// Whether two names of `CURRENCIES` may mean the same currency: `$` and `cad`, but not `€` and `usd`.
pub fn may_be_same(one: &'static str, other: &'static str) -> bool {
    meanings(one).any(|code| meanings(other).any(|same| same == code))
}

/// A text as a name of `CURRENCIES`.
pub fn known(text: &str) -> Option<&'static str> {
    let folded = text::fold(text);
    CURRENCIES.split(' ').filter(|name| !name.is_empty()).find(|name| *name == folded)
}

/// A currency as a name of `CURRENCIES`.
pub fn name_of(currency: Currency) -> Option<&'static str> {
    CURRENCIES.split(' ').find(|name| name.eq_ignore_ascii_case(currency.code()))
}

/// Names of the currencies beside an amount, also one that `amount` refuses for its decimals (`BHD 1.234`); none beside other text.
pub fn currencies(text: &str) -> Vec<&'static str> {
    let seen = text::seen_ascii(text);
    if amount(&seen).is_none() && decimal_mark(&seen).is_none() {
        return Vec::new();
    }
    let between = |c: char| c.is_ascii_digit() || c.is_whitespace() || matches!(c, '.' | ',' | '-' | '−' | '(' | ')');
    seen.split(between).filter(|word| !word.is_empty()).filter_map(known).collect()
}

/// Whether a name surely means another currency than `own`. `$` may be each of the dollars.
pub fn is_foreign(name: &'static str, own: Currency) -> bool {
    name_of(own).is_none_or(|own| !may_be_same(own, name))
}

/// Codes of currencies that are English words.
const WORDS: [&str; 5] = ["all", "cup", "pen", "top", "try"];

/// A header without the currency at its end, and the currency: `Value (USD)`, `Amount [€]`, `Revenue in EUR`, `Price $`.
pub fn split_header(header: &str) -> (&str, Option<&'static str>) {
    let header = header.trim_end();
    let split = || {
        let inner = header.strip_suffix([')', ']']);
        let (rest, word) = inner.map_or_else(|| header.rsplit_once(' '), |inner| inner.rsplit_once(['(', '[']))?;
        let word = word.trim();
        let is_sign = word.contains(|c: char| !c.is_alphanumeric());
        // In small letters a code may be a word.
        let is_code = word.parse::<Currency>().is_ok_and(|code| code.code() == word || inner.is_some() && !WORDS.contains(&word));
        let name = known(word).filter(|_| is_sign || is_code)?;
        let rest = rest.trim_end();
        Some((rest.strip_suffix(" in").unwrap_or(rest), name)).filter(|(rest, _)| !rest.is_empty())
    };
    split().map_or((header, None), |(rest, name)| (rest, Some(name)))
}

/// Minor units (cents) of `1,234.50`, `1.234,50 €`, `USD 99`, `1 234`, `CHF 1'200.-`, `Rs. 1,00,000`. `None` for any other text, and for
/// text that can be read in two ways.
///
/// Reads both conventions, with groups of three digits (or, as in India, groups of two before the last three). Marks between groups are
/// ignored; a last mark before one or two digits is the decimal mark. Three digits after a single mark are a group, since most currencies
/// have no thousandths: `12.400` is 12,400. For currencies that have them, such as KWD, that text is rejected as ambiguous. Invisible
/// characters are ignored, and full-width digits are read as digits.
pub fn amount(text: &str) -> Option<i64> {
    let seen = text::seen_ascii(text);
    let mut text = seen.trim();
    let mut negative = false;
    if let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        negative = true;
        text = inner.trim();
    }
    let mut minus = 0;
    let mut currencies = Currencies::default();
    // Before the number: a sign and currencies, in any order.
    while let Some(first) = text.chars().next() {
        if let Some(rest) = text.strip_prefix(['-', '−', '–', '+']) {
            minus += usize::from(first != '+');
            text = rest.trim_start();
        } else if first.is_ascii_digit() || matches!(first, '.' | ',') {
            break;
        } else {
            text = currencies.take(text)?;
        }
    }
    // After the number: the same, and a dash that means "no cents".
    let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let (number, mut rest) = (&text[..end], &text[end..]);
    for none in [",--", ".--", ".-", ",-", ".–", ",–", ".—", ",—", "/-", ".", ","] {
        // `50.` is a whole number; nobody writes `50.kr` so, and `24.12.` is a date.
        if let Some(after) = rest.strip_prefix(none)
            && (none.len() > 1 || (after.is_empty() || after.starts_with(char::is_whitespace)) && !number.contains(['.', ',']))
        {
            rest = after;
            break;
        }
    }
    rest = rest.trim_start();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(['-', '−']) {
            minus += 1;
            rest = after.trim_start();
        } else {
            rest = currencies.take(rest)?;
        }
    }
    let parts: Vec<&str> = number.split(['.', ',']).collect();
    if minus > usize::from(!negative) || (currencies.has_thousandths && matches!(parts[..], [_, last] if last.len() == 3)) {
        return None;
    }
    negative |= minus == 1;
    let minor = number_of(number)?;
    Some(if negative { -minor } else { minor })
}

/// The decimal mark of an amount with decimals: the dot of `12.5`, the comma of `1.234,50`. Also of one that `amount` refuses for the number
/// of its decimals: `0.500`, `1234.567`.
pub fn decimal_mark(text: &str) -> Option<char> {
    let seen = text::seen_ascii(text);
    let Number { at, before, mark, behind } = last_mark(&seen)?;
    let group = behind.len() == 3 && amount(&seen).is_some();
    let cut = behind.get(..2).unwrap_or(behind);
    let digits = !behind.is_empty() && behind.bytes().all(|byte| byte.is_ascii_digit());
    let rest = &seen[at + mark.len_utf8() + behind.len()..];
    let fewer = || amount(&format!("{}{mark}{cut}{rest}", &seen[..at]));
    (!group && digits && !before.contains(mark) && fewer().is_some()).then_some(mark)
}

/// The mark that occurs several times in an amount: the dot of `1.234.567`.
pub fn group_mark(text: &str) -> Option<char> {
    let seen = text::seen_ascii(text);
    let Number { before, mark, .. } = last_mark(&seen)?;
    (before.contains(mark) && amount(&seen).is_some()).then_some(mark)
}

/// Whether `mark` is the only mark and three digits follow it: `amount` reads these as a group of thousands.
pub fn is_one_group(text: &str, mark: char) -> bool {
    let seen = text::seen_ascii(text);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    last_mark(&seen).is_some_and(|number| {
        let Number { before, behind, .. } = number;
        number.mark == mark && !before.is_empty() && digits(before) && digits(behind) && behind.len() == 3
    })
}

/// A number's last dot or comma at byte `at`, with the digits and marks before and behind it.
struct Number<'t> {
    at: usize,
    before: &'t str,
    mark: char,
    behind: &'t str,
}

fn last_mark(text: &str) -> Option<Number<'_>> {
    let is_mark = |c: char| matches!(c, '.' | ',');
    let first = text.find(|c: char| c.is_ascii_digit())?;
    let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    // The mark of `.50` is part of the number; that of `Rs.50` is not.
    let start = text[..first].strip_suffix(is_mark).filter(|ahead| !ahead.ends_with(char::is_alphabetic)).map_or(first, str::len);
    let at = start + text[start..end].rfind(is_mark)?;
    Some(Number { at, before: &text[start..at], mark: text[at..].chars().next()?, behind: &text[at + 1..end] })
}

/// The currencies beside a number: one sign, one code, or one of each (`€50 EUR`).
#[derive(Default)]
struct Currencies {
    signs: usize,
    codes: usize,
    has_thousandths: bool,
}

impl Currencies {
    /// Removes the currency at the beginning of `text`. `None` when there is none, or a second sign or code.
    fn take<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let (folded, rest) = after_currency(text)?;
        let is_code = folded.len() == 3 && folded.bytes().all(|byte| byte.is_ascii_alphabetic());
        let kind = if is_code { &mut self.codes } else { &mut self.signs };
        *kind += 1;
        self.has_thousandths |= folded.parse().is_ok_and(|currency: Currency| currency.digits() > 2);
        (self.signs <= 1 && self.codes <= 1).then_some(rest)
    }
}

/// The folded currency at the beginning of `text`, and the rest.
fn after_currency(text: &str) -> Option<(String, &str)> {
    let end = text
        .find(|c: char| c.is_ascii_digit() || c.is_whitespace() || matches!(c, '.' | ',' | '-' | '−' | '(' | ')'))
        .unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let folded = text::fold(word);
    if folded.is_empty() || !CURRENCIES.split(' ').any(|known| known == folded) {
        return None;
    }
    let letters = word.chars().all(char::is_alphabetic) || word.ends_with('/');
    let rest = match rest.strip_prefix('.').filter(|_| letters) {
        // `USD.50`: half a dollar, or fifty dollars? Ambiguous.
        Some(after)
            if word.len() >= 3
                && folded.is_ascii()
                && after.starts_with(|c: char| c.is_ascii_digit())
                && !DOTTED.contains(&folded.as_str()) =>
        {
            return None;
        }
        Some(after) => after,
        None => rest,
    };
    Some((folded, rest.trim_start()))
}

/// Abbreviations of three letters after which a dot is part of the abbreviation.
const DOTTED: [&str; 5] = ["sfr", "dhs", "din", "lei", "pts"];

/// Cents of a text of digits and marks alone.
fn number_of(text: &str) -> Option<i64> {
    // Normalise spaces and apostrophes to one kind each.
    let text: String = text
        .chars()
        .map(|c| match c {
            '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{2007}' => ' ',
            '’' | '‘' | '´' | '`' => '\'',
            c => c,
        })
        .collect();
    let is_mark = |c: char| matches!(c, '.' | ',' | ' ' | '\'');
    if text.contains(|c: char| !c.is_ascii_digit() && !is_mark(c)) {
        return None;
    }
    let Some(at) = text.rfind(is_mark) else { return cents(&text, "") };
    let (head, mark, tail) = (&text[..at], text[at..].chars().next()?, &text[at + 1..]);
    let first = head.find(is_mark).map(|at| head[at..].chars().next()).unwrap_or_default();
    let decimal = matches!(mark, '.' | ',') && first != Some(mark) && tail.len() <= 2;
    if decimal { cents(&ungrouped(head)?, tail) } else { cents(&ungrouped(&text)?, "") }
}

/// The digits of `1.234.567`, `1,234,567`, `12 34 567`: a single kind of mark, and valid groups.
fn ungrouped(text: &str) -> Option<String> {
    let Some(mark) = text.chars().find(|c| !c.is_ascii_digit()) else { return Some(text.to_owned()) };
    let groups: Vec<&str> = text.split(mark).collect();
    let (first, rest) = groups.split_first()?;
    let (last, middle) = rest.split_last()?;
    let digits = |group: &&str| group.bytes().all(|byte| byte.is_ascii_digit());
    let threes = middle.iter().all(|group| group.len() == 3) && (1..=3).contains(&first.len());
    let twos = matches!(mark, ',' | ' ') && middle.iter().all(|group| group.len() == 2) && (1..=2).contains(&first.len());
    let whole = !first.starts_with('0') && last.len() == 3 && groups.iter().all(digits);
    (whole && (threes || twos)).then(|| groups.concat())
}

fn cents(whole: &str, cents: &str) -> Option<i64> {
    let whole: i64 = if whole.is_empty() && !cents.is_empty() { 0 } else { whole.parse().ok()? };
    let cents: i64 = match cents.len() {
        0 => 0,
        1 => cents.parse::<i64>().ok()? * 10,
        _ => cents.parse().ok()?,
    };
    whole.checked_mul(100)?.checked_add(cents)
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
            ("1.234.567,8", 123_456_780),
            ("1 234,5", 123_450),
            ("1\u{202f}234\u{a0}567,50", 123_456_750),
            ("CHF 1'200.-", 120_000),
            ("CHF 1’200.50", 120_050),
            ("USD 99", 9_900),
            ("0", 0),
            ("0.5", 50),
            (",5", 50),
            (".50", 50),
            ("-3.20", -320),
            ("3.20-", -320),
            ("-$5", -500),
            ("$-5", -500),
            ("(3.20)", -320),
            ("1234.56", 123_456),
            ("1200.", 120_000),
            ("1.200,--", 120_000),
        ] {
            assert_eq!(amount(text), Some(cents), "{text}");
        }
    }

    #[test]
    fn a_currency_is_no_part_of_the_number() {
        for (text, cents) in [
            ("Rs. 50", 5_000),
            ("Rs.50", 5_000),
            ("Rs.50.25", 5_025),
            ("kr. 75", 7_500),
            ("75 kr.", 7_500),
            ("75kr", 7_500),
            ("Fr. 25", 2_500),
            ("SFr. 1'234.50", 123_450),
            ("R$ 1.234,50", 123_450),
            ("US$1,234.50", 123_450),
            ("$.50", 50),
            ("Rs .50", 50),
            ("1 234,50 zł", 123_450),
            ("500 Kč", 50_000),
            ("1.500 руб.", 150_000),
            ("S/. 20", 2_000),
            ("Rs. 500/-", 50_000),
            ("50 €", 5_000),
            ("€50 EUR", 5_000),
            ("¥1000", 100_000),
            ("US$ 50 USD", 5_000),
            ("KWD 12.34", 1_234),
            ("KWD 1,234,567", 123_456_700),
        ] {
            assert_eq!(amount(text), Some(cents), "{text}");
        }
    }

    #[test]
    fn what_looks_like_a_number_is_one() {
        for text in ["\u{200b}50", "\u{202a}50\u{202c}", "50\u{200e}", "5\u{ad}0", "５０", "５０．００", "￥50", "\u{feff}50"] {
            assert_eq!(amount(text), Some(5_000), "{text:?}");
        }
    }

    #[test]
    fn groups_as_in_india() {
        for (text, cents) in
            [("1,00,000", 10_000_000), ("₹ 12,34,567.50", 123_456_750), ("Rs. 1,00,00,000", 1_000_000_000), ("10,00,000", 100_000_000)]
        {
            assert_eq!(amount(text), Some(cents), "{text}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_not_read() {
        for text in [
            "",
            "abc",
            "1.2.3",
            "0.125",
            "0,125",
            "1.234,567",
            "1,234.567",
            "1234.567",
            "1,23,45",
            "1,2,345.00",
            "12 34",
            "1 2",
            "5 50",
            "1.23 456",
            "12k5",
            "12k",
            "1.5m",
            "5 Mio",
            "1e5",
            "1.2E+05",
            "50%",
            "5€50",
            "99999999999999999999",
            "€",
            "Rs.",
            "USD.50",
            "--5",
            "(-5)",
            "-5-",
            "1,00,00",
            "1.0000",
            "10/20",
            "1-2",
            "50 or 60",
            "$$$$5",
            "1,,000",
            "1..5",
            "12:30",
            "01.02.2024",
            "٥٠",
            "1.23.456",
            "50 EUR USD",
            "€50$",
            "24.12.",
            "5.000,00 Dr",
            "Euro.50",
            "KWD 12.345",
            "BHD 1.500",
            "1.500 TND",
            "OMR 1,250",
            "JOD 0.250",
        ] {
            assert_eq!(amount(text), None, "{text}");
        }
    }
}
