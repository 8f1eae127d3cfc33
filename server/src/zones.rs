//! Time zones, from the database of time zones that is part of the program.

use domain::Zone;
use jiff::{
    Timestamp,
    tz::{self, TimeZone},
};
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

/// Zones know their changes between these times, 1970 and 2100.
const FROM: Timestamp = Timestamp::UNIX_EPOCH;
const TO: Timestamp = Timestamp::constant(4_102_444_800, 0);

/// Zones that were made before. There are only as many as names in the database.
static MADE: LazyLock<RwLock<HashMap<String, Arc<Zone>>>> = LazyLock::new(RwLock::default);

/// The name as the database writes it, for a name in any case; `None` for an unknown one.
pub fn name(text: &str) -> Option<String> {
    // `get` also accepts the name of the system's own zone and POSIX rules.
    let zone = tz::db().get(text).ok()?;
    zone.iana_name().map(str::to_owned)
}

/// All names, in order.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> = tz::db().available().map(|name| name.as_str().to_owned()).collect();
    names.sort_unstable();
    names
}

/// The zone of this name; UTC for an unknown one, which a newer version may have stored.
pub fn zone(name: &str) -> Arc<Zone> {
    if let Some(made) = MADE.read().unwrap_or_else(PoisonError::into_inner).get(name) {
        return made.clone();
    }
    let Ok(known) = tz::db().get(name) else { return Arc::new(Zone::utc()) };
    let made = Arc::new(made(name, &known));
    MADE.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), made.clone());
    made
}

fn made(name: &str, known: &TimeZone) -> Zone {
    let changes = known.following(FROM).take_while(|change| change.timestamp() < TO);
    let changes = changes.map(|change| (change.timestamp().as_second(), change.offset().seconds()));
    Zone::new(name, known.to_offset(FROM).seconds(), changes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::zone::date_of;

    #[test]
    fn names_are_found_in_any_case() {
        assert_eq!(name("europe/berlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(name("utc").as_deref(), Some("UTC"));
        for unknown in ["", "Berlin", "Europe/Atlantis", "CET-1CEST,M3.5.0,M10.5.0/3", "../etc/passwd", ":Europe/Berlin"] {
            assert_eq!(name(unknown), None, "{unknown}");
        }
        let names = names();
        assert!(names.len() > 400 && names.iter().all(|one| name(one).as_deref() == Some(one)));
    }

    #[test]
    fn zones_know_their_days() {
        let berlin = zone("Europe/Berlin");
        let at = |text: &str| text.parse::<domain::Timestamp>().unwrap();
        assert_eq!(berlin.date(at("2026-07-01T22:30:00Z")), "2026-07-02");
        assert_eq!(berlin.date(at("2099-12-31T22:30:00Z")), "2099-12-31");
        assert_eq!(date_of(zone("Asia/Kolkata").day(at("2026-07-01T18:30:00Z"))), "2026-07-02");
        assert_eq!(*zone("Moon/Base"), Zone::utc());
    }

    /// All zones are of a size that fits into a page.
    #[test]
    fn no_zone_is_large() {
        for name in names() {
            let bytes = serde_json::to_string(&*zone(&name)).unwrap().len();
            assert!(bytes < 8_192, "{name}: {bytes}");
        }
    }
}
