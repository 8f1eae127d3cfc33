//! Geometry and labels of a chart. Horizontal positions are percentages of the width: lines stretch, text does not.

use domain::{relative_time, text::grouped, zone::Day};
use std::fmt::Write;

/// SVG path `M0 1 2 3` through points.
pub fn path(points: &[(f64, f64)]) -> String {
    let mut text = String::with_capacity(points.len() * 12 + 1);
    text.push('M');
    for (x, y) in points {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{x:.1} {y:.1} ");
    }
    text
}

/// Middle of one of `count` columns, in percent.
pub fn middle(at: usize, count: usize) -> f64 {
    (at as f64 + 0.5) * 100.0 / count.max(1) as f64
}

/// The smallest step of which `parts` reach `most`: 1, 2, 3 or 5 times a power of ten.
pub fn step(most: i64, parts: i64) -> i64 {
    let mut ten = 1;
    loop {
        for lead in [1, 2, 3, 5] {
            if lead * ten * parts >= most {
                return lead * ten;
            }
        }
        ten *= 10;
    }
}

/// Formats a number: `3k` for 3,000.
pub fn brief(number: i64) -> String {
    match number {
        millions if millions >= 1_000_000 && millions % 100_000 == 0 => decimal(millions / 100_000, "M"),
        thousands if thousands >= 1_000 && thousands % 100 == 0 => decimal(thousands / 100, "k"),
        number => grouped(number),
    }
}

fn decimal(tenths: i64, unit: &str) -> String {
    if tenths % 10 == 0 { format!("{}{unit}", grouped(tenths / 10)) } else { format!("{}.{}{unit}", tenths / 10, tenths % 10) }
}

/// `16 Nov`
pub fn date(day: Day) -> String {
    relative_time::date(day, Some(day))
}

/// `Mon 16 Nov`
pub fn weekday(day: Day) -> String {
    relative_time::weekday_date(day, Some(day))
}

/// Indexes of the days with a date label: the last one, and every n-th before it.
pub fn dated(count: usize) -> Vec<usize> {
    let every = match count {
        0..=7 => 2,
        8..=30 => 7,
        _ => 14,
    };
    (0..count).rev().step_by(every).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_round_and_labels_short() {
        assert_eq!([step(0, 3), step(3, 3), step(7, 3), step(9_000, 3), step(9_001, 3)], [1, 1, 3, 3_000, 5_000]);
        assert_eq!([brief(0), brief(3_000), brief(1_500), brief(999), brief(2_000_000)], ["0", "3k", "1.5k", "999", "2M"]);
        let day = "2026-11-16".parse::<domain::Timestamp>().unwrap().0 / domain::time::DAY;
        assert_eq!((weekday(day), dated(7).len(), dated(30)), ("Mon 16 Nov".to_owned(), 4, vec![29, 22, 15, 8, 1]));
    }
}
