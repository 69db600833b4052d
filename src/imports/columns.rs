//! What a column means, and what a cell has to look like.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{Problem, Source};
use crate::kernel::Timestamp;
use crate::meetings::input::{NewMeeting, Person};
use crate::tenancy::Actor;

/// Our columns.
pub const COLUMNS: [&str; 12] = [
    "key",
    "name",
    "description",
    "start",
    "end",
    "duration_min",
    "tz",
    "access",
    "organizer",
    "organizer_name",
    "organizer_email",
    "participants",
];

/// Columns of `jitsi.meeting`, by their names and by the labels that Odoo writes, and ours.
const THEIRS: [(&str, &str); 18] = [
    ("id", "key"),
    ("external id", "key"),
    ("name", "name"),
    ("meeting title", "name"),
    ("title", "name"),
    ("description", "description"),
    ("scheduled_date", "start"),
    ("scheduled date", "start"),
    ("start_datetime", "start"),
    ("duration", "duration_min"),
    ("duration (minutes)", "duration_min"),
    ("organizer_id/login", "organizer"),
    ("organizer_id/id", "organizer"),
    ("organizer_id", "organizer"),
    ("organizer", "organizer"),
    ("attendee_ids/email", "participants"),
    ("attendees/email", "participants"),
    ("room_code", "room_code"),
];

/// The module kept hours in a field of minutes: nothing that it planned was shorter than this.
const SHORTEST_MIN: i64 = 5;
const HOUR_MIN: i64 = 60;

/// Our name of a column; nothing when it means nothing to us.
pub fn meaning(source: Source, header: &str) -> Option<&'static str> {
    let header = header.trim().to_lowercase();
    match source {
        Source::JitsiMeetUi => THEIRS.iter().find(|(theirs, _)| *theirs == header).map(|(_, ours)| *ours),
        Source::Csv | Source::Ics => COLUMNS.into_iter().find(|ours| *ours == header),
    }
}

/// How the cells of a file are read.
#[derive(Debug, Clone)]
pub struct Reading {
    /// What the file is.
    pub source: Source,
    /// Zone of times without an offset.
    pub tz: String,
}

/// A meeting while its row is read.
#[derive(Debug, Default)]
pub struct Draft {
    /// As it will be made.
    pub new: NewMeeting,
    /// The row's own key.
    pub key: Option<String>,
    start: Option<String>,
    end: Option<String>,
    organizer: Actorish,
}

#[derive(Debug, Default)]
struct Actorish {
    id: Option<String>,
    name: Option<String>,
    email: Option<String>,
}

impl Reading {
    /// Takes one cell that is not empty.
    pub fn cell(&self, draft: &mut Draft, line: u64, column: &'static str, text: &str) -> Result<(), Problem> {
        let refuse = |why: &str| Problem::in_cell(line, column, why);
        let owned = || Some(text.to_owned());
        match column {
            "key" => draft.key = owned(),
            // Where the export has no key, the code stands for one.
            "room_code" if draft.key.is_none() => draft.key = owned(),
            "name" => draft.new.name = text.to_owned(),
            "description" => draft.new.description = owned(),
            "start" => draft.start = owned(),
            "end" => draft.end = owned(),
            "duration_min" => draft.new.duration_min = Some(self.minutes(text).ok_or_else(|| refuse("must be whole minutes"))?),
            "tz" => draft.new.tz = owned(),
            "access" => draft.new.access = Some(access(text).ok_or_else(|| refuse("must be public, organization or invited"))?),
            "organizer" => draft.organizer.id = owned(),
            "organizer_name" => draft.organizer.name = owned(),
            "organizer_email" => draft.organizer.email = owned(),
            "participants" => draft.new.participants.extend(self.people(text).ok_or_else(|| refuse(NO_ADDRESSES))?),
            _ => {}
        }
        Ok(())
    }

    /// The row as a whole.
    pub fn finish(&self, mut draft: Draft, line: u64) -> Result<Draft, Problem> {
        let tz = draft.new.tz.clone().unwrap_or_else(|| self.tz.clone());
        let start = draft.start.take().ok_or_else(|| Problem::in_cell(line, "start", "must be given"))?;
        draft.new.start = Some(instant(&start, &tz).ok_or_else(|| Problem::in_cell(line, "start", NO_INSTANT))?);
        if let Some(end) = draft.end.take() {
            draft.new.end = Some(instant(&end, &tz).ok_or_else(|| Problem::in_cell(line, "end", NO_INSTANT))?);
        }
        if draft.new.name.trim().is_empty() {
            return Err(Problem::in_cell(line, "name", "must be given"));
        }
        let Actorish { id, name, email } = std::mem::take(&mut draft.organizer);
        let no_id = id.is_none() && (name.is_some() || email.is_some());
        if no_id {
            return Err(Problem::in_cell(
                line,
                "organizer",
                "must be the ERP's identifier of the user, because a name or an address of them is given",
            ));
        }
        draft.new.organizer = id.map(|id| Actor { id, name, email, role: None, tz: None, lang: None });
        Ok(draft)
    }

    // Odoo writes addresses, or names that may have commas in them.
    fn people(&self, text: &str) -> Option<Vec<Person>> {
        let all = text.split([';', ',', '\n']).map(str::trim).filter(|one| !one.is_empty());
        let has_addresses = self.source != Source::JitsiMeetUi || all.clone().all(|one| one.contains('@'));
        has_addresses.then(|| all.map(person).collect())
    }

    fn minutes(&self, text: &str) -> Option<i64> {
        let minutes: i64 = text.trim().strip_suffix(".0").unwrap_or(text.trim()).parse().ok()?;
        Some(match (self.source, minutes) {
            (Source::JitsiMeetUi, 0) => HOUR_MIN,
            (Source::JitsiMeetUi, hours) if (1..SHORTEST_MIN).contains(&hours) => hours * HOUR_MIN,
            (_, minutes) => minutes,
        })
    }
}

const NO_ADDRESSES: &str = "must be addresses, and these are names: export from Odoo without \"I want to update data\"";
const NO_INSTANT: &str = "must be 2027-01-11T09:00:00+07:00, or 2027-01-11 09:00 in the row's or the file's zone";

fn access(text: &str) -> Option<crate::meetings::Access> {
    serde_json::from_value(serde_json::Value::String(text.trim().to_lowercase())).ok()
}

// `Budi <budi@example.org>`, or an address, or a name.
fn person(text: &str) -> Person {
    let (name, email) = match text.split_once('<') {
        Some((name, rest)) => (Some(name.trim()), Some(rest.trim_end_matches('>').trim())),
        None if text.contains('@') => (None, Some(text)),
        None => (Some(text), None),
    };
    let given = |part: Option<&str>| part.filter(|part| !part.is_empty()).map(str::to_owned);
    Person { name: given(name), email: given(email), ..Person::default() }
}

fn instant(text: &str, tz: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    let local: DateTime = text.parse().ok()?;
    let zoned = local.to_zoned(TimeZone::get(tz).ok()?).ok()?;
    Timestamp::from_ms(zoned.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_without_an_offset_are_those_of_the_zone() {
        let at = |text: &str| text.parse::<Timestamp>().ok();
        for (text, tz, is) in [
            ("2027-01-11T09:00:00+07:00", "UTC", at("2027-01-11T02:00:00Z")),
            ("2027-01-11 09:00", "Asia/Jakarta", at("2027-01-11T02:00:00Z")),
            ("2027-07-11 09:00:30", "Europe/Berlin", at("2027-07-11T07:00:30Z")),
            ("11.1.2027 9:00", "UTC", None),
            ("2027-01-11 09:00", "Mars/Olympus", None),
        ] {
            assert_eq!(instant(text, tz), is, "{text} {tz}");
        }
    }

    // The module stored hours in a field of minutes: 90 minutes were 1, 45 were 0.
    #[test]
    fn hours_of_the_old_module_become_minutes() {
        let of = |source| Reading { source, tz: "UTC".to_owned() };
        let theirs: Vec<_> = ["0", "1", "4", "5", "45"].map(|text| of(Source::JitsiMeetUi).minutes(text)).to_vec();
        assert_eq!(theirs, [60, 60, 240, 5, 45].map(Some));
        assert_eq!((of(Source::Csv).minutes("1"), of(Source::Csv).minutes("x")), (Some(1), None));
    }
}
