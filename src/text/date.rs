//! Dates and times as people and spreadsheets write them: what custom fields and imports read. Requests have the forms of `Timestamp` alone, which
//! say which number is the month.

use crate::{
    Timestamp, Zone,
    rule::day,
    text::seen_ascii,
    time::{HOUR, MINUTE, SECOND},
};

const REMEDY: &str = "write it as 2026-11-30";

/// The order of day and month in a column of dates, as all of its cells show it. Only dates such as `11/30/2026` leave a doubt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DateOrder {
    day_first: bool,
    month_first: bool,
}

impl DateOrder {
    /// What these cells show.
    pub fn of<'c>(cells: impl IntoIterator<Item = &'c str>) -> Self {
        let mut order = Self::default();
        for cell in cells {
            order.see(cell);
        }
        order
    }

    /// Adds what one cell shows.
    pub fn see(&mut self, cell: &str) {
        let cell = seen_ascii(cell);
        if let Some(Written::YearLast { first, second, .. }) = written(parts(&cell).0) {
            self.day_first |= first > 12 && second <= 12;
            self.month_first |= second > 12 && first <= 12;
        }
    }

    /// Whether the day comes first; `None` where no cell shows it, or two cells contradict each other.
    fn day_comes_first(self) -> Option<bool> {
        (self.day_first != self.month_first).then_some(self.day_first)
    }
}

/// The three numbers of a date.
#[derive(Clone, Copy)]
enum Written {
    Clear {
        year: u32,
        month: u32,
        day: u32,
    },
    /// `11/30/2026`
    YearLast {
        first: u32,
        second: u32,
        year: u32,
    },
    /// Two digits of a year.
    Unclear,
}

/// `None` for text that is no date.
fn written(date: &str) -> Option<Written> {
    let number = |part: &str| (1..=4).contains(&part.len()).then(|| part.parse::<u32>().ok()).flatten();
    if date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Written::Clear { year: number(&date[..4])?, month: number(&date[4..6])?, day: number(&date[6..])? });
    }
    let texts: Vec<&str> = date.split(['-', '.', '/']).collect();
    let [first, second, third] = texts[..] else { return None };
    let numbers = (number(first)?, number(second)?, number(third)?);
    Some(match numbers {
        (year, month, day) if first.len() == 4 => Written::Clear { year, month, day },
        (day, month, year) if third.len() == 4 && date.contains('.') => Written::Clear { year, month, day },
        (first, second, year) if third.len() == 4 => Written::YearLast { first, second, year },
        _ => Written::Unclear,
    })
}

/// Date, and time without its separator; the time is empty when there is none.
fn parts(text: &str) -> (&str, &str) {
    let text = text.trim();
    let (date, time) = text.split_once(['T', 't', ' ']).unwrap_or((text, ""));
    (date.trim_end_matches(','), time.trim_start())
}

/// The date as it is kept, `2026-11-30`. Where day and month can be taken for each other, `order` decides.
///
/// # Errors
/// What is wrong with it, and what to write instead.
pub fn read_date(date: &str, order: DateOrder) -> Result<String, String> {
    let (year, month, day_of_month) = match written(date).ok_or_else(|| format!("Not a date; {REMEDY}"))? {
        Written::Clear { year, month, day } => (year, month, day),
        Written::YearLast { first, second, year } => match order.day_comes_first() {
            _ if first > 12 || first == second => (year, second, first),
            _ if second > 12 => (year, first, second),
            Some(true) => (year, second, first),
            Some(false) => (year, first, second),
            None => return Err(unclear()),
        },
        Written::Unclear => return Err(unclear()),
    };
    let kept = format!("{year:04}-{month:02}-{day_of_month:02}");
    day(&kept).map(|_| kept).ok_or_else(|| format!("No such day; {REMEDY}"))
}

fn unclear() -> String {
    format!("Which of the numbers is the month? {}{}", REMEDY[..1].to_uppercase(), &REMEDY[1..])
}

/// Whether the text has the form of a date, with or without a time.
pub fn is_date(text: &str) -> bool {
    written(parts(&seen_ascii(text)).0).is_some()
}

/// The moment of a date with or without a time. A time without an offset is one in the zone; a date alone is the beginning of its day there.
///
/// # Errors
/// What is wrong with it, and what to write instead.
pub fn read_moment(text: &str, order: DateOrder, zone: &Zone) -> Result<Timestamp, String> {
    let seen = seen_ascii(text);
    let (date, time) = parts(&seen);
    let kept = read_date(date, order)?;
    // `09:30:00 +0100` and `09:30:00 UTC`
    let time = time.replace(" UTC", "Z").replace(" GMT", "Z").replace(" +", "+").replace(" -", "-");
    if time.ends_with(['Z', 'z']) || time.contains(['+', '-']) {
        let wrong = |_| "Not a time with an offset; write it as 2026-11-30T09:30:00+01:00".to_owned();
        return format!("{kept}T{time}").parse().map_err(wrong);
    }
    let time = time_of_day(&time).ok_or("Not a time; write it as 2026-11-30 09:30")?;
    let midnight = day(&kept).ok_or_else(|| format!("No such day; {REMEDY}"))?;
    zone.first_at(midnight + time).in_range().ok_or_else(|| format!("Too far away; {REMEDY}"))
}

/// Microseconds since midnight of `9:30`, `09:30:15.250`, `2:05 PM`; 0 for an empty text.
fn time_of_day(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let lower = text.to_ascii_lowercase();
    let half = |mark: &str| lower.strip_suffix(mark).map(|time| time.trim_end().to_owned());
    let (time, afternoon) = match (half("am"), half("pm")) {
        (Some(time), _) => (time, Some(false)),
        (_, Some(time)) => (time, Some(true)),
        (None, None) => (lower.clone(), None),
    };
    let (time, fraction) = time.split_once('.').unwrap_or((&time, ""));
    let digits = |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let numbers: Vec<i64> = time.split(':').map(|part| digits(part, 2).then(|| part.parse().ok()).flatten()).collect::<Option<_>>()?;
    let (hour, minute, second) = match numbers[..] {
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    let hour = match afternoon {
        None => hour,
        Some(later) if (1..=12).contains(&hour) => hour % 12 + if later { 12 } else { 0 },
        Some(_) => return None,
    };
    let fraction = if fraction.is_empty() {
        0
    } else if digits(fraction, 9) {
        format!("{fraction:0<6.6}").parse().ok()?
    } else {
        return None;
    };
    (hour < 24 && minute < 60 && second < 60).then_some(hour * HOUR + minute * MINUTE + second * SECOND + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_date_of_a_column_shows_the_order_of_all() {
        let read = |cells: &[&str], date: &str| read_date(date, DateOrder::of(cells.iter().copied())).ok();
        assert_eq!(read(&["11/30/2026", "x"], "02/03/2026").as_deref(), Some("2026-02-03"));
        assert_eq!(read(&["30/11/2026 09:30"], "02/03/2026").as_deref(), Some("2026-03-02"));
        assert_eq!(read(&["30-11-2026"], "02-03-2026").as_deref(), Some("2026-03-02"));
        assert_eq!(read(&["30/11/2026", "11/30/2026"], "02/03/2026"), None, "they contradict each other");
        assert_eq!(read(&["2026-11-30", "30.11.2026"], "02/03/2026"), None, "these show nothing");
        for (date, kept) in
            [("03/03/2026", "2026-03-03"), ("13/02/2026", "2026-02-13"), ("2.3.2026", "2026-03-02"), ("19970118", "1997-01-18")]
        {
            assert_eq!(read(&[], date).as_deref(), Some(kept));
        }
        for wrong in ["", "x", "30.02.2026", "1/2", "1/2/26", "1997011", "13/13/2026"] {
            assert!(read_date(wrong, DateOrder::default()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_without_an_offset_are_those_of_the_zone() {
        let zone = Zone::new("Test/One", 3_600, [(1_774_746_000, 7_200)]);
        let read = |text: &str| read_moment(text, DateOrder::of(["11/30/2026"]), &zone).map(|at| at.to_string());
        for (text, at) in [
            ("2026-01-31", "2026-01-30T23:00:00.000Z"),
            ("2026-01-31 09:30", "2026-01-31T08:30:00.000Z"),
            ("2026-07-31T09:30:15.250", "2026-07-31T07:30:15.250Z"),
            ("1/31/2026, 2:05 PM", "2026-01-31T13:05:00.000Z"),
            ("1/31/2026 12:05 am", "2026-01-30T23:05:00.000Z"),
            ("2026-01-31T09:30:00Z", "2026-01-31T09:30:00.000Z"),
            ("2026-01-31 09:30:00 +0530", "2026-01-31T04:00:00.000Z"),
            ("2026-01-31 09:30:00-05:00", "2026-01-31T14:30:00.000Z"),
            ("2026-01-31 09:30:00 UTC", "2026-01-31T09:30:00.000Z"),
            // The hour from 02:00 to 03:00 is left out that day.
            ("2026-03-29 02:30", "2026-03-29T01:00:00.000Z"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(at), "{text}");
        }
        let wrong = ["2026-01-31 25:00", "2026-01-31 9h", "2026-01-31 13:00 pm", "2026-01-31T09:30:00+99:00", "9999-12-31 09:30", "soon"];
        for wrong in wrong {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
