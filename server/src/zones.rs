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

/// Entries of the database that are no zones of their own: a zone that is not set yet, the machine's zone, and other forms of the same zones.
const NO_ZONES: [&str; 3] = ["Factory", "localtime", "posixrules"];
const OTHER_FORMS: [&str; 3] = ["posix/", "right/", "SystemV/"];

fn is_offered(name: &str) -> bool {
    !NO_ZONES.iter().any(|one| one.eq_ignore_ascii_case(name))
        && !OTHER_FORMS.iter().any(|form| name.get(..form.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(form)))
}

/// The name as the database writes it, for a name in any case; `None` for an unknown one.
pub fn name(text: &str) -> Option<String> {
    // `get` also accepts the name of the system's own zone and POSIX rules.
    let zone = tz::db().get(text).ok()?;
    zone.iana_name().filter(|name| is_offered(name)).map(str::to_owned)
}

/// All names, in order.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> = tz::db().available().map(|name| name.as_str().to_owned()).filter(|name| is_offered(name)).collect();
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
        for no_zone in ["Factory", "factory", "localtime", "posixrules", "posix/Europe/Berlin", "right/UTC", "SystemV/EST5EDT"] {
            assert!(name(no_zone).is_none() && !is_offered(no_zone), "{no_zone}");
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
