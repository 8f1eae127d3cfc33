//! Times in microseconds since 1970 in UTC. The server's clock supplies them; this module reads no clock.

use jiff::{Timestamp as Instant, civil, tz::Offset};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

pub const SECOND: i64 = 1_000_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// Microseconds since 1970-01-01T00:00:00Z. On the wire: RFC 3339 in UTC with milliseconds or finer, `2026-11-21T09:30:00.000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Whole days from `self` to `now`; negative when `self` is later.
    pub fn days_until(self, now: Self) -> i64 {
        (now.0 - self.0).div_euclid(DAY)
    }

    /// `self` plus whole days, clamped to the range of `i64`.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(DAY)))
    }

    /// `2026-11-21`, in UTC.
    pub fn date(self) -> String {
        self.civil().date().to_string()
    }

    /// Calendar date and time in UTC.
    pub fn civil(self) -> civil::DateTime {
        Offset::UTC.to_datetime(Instant::from_microsecond(self.0).unwrap_or_default())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = Instant::from_microsecond(self.0).unwrap_or_default();
        if self.0.rem_euclid(1_000) == 0 { write!(f, "{at:.3}") } else { write!(f, "{at:.6}") }
    }
}

impl FromStr for Timestamp {
    type Err = String;

    /// RFC 3339 with any offset, or a date, which means midnight UTC of that day.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Ok(at) = text.parse::<Instant>() {
            return Ok(Self(at.as_microsecond()));
        }
        // jiff also parses `2026-11-21T10:30:00` as a date, but its time zone is unknown.
        Some(text)
            .filter(|text| !text.contains(['T', 't', ' ']))
            .and_then(|text| text.parse::<civil::Date>().ok())
            .and_then(|day| Offset::UTC.to_timestamp(day.to_datetime(civil::Time::midnight())).ok())
            .map(|at| Self(at.as_microsecond()))
            .ok_or_else(|| format!("`{text}` is not a date or time; write 2026-11-21 or 2026-11-21T09:30:00Z"))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_offsets_and_dates_and_writes_utc() {
        let at: Timestamp = "2026-11-21T10:30:00+01:00".parse().unwrap();
        assert_eq!(at.to_string(), "2026-11-21T09:30:00.000Z");
        assert_eq!("2026-11-21".parse::<Timestamp>().unwrap().to_string(), "2026-11-21T00:00:00.000Z");
        assert_eq!(Timestamp(1).to_string(), "1970-01-01T00:00:00.000001Z");
        assert!("2026-11-21T10:30:00".parse::<Timestamp>().is_err(), "whose half past ten?");
        assert!("31/02/2026".parse::<Timestamp>().is_err());
    }

    #[test]
    fn whole_days_count_down_from_the_past() {
        let now = Timestamp(10 * DAY);
        assert_eq!(Timestamp(9 * DAY + 1).days_until(now), 0);
        assert_eq!(Timestamp(8 * DAY).days_until(now), 2);
    }
}
