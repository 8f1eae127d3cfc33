//! Times in microseconds since 1970 in UTC. The server's clock supplies them; this module reads no clock.

use crate::zone::{self, Zone};
use jiff::{Timestamp as Instant, civil, tz::Offset};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{cell::RefCell, fmt, mem, str::FromStr, sync::Arc};

pub const SECOND: i64 = 1_000_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// Microseconds since 1970-01-01T00:00:00Z. On the wire: RFC 3339 in UTC with milliseconds or finer, `2026-11-21T09:30:00.000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

thread_local! {
    /// The zone of dates that are read on this thread; `None`: UTC. Deserialisers cannot be given it.
    static ZONE_OF_DATES: RefCell<Option<Arc<Zone>>> = const { RefCell::new(None) };
}

/// Runs `read`, which reads a date without a time as the beginning of that day in `zone`.
pub fn with_dates_in<T>(zone: &Arc<Zone>, read: impl FnOnce() -> T) -> T {
    struct Former(Option<Arc<Zone>>);
    impl Drop for Former {
        fn drop(&mut self) {
            ZONE_OF_DATES.set(mem::take(&mut self.0));
        }
    }
    let _former = Former(ZONE_OF_DATES.replace(Some(zone.clone())));
    read()
}

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

    /// `2026-11-21 09:30 UTC`.
    pub fn minute(self) -> String {
        let at = self.civil();
        format!("{} {:02}:{:02} UTC", at.date(), at.hour(), at.minute())
    }

    /// `None` for a time that cannot be written: its year has more than four digits.
    pub(crate) fn in_range(self) -> Option<Self> {
        Instant::from_microsecond(self.0).is_ok().then_some(self)
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

    /// RFC 3339 with any offset, or a date, which means the beginning of that day: in the workspace's zone in requests (`with_dates_in`), else
    /// in UTC.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Ok(at) = text.parse::<Instant>()
            && has_offset(text)
        {
            return Ok(Self(at.as_microsecond()));
        }
        zone::day_of(text)
            .map(|day| ZONE_OF_DATES.with_borrow(|zone| zone.as_ref().map_or(Self(day * DAY), |zone| zone.day_start(day))))
            .and_then(Self::in_range)
            .ok_or_else(|| format!("`{text}` is not a date or time; write 2026-11-21 or 2026-11-21T09:30:00Z"))
    }
}

/// Whether the offset is less than 24 hours, as RFC 3339 has it; jiff reads up to 25.
fn has_offset(text: &str) -> bool {
    let time = text.split('[').next().and_then(|moment| moment.split_once(['T', 't', ' '])).map_or("", |(_, time)| time);
    time.rsplit_once(['+', '-']).is_none_or(|(_, offset)| offset.get(..2).is_some_and(|hours| hours < "24"))
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
        for offset in ["+25:00", "-24:00", "+24"] {
            assert!(format!("2026-11-21T10:30:00{offset}").parse::<Timestamp>().is_err(), "{offset}");
        }
        assert!("2026-11-21T10:30:00-23:59".parse::<Timestamp>().is_ok());
        assert!("31/02/2026".parse::<Timestamp>().is_err());
    }

    #[test]
    fn a_date_is_the_beginning_of_its_day_in_the_given_zone() {
        let read = |name: &str, date: &str| {
            let zone = Arc::new(crate::zone::tests::known(name).1);
            with_dates_in(&zone, || date.parse::<Timestamp>().map(|at| at.to_string()))
        };
        assert_eq!(read("America/New_York", "2026-11-21").as_deref(), Ok("2026-11-21T05:00:00.000Z"));
        assert_eq!(read("America/New_York", "2026-11-21T00:00:00Z").as_deref(), Ok("2026-11-21T00:00:00.000Z"));
        assert_eq!(read("Asia/Kolkata", "2026-11-21").as_deref(), Ok("2026-11-20T18:30:00.000Z"));
        assert_eq!(read("Africa/Cairo", "2026-04-24").as_deref(), Ok("2026-04-23T22:00:00.000Z"), "a day without a midnight");
        assert!(read("America/New_York", "9999-12-31").is_err());
        assert_eq!("2026-11-21".parse::<Timestamp>().unwrap().to_string(), "2026-11-21T00:00:00.000Z", "UTC again");
    }

    #[test]
    fn whole_days_count_down_from_the_past() {
        let now = Timestamp(10 * DAY);
        assert_eq!(Timestamp(9 * DAY + 1).days_until(now), 0);
        assert_eq!(Timestamp(8 * DAY).days_until(now), 2);
    }
}
