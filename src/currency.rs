//! Currencies by their ISO 4217 codes, and how amounts in them are written.
//!
//! Amounts are stored in hundredths of the unit, whatever the currency. A currency without minor units shows whole units, rounded (¥1,235);
//! one with thousandths shows hundredths, since no more are stored (KWD 12.34).

use crate::{
    Error, Result,
    figures::{ratio, short},
    text::grouped,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// The currencies in use.
const CODES: &str = "\
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK \
    DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS \
    KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD \
    OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP \
    TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";
/// Currencies without minor units.
const WHOLE: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
/// Currencies with three decimals, where `12.345` may mean 12 and 345 thousandths.
const THOUSANDTHS: &str = "BHD IQD JOD KWD LYD OMR TND";
/// Signs that stand before the number; other currencies have their code there.
const SIGNS: [(&str, &str); 24] = [
    ("AUD", "A$"),
    ("BRL", "R$"),
    ("CAD", "CA$"),
    ("CNY", "CN¥"),
    ("EUR", "€"),
    ("GBP", "£"),
    ("GEL", "₾"),
    ("GHS", "GH₵"),
    ("HKD", "HK$"),
    ("ILS", "₪"),
    ("INR", "₹"),
    ("JPY", "¥"),
    ("KRW", "₩"),
    ("KZT", "₸"),
    ("MXN", "MX$"),
    ("NGN", "₦"),
    ("NZD", "NZ$"),
    ("PHP", "₱"),
    ("SGD", "S$"),
    ("TRY", "₺"),
    ("TWD", "NT$"),
    ("UAH", "₴"),
    ("USD", "$"),
    ("VND", "₫"),
];

/// A currency. On the wire and in the database: its code, `EUR`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    pub const EUR: Self = Self(*b"EUR");

    /// All currencies, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        CODES.split(' ').filter_map(Self::find)
    }

    fn find(code: &str) -> Option<Self> {
        let code = code.as_bytes().try_into().ok()?;
        CODES.as_bytes().chunks(4).any(|known| known[..3] == code).then_some(Self(code))
    }

    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The sign before amounts, if there is a usual one.
    pub fn sign(&self) -> Option<&'static str> {
        SIGNS.iter().find(|(code, _)| *code == self.code()).map(|(_, sign)| *sign)
    }

    /// Decimals of the currency: 2, or 0 as in JPY, or 3 as in KWD.
    pub fn digits(&self) -> u8 {
        let is_in = |list: &str| list.split(' ').any(|code| code == self.code());
        if is_in(WHOLE) {
            0
        } else if is_in(THOUSANDTHS) {
            3
        } else {
            2
        }
    }

    /// What stands before the number: a sign, or the code and a space that does not break.
    fn prefix(self) -> String {
        self.sign().map_or_else(|| format!("{}\u{a0}", self.code()), str::to_owned)
    }

    /// An amount in hundredths: `€24,000`, `-€0.50`, `CHF 10.50`, with decimals only if there are any.
    pub fn amount(&self, hundredths: i64) -> String {
        let sign = if hundredths < 0 { "-" } else { "" };
        let whole = if self.digits() == 0 { ratio(hundredths, 100, 1) } else { hundredths / 100 };
        let rest = if self.digits() == 0 { 0 } else { (hundredths % 100).abs() };
        // Nothing, after rounding, is not negative.
        let sign = if whole == 0 && rest == 0 { "" } else { sign };
        let (before, whole) = (self.prefix(), grouped(whole.abs()));
        if rest == 0 { format!("{sign}{before}{whole}") } else { format!("{sign}{before}{whole}.{rest:02}") }
    }

    /// Number of characters of `amount`.
    pub fn amount_len(&self, hundredths: i64) -> usize {
        self.amount(hundredths).chars().count()
    }

    /// As `amount`, but rounded to about three figures from `from` whole units on: `€318k`, `€1.62M`.
    pub fn short_amount(&self, hundredths: i64, from: i64) -> String {
        if hundredths.saturating_abs() < from * 100 {
            return self.amount(hundredths);
        }
        let sign = if hundredths < 0 { "-" } else { "" };
        format!("{sign}{}{}", self.prefix(), short(hundredths.saturating_abs(), 100, from))
    }
}

impl Default for Currency {
    fn default() -> Self {
        Self::EUR
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = Error;
    /// A code in any case.
    fn from_str(text: &str) -> Result<Self> {
        Self::find(&text.trim().to_ascii_uppercase()).ok_or_else(|| {
            let shown: String = text.trim().chars().take(20).collect();
            Error::invalid("currency", format!("No currency “{shown}”; use a code of ISO 4217, such as EUR, USD or INR"))
        })
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn codes_are_read_in_any_case_and_others_refused() {
        assert_eq!(currency(" inr ").code(), "INR");
        assert_eq!(serde_json::to_value(currency("JPY")).unwrap(), "JPY");
        for wrong in ["", "EU", "EURO", "R E", " EU", "ХХХ", "DEM"] {
            let Err(Error::Invalid(errors)) = wrong.parse::<Currency>() else { panic!("{wrong}") };
            assert_eq!(errors[0].field, "currency");
        }
        assert_eq!(Currency::all().count(), CODES.split(' ').count());
        let known: Vec<_> = Currency::all().map(|one| one.to_string()).collect();
        assert!(known.is_sorted() && SIGNS.iter().all(|(code, _)| known.iter().any(|one| one == code)));
    }

    #[test]
    fn amounts_show_the_decimals_that_the_currency_has() {
        let all = |code: &str| [2_400_000, 1_050, 0, -50].map(|minor| currency(code).amount(minor));
        assert_eq!(all("EUR"), ["€24,000", "€10.50", "€0", "-€0.50"]);
        assert_eq!(all("CHF"), ["CHF\u{a0}24,000", "CHF\u{a0}10.50", "CHF\u{a0}0", "-CHF\u{a0}0.50"]);
        assert_eq!([currency("JPY").digits(), currency("KWD").digits(), currency("USD").digits()], [0, 3, 2]);
        assert_eq!(all("JPY"), ["¥24,000", "¥11", "¥0", "-¥1"]);
        assert_eq!(currency("JPY").amount(-49), "¥0", "rounded, and not less than nothing");
        assert_eq!(currency("KWD").amount(1_234), "KWD\u{a0}12.34", "hundredths are what is stored");
        assert_eq!(currency("EUR").amount(i64::MIN), "-€92,233,720,368,547,758.08");
    }

    #[test]
    fn long_sums_are_shortened() {
        let short =
            |from: i64| [9_999_900, 31_849_900, 31_850_000, 99_950_000, 162_499_999].map(|minor| Currency::EUR.short_amount(minor, from));
        assert_eq!(short(100_000), ["€99,999", "€318k", "€319k", "€1.00M", "€1.62M"]);
        assert_eq!(Currency::EUR.short_amount(350_050, 100_000), "€3,500.50");
        assert_eq!(currency("SEK").short_amount(-5_400_000, 10_000), "-SEK\u{a0}54k");
    }
}
