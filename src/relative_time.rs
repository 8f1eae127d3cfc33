//! Relative times: “3 h ago”, “since yesterday”, “due in 7 days (Sat 5 Dec)”, “overdue by 3 days”.
//! The server calls it without `now`; the browser calls it at every tick. Days are calendar days of the zone in which it is read.

use crate::{
    Timestamp, Zone,
    time::{DAY, HOUR, MINUTE},
    zone::Day,
};
use jiff::civil::DateTime;
use std::{fmt, str::FromStr};

/// A time at least this many days away is written as a date, unless it is due.
const NEAR_DAYS: i64 = 7;

/// What a time means, which decides its wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeKind {
    /// When something happened or will happen.
    #[default]
    At,
    /// When a state began that still lasts.
    Since,
    /// When something has to be done.
    Due,
}

impl TimeKind {
    const ALL: [Self; 3] = [Self::At, Self::Since, Self::Due];

    /// Value of the attribute in the page's markup.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::At => "at",
            Self::Since => "since",
            Self::Due => "due",
        }
    }

    /// `at` relative to `now`, in the days of `zone`; the date alone when `now` is unknown (server rendering).
    pub fn phrase(self, at: Timestamp, now: Option<Timestamp>, zone: &Zone) -> String {
        let Some(now) = now else {
            let day = zone.day(at);
            return match self {
                Self::At => date(day, None),
                Self::Since => format!("since {}", date(day, None)),
                Self::Due => format!("due {}", weekday_date(day, None)),
            };
        };
        match self {
            Self::At => when(at, now, zone),
            Self::Since => since(at, now, zone),
            Self::Due => due(at, now, zone),
        }
    }
}

impl FromStr for TimeKind {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

/// Distance between two times, in the largest unit that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Distance {
    /// Less than a minute.
    Nothing,
    Minutes(i64),
    Hours(i64),
    /// At least 24 hours: number of calendar days, at least 1.
    Days(i64),
}

impl Distance {
    /// Distance from `earlier` to `later`. For a time to come, a part of a minute is rounded up: what is due in 1 hour must not read
    /// 59 min a moment later.
    fn between(earlier: Timestamp, later: Timestamp, to_come: bool, zone: &Zone) -> Self {
        let apart = later.0.saturating_sub(earlier.0);
        let counted = if to_come { apart.saturating_add(MINUTE - 1) } else { apart };
        match counted {
            few if few < MINUTE => Self::Nothing,
            minutes if minutes < HOUR => Self::Minutes(minutes / MINUTE),
            hours if hours < DAY => Self::Hours(hours / HOUR),
            // 24 h less a part of a minute, rounded up, count as 1 day.
            _ => Self::Days(zone.days_between(earlier, later).max(1)),
        }
    }
}

impl fmt::Display for Distance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("a moment"),
            Self::Minutes(minutes) => write!(f, "{minutes} min"),
            Self::Hours(hours) => write!(f, "{hours} h"),
            Self::Days(1) => f.write_str("1 day"),
            Self::Days(days) => write!(f, "{days} days"),
        }
    }
}

fn when(at: Timestamp, now: Timestamp, zone: &Zone) -> String {
    let past = at <= now;
    let distance = if past { Distance::between(at, now, false, zone) } else { Distance::between(now, at, true, zone) };
    match distance {
        Distance::Nothing => "just now".to_owned(),
        // The clocks of browser and server may differ a little.
        Distance::Minutes(1) if !past => "just now".to_owned(),
        Distance::Days(1) => if past { "yesterday" } else { "tomorrow" }.to_owned(),
        Distance::Days(days) if days >= NEAR_DAYS => date(zone.day(at), Some(zone.day(now))),
        near if past => format!("{near} ago"),
        near => format!("in {near}"),
    }
}

fn since(at: Timestamp, now: Timestamp, zone: &Zone) -> String {
    if at > now {
        return when(at, now, zone);
    }
    match Distance::between(at, now, false, zone) {
        Distance::Nothing => "since just now".to_owned(),
        Distance::Days(1) => "since yesterday".to_owned(),
        Distance::Days(days) if days >= NEAR_DAYS => format!("since {}", date(zone.day(at), Some(zone.day(now)))),
        near => format!("for {near}"),
    }
}

fn due(at: Timestamp, now: Timestamp, zone: &Zone) -> String {
    if at <= now {
        return match Distance::between(at, now, false, zone) {
            Distance::Nothing => "due now".to_owned(),
            late => format!("overdue by {late}"),
        };
    }
    match Distance::between(now, at, true, zone) {
        Distance::Days(1) => format!("due tomorrow ({})", weekday_date(zone.day(at), Some(zone.day(now)))),
        days @ Distance::Days(_) => format!("due in {days} ({})", weekday_date(zone.day(at), Some(zone.day(now)))),
        near => format!("due in {near}"),
    }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// `14 Nov 2026`, without the year when it is the year of `today`.
pub fn date(day: Day, today: Option<Day>) -> String {
    let (day, today) = (midnight(day), today.map(midnight));
    let month = MONTHS[(day.month() as usize).saturating_sub(1) % 12];
    match today {
        Some(today) if today.year() == day.year() => format!("{} {month}", day.day()),
        _ => format!("{} {month} {}", day.day(), day.year()),
    }
}

/// `Sat 14 Nov 2026`, without the year when it is the year of `today`.
pub fn weekday_date(day: Day, today: Option<Day>) -> String {
    let name = WEEKDAYS[midnight(day).weekday().to_monday_zero_offset() as usize % 7];
    format!("{name} {}", date(day, today))
}

fn midnight(day: Day) -> DateTime {
    Timestamp(day.saturating_mul(DAY)).civil()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{time::SECOND, zone::tests::known};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// Phrase for a time `away` microseconds from Saturday, 14 Nov 2026, 09:00.
    fn said(kind: TimeKind, away: i64) -> String {
        let now = at("2026-11-14T09:00:00Z");
        kind.phrase(Timestamp(now.0 + away), Some(now), &Zone::utc())
    }

    #[test]
    fn past_times_at_every_border() {
        let cases = [
            (0, "just now"),
            (MINUTE - 1, "just now"),
            (MINUTE, "1 min ago"),
            (2 * MINUTE - 1, "1 min ago"),
            (HOUR - 1, "59 min ago"),
            (HOUR, "1 h ago"),
            (DAY - 1, "23 h ago"),
            (DAY, "yesterday"),
            // 23:59 of the day before yesterday was 33 h ago.
            (33 * HOUR, "yesterday"),
            (33 * HOUR + 1, "2 days ago"),
            (6 * DAY, "6 days ago"),
            (6 * DAY + 9 * HOUR, "6 days ago"),
            (6 * DAY + 9 * HOUR + 1, "7 Nov"),
            (317 * DAY + 9 * HOUR, "1 Jan"),
            (317 * DAY + 9 * HOUR + 1, "31 Dec 2025"),
        ];
        for (ago, expected) in cases {
            assert_eq!(said(TimeKind::At, -ago), expected, "{ago}");
        }
    }

    #[test]
    fn times_to_come_at_every_border() {
        let cases = [
            (SECOND, "just now"),
            (MINUTE, "just now"),
            (MINUTE + 1, "in 2 min"),
            (59 * MINUTE, "in 59 min"),
            (59 * MINUTE + 1, "in 1 h"),
            (HOUR + MINUTE, "in 1 h"),
            (DAY - MINUTE, "in 23 h"),
            (DAY - MINUTE + 1, "tomorrow"),
            (39 * HOUR - 1, "tomorrow"),
            (39 * HOUR, "in 2 days"),
            (6 * DAY, "in 6 days"),
            (7 * DAY, "21 Nov"),
            (60 * DAY, "13 Jan 2027"),
        ];
        for (ahead, expected) in cases {
            assert_eq!(said(TimeKind::At, ahead), expected, "{ahead}");
        }
    }

    #[test]
    fn what_is_due_at_every_border() {
        let cases = [
            (7 * DAY, "due in 7 days (Sat 21 Nov)"),
            // The page was opened a little later.
            (7 * DAY - 5 * MINUTE, "due in 7 days (Sat 21 Nov)"),
            (60 * DAY, "due in 60 days (Wed 13 Jan 2027)"),
            (39 * HOUR, "due in 2 days (Mon 16 Nov)"),
            (39 * HOUR - 1, "due tomorrow (Sun 15 Nov)"),
            (DAY, "due tomorrow (Sun 15 Nov)"),
            (DAY - MINUTE, "due in 23 h"),
            (HOUR - SECOND, "due in 1 h"),
            (SECOND, "due in 1 min"),
            (0, "due now"),
            (1 - MINUTE, "due now"),
            (-MINUTE, "overdue by 1 min"),
            (1 - HOUR, "overdue by 59 min"),
            (-HOUR, "overdue by 1 h"),
            (1 - DAY, "overdue by 23 h"),
            (-DAY, "overdue by 1 day"),
            (-33 * HOUR - 1, "overdue by 2 days"),
            (-3 * DAY, "overdue by 3 days"),
            (-400 * DAY, "overdue by 400 days"),
        ];
        for (away, expected) in cases {
            assert_eq!(said(TimeKind::Due, away), expected, "{away}");
        }
    }

    #[test]
    fn what_lasts_at_every_border() {
        let cases = [
            (0, "since just now"),
            (MINUTE, "for 1 min"),
            (HOUR, "for 1 h"),
            (DAY - 1, "for 23 h"),
            (DAY, "since yesterday"),
            (2 * DAY, "for 2 days"),
            (7 * DAY, "since 7 Nov"),
        ];
        for (ago, expected) in cases {
            assert_eq!(said(TimeKind::Since, -ago), expected, "{ago}");
        }
        assert_eq!(said(TimeKind::Since, 3 * DAY), "in 3 days");
    }

    #[test]
    fn the_server_says_the_date_and_nothing_overflows() {
        let day = at("2026-12-05T09:00:00Z");
        let texts = TimeKind::ALL.map(|kind| kind.phrase(day, None, &Zone::utc()));
        assert_eq!(texts, ["5 Dec 2026", "since 5 Dec 2026", "due Sat 5 Dec 2026"]);
        for kind in TimeKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            for far in [i64::MIN, i64::MAX] {
                assert!(!kind.phrase(Timestamp(far), Some(day), &Zone::utc()).is_empty());
                assert!(!kind.phrase(day, Some(Timestamp(far)), &Zone::utc()).is_empty());
            }
        }
        // Around midnight at New Year, and 29 February.
        let said = |kind: TimeKind, then: &str, now: &str| kind.phrase(at(then), Some(at(now)), &Zone::utc());
        assert_eq!(said(TimeKind::Due, "2027-01-02T00:30:00Z", "2026-12-31T23:50:00Z"), "due in 2 days (Sat 2 Jan 2027)");
        assert_eq!(said(TimeKind::At, "2028-02-29T12:00:00Z", "2028-03-02T12:00:00Z"), "2 days ago");
    }

    #[test]
    fn days_are_those_of_the_zone() {
        let said = |zone: &str, then: &str, now: &str| TimeKind::At.phrase(at(then), Some(at(now)), &known(zone).1);
        let (then, now) = ("2026-11-12T20:00:00Z", "2026-11-14T19:00:00Z");
        assert_eq!(said("UTC", then, now), "2 days ago");
        assert_eq!(said("Pacific/Kiritimati", then, now), "2 days ago");
        assert_eq!(said("Asia/Kolkata", "2026-11-12T18:29:00Z", "2026-11-14T18:00:00Z"), "2 days ago");
        assert_eq!(said("Asia/Kolkata", "2026-11-12T18:30:00Z", "2026-11-14T18:00:00Z"), "yesterday", "of the 13th there, 47 h 30 min ago");
        // Clocks were set back on this day of 25 hours: at least a day of 24 is a day.
        assert_eq!(said("Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T22:59:00Z"), "yesterday");
        assert_eq!(TimeKind::At.phrase(at("2026-12-31T23:30:00Z"), None, &known("Europe/Berlin").1), "1 Jan 2027");
        assert_eq!(TimeKind::Due.phrase(at("2026-12-31T18:30:00Z"), None, &known("Asia/Kolkata").1), "due Fri 1 Jan 2027");
    }
}
