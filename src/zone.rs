//! Time zones, without the tables that a program would need to know them all: the server makes a `Zone` from its database of time zones,
//! and sends it with a page, so that both sides compute the same days.

use crate::{
    Error, Result, Timestamp,
    time::{DAY, SECOND},
    words::words,
};
use jiff::{civil, tz::Offset};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, sync::Arc};

words! {
    /// A day of the week.
    Weekday, "weekStart", default Monday {
        Monday = "monday", "Monday";
        Tuesday = "tuesday", "Tuesday";
        Wednesday = "wednesday", "Wednesday";
        Thursday = "thursday", "Thursday";
        Friday = "friday", "Friday";
        Saturday = "saturday", "Saturday";
        Sunday = "sunday", "Sunday";
    }
}

/// A calendar day, as days since 1970-01-01.
pub type Day = i64;

/// A time zone: its offset from UTC, and when it changes. Before the first change its first offset applies, after the last one its last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Zone {
    /// IANA name, `Europe/Berlin`.
    name: String,
    /// Seconds east of UTC before the first change.
    first: i32,
    /// Seconds since 1970, and the offset from then on in seconds east of UTC; in order, and each offset differs from the one before.
    changes: Vec<(i64, i32)>,
}

impl Default for Zone {
    fn default() -> Self {
        Self::utc()
    }
}

impl Zone {
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), first: 0, changes: Vec::new() }
    }

    /// A zone that begins with the offset `first` and changes at `changes`: seconds since 1970 in ascending order, each with the offset from
    /// then on. Offsets are in seconds east of UTC.
    pub fn new(name: impl Into<String>, first: i32, changes: impl IntoIterator<Item = (i64, i32)>) -> Self {
        let mut kept: Vec<(i64, i32)> = Vec::new();
        for (at, offset) in changes {
            if kept.last().map_or(first, |last| last.1) != offset {
                kept.push((at, offset));
            }
        }
        Self { name: name.into(), first, changes: kept }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Microseconds east of UTC after `count` changes.
    fn offset_after(&self, count: usize) -> i64 {
        let seconds = count.checked_sub(1).map_or(self.first, |last| self.changes[last].1);
        i64::from(seconds) * SECOND
    }

    /// What a clock in the zone shows at `at`, in microseconds since its 1970-01-01T00:00.
    fn local(&self, at: Timestamp) -> i64 {
        let passed = self.changes.partition_point(|(change, _)| *change <= at.0.div_euclid(SECOND));
        at.0.saturating_add(self.offset_after(passed))
    }

    /// Date and time that a clock in the zone shows.
    pub fn civil(&self, at: Timestamp) -> civil::DateTime {
        Timestamp(self.local(at)).civil()
    }

    /// The moment at which a day begins: the first at which a clock in the zone shows this day or a later one. That is midnight, except where
    /// clocks are set forward over it. A day that the zone leaves out begins together with the next one.
    pub fn day_start(&self, day: Day) -> Timestamp {
        self.first_at(day.saturating_mul(DAY))
    }

    /// The first moment at which a clock in the zone shows this date and time or a later one, in microseconds since its 1970-01-01T00:00.
    pub fn first_at(&self, shown: i64) -> Timestamp {
        // Of each period with one offset, what the clock shows at its end. The moment is in the first period that ends after it.
        let end = |at: usize| self.changes[at].0 * SECOND + self.offset_after(at);
        let count = self.changes.len();
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = usize::midpoint(low, high);
            if end(middle) > shown { high = middle } else { low = middle + 1 }
        }
        let start = shown.saturating_sub(self.offset_after(low));
        Timestamp(low.checked_sub(1).map_or(start, |last| start.max(self.changes[last].0 * SECOND)))
    }

    /// The day of a moment: the last one that has begun. Where clocks are set back over midnight, the repeated hour belongs to the new day.
    pub fn day(&self, at: Timestamp) -> Day {
        let shown = self.local(at).div_euclid(DAY);
        if self.day_start(shown + 1) <= at { shown + 1 } else { shown }
    }

    /// The day as a date, `2026-11-21`.
    pub fn date(&self, at: Timestamp) -> String {
        date_of(self.day(at))
    }

    /// Days from the day of `from` to the day of `to`: 0 on the same day, negative when `to` is on an earlier one.
    pub fn days_between(&self, from: Timestamp, to: Timestamp) -> i64 {
        self.day(to) - self.day(from)
    }

    /// The first day of the week with `at`.
    pub fn week_start(&self, at: Timestamp, first: Weekday) -> Day {
        let day = self.day(at);
        // 1970-01-01 was a Thursday.
        day - (day + 3 - first.rank()).rem_euclid(7)
    }
}

/// A moment in a zone: what “now”, “today” and dates mean. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moment {
    pub now: Timestamp,
    pub zone: Arc<Zone>,
}

impl Moment {
    pub fn utc(now: Timestamp) -> Self {
        Self { now, zone: Arc::default() }
    }

    pub fn today(&self) -> Day {
        self.zone.day(self.now)
    }

    /// The time at which a day begins.
    pub fn start(&self, day: Day) -> Timestamp {
        self.zone.day_start(day)
    }
}

/// `2026-11-21`; years outside of 0 to 9999 have a sign and six digits.
pub fn date_of(day: Day) -> String {
    Timestamp(day.saturating_mul(DAY)).date()
}

/// The day of `2026-11-21`; `None` for any other text, such as one with a time.
pub fn day_of(date: &str) -> Option<Day> {
    // jiff also parses `2026-11-21T10:30:00` as a date.
    let date: civil::Date = Some(date.trim()).filter(|text| !text.contains(['T', 't', ' ']))?.parse().ok()?;
    Some(Offset::UTC.to_timestamp(date.to_datetime(civil::Time::midnight())).ok()?.as_microsecond().div_euclid(DAY))
}

/// A `Day` on the wire: `2026-11-21`.
pub mod as_date {
    use super::{Day, date_of, day_of};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(day: &Day, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&date_of(*day))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
        let text = String::deserialize(deserializer)?;
        day_of(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is not a date; write 2026-11-21")))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::time::{HOUR, MINUTE};
    use jiff::{civil::Date, tz::TimeZone};
    use proptest::{prelude::*, sample::select};

    /// Zones with half hours, a change of half an hour, changes at midnight and a minute later, a skipped day, and none at all.
    const ZONES: &[&str] = &[
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "America/St_Johns",
        "Pacific/Apia",
        "Africa/Cairo",
        "America/Havana",
        "America/Sao_Paulo",
        "America/Santiago",
        "Asia/Kathmandu",
        "Africa/Casablanca",
        "Antarctica/Troll",
        "Asia/Beirut",
        "Pacific/Kiritimati",
    ];
    /// 1970-01-03 and 2099-12-30.
    const SPAN: std::ops::Range<i64> = 2..47_480;

    fn zone(tz: &TimeZone) -> Zone {
        let (from, to) = (jiff::Timestamp::UNIX_EPOCH, "2100-01-01T00:00:00Z".parse::<jiff::Timestamp>().unwrap());
        let offset = |at| tz.to_offset(at).seconds();
        let changes = tz.following(from).take_while(|change| change.timestamp() < to);
        Zone::new(
            tz.iana_name().unwrap_or("UTC"),
            offset(from),
            changes.map(|change| (change.timestamp().as_second(), change.offset().seconds())),
        )
    }

    /// The zone as the calendar knows it, and ours.
    pub(crate) fn known(name: &str) -> (TimeZone, Zone) {
        let tz = TimeZone::get(name).unwrap();
        let zone = zone(&tz);
        (tz, zone)
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn day(text: &str) -> Day {
        at(text).0 / DAY
    }

    fn jiff_date(day: Day) -> Date {
        Date::constant(1970, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap()
    }

    /// Moments near a change of the zone or anywhere.
    fn moments(zone: &Zone, near: usize, by: i64) -> Timestamp {
        match zone.changes.len() {
            0 => Timestamp((near as i64 % SPAN.end) * DAY + by),
            count => Timestamp(zone.changes[near % count].0 * SECOND + by),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn days_begin_when_the_calendar_says(name in select(ZONES), day in SPAN) {
            let (tz, zone) = known(name);
            let wanted = tz.to_zoned(jiff_date(day).to_datetime(civil::Time::midnight())).unwrap().timestamp().as_microsecond();
            prop_assert_eq!(zone.day_start(day), Timestamp(wanted), "{}", jiff_date(day));
        }

        #[test]
        fn clocks_show_what_they_show_there(name in select(ZONES), near in any::<usize>(), by in -3 * DAY..3 * DAY) {
            let (tz, zone) = known(name);
            let at = moments(&zone, near, by);
            prop_assume!(SPAN.contains(&at.0.div_euclid(DAY)));
            let shown = tz.to_datetime(jiff::Timestamp::from_microsecond(at.0).unwrap());
            prop_assert_eq!(zone.civil(at), shown);
            // The same day, unless clocks were set back over midnight in the hour before.
            let date = shown.date();
            prop_assert!(jiff_date(zone.day(at)) == date || jiff_date(zone.day(at) - 1) == date);
            prop_assert!(jiff_date(zone.day(at)) == date || zone.day_start(zone.day(at)).0 + 2 * HOUR > at.0);
        }

        #[test]
        fn each_moment_is_in_one_day(name in select(ZONES), near in any::<usize>(), by in -3 * DAY..3 * DAY, later in 0..400 * DAY) {
            let (_, zone) = known(name);
            let at = moments(&zone, near, by);
            let day = zone.day(at);
            prop_assert!(zone.day_start(day) <= at && at < zone.day_start(day + 1), "{at}");
            let later = Timestamp(at.0 + later);
            prop_assert!(zone.days_between(at, later) >= 0);
            let first = zone.week_start(at, Weekday::Sunday);
            prop_assert!((0..7).contains(&(day - first)));
            prop_assert_eq!(jiff_date(first).weekday(), civil::Weekday::Sunday);
        }
    }

    #[test]
    fn a_zone_survives_the_wire() {
        for name in ZONES {
            let (_, zone) = known(name);
            assert_eq!(serde_json::from_str::<Zone>(&serde_json::to_string(&zone).unwrap()).unwrap(), zone);
        }
    }

    #[test]
    fn days_without_a_midnight() {
        let (_, cairo) = known("Africa/Cairo");
        // 2026-04-24 begins at 01:00, when clocks show 00:00 no more.
        assert_eq!(cairo.day_start(day("2026-04-24")), at("2026-04-23T22:00:00Z"));
        assert_eq!(cairo.civil(at("2026-04-23T22:00:00Z")).hour(), 1);
        let (_, apia) = known("Pacific/Apia");
        assert_eq!(apia.day_start(day("2011-12-30")), apia.day_start(day("2011-12-31")), "a day that Samoa left out");
        assert_eq!(apia.days_between(at("2011-12-30T09:59:59Z"), at("2011-12-30T10:00:00Z")), 2);
        let (_, lord_howe) = known("Australia/Lord_Howe");
        let length = |date: &str| (lord_howe.day_start(day(date) + 1).0 - lord_howe.day_start(day(date)).0) / MINUTE;
        assert_eq!([length("2026-04-05"), length("2026-04-06"), length("2026-10-04")], [24 * 60 + 30, 24 * 60, 24 * 60 - 30]);
    }

    #[test]
    fn outside_of_what_is_known_the_offset_stays() {
        let zone = Zone::new("Test/One", 3_600, [(0, 3_600), (1_000, 7_200)]);
        assert_eq!(zone.changes.len(), 1, "no change at all is left out");
        assert_eq!(zone.day_start(-400_000), Timestamp(-400_000 * DAY - HOUR));
        assert_eq!(zone.day_start(400_000), Timestamp(400_000 * DAY - 2 * HOUR));
        assert_eq!(zone.day_start(i64::MAX), Timestamp(i64::MAX - 2 * HOUR));
    }

    #[test]
    fn weeks_begin_on_any_day() {
        let starts = |first| date_of(Zone::utc().week_start(at("2026-11-21T12:00:00Z"), first));
        assert_eq!(starts(Weekday::Monday), "2026-11-16");
        assert_eq!(starts(Weekday::Saturday), "2026-11-21");
        assert_eq!(starts(Weekday::Sunday), "2026-11-15");
    }
}
