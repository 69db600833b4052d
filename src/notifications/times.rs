//! Times as one reader has them.

use jiff::tz::TimeZone;

use crate::kernel::Timestamp;
use crate::web::Lang;
use crate::web::i18n::When;

/// `14:00 (JST)`: the reader's own time, and how their zone is called. Zones without a name of their own say their offset.
pub(super) fn short(lang: Lang, at: Timestamp, tz: &str) -> String {
    let zone = TimeZone::get(tz).unwrap_or(TimeZone::UTC);
    let zoned = at.to_jiff().to_zoned(zone.clone());
    format!("{} ({})", lang.hour(&zoned), abbreviation(&zone, at))
}

/// `JST`, or `UTC+08` where the database knows no name.
pub(super) fn abbreviation(zone: &TimeZone, at: Timestamp) -> String {
    let info = zone.to_offset_info(at.to_jiff());
    let name = info.abbreviation();
    if name.starts_with(['+', '-']) { format!("UTC{name}") } else { name.to_owned() }
}

/// Day, hours and zone in one line.
pub(super) fn whole(lang: Lang, start: Timestamp, end: Timestamp, tz: &str) -> String {
    When::new(lang, start, Some(end), tz).line()
}

/// Day and hours without the zone.
pub(super) fn span(lang: Lang, start: Timestamp, end: Timestamp, tz: &str) -> String {
    let when = When::new(lang, start, Some(end), tz);
    format!("{}, {}", when.day, when.hours)
}

/// Zone with its offset at that time.
pub(super) fn zone(lang: Lang, at: Timestamp, tz: &str) -> String {
    let zone = TimeZone::get(tz).unwrap_or(TimeZone::UTC);
    format!("{}, {}", When::new(lang, at, None, tz).zone, abbreviation(&zone, at))
}
