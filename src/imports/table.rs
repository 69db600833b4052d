//! Rows of a table, with the line each stands in.

use std::collections::HashMap;

use csv::{Reader, ReaderBuilder, StringRecord, Trim};

use super::columns::{COLUMNS, Draft, Reading, meaning};
use super::{Problem, Source};
use crate::kernel::seal::sha256;
use crate::meetings::input::NewMeeting;
use crate::providers::inbound::hex;

/// A row that can be carried out.
#[derive(Debug)]
pub struct Entry {
    /// Where it stands.
    pub line: u64,
    /// The meeting.
    pub new: NewMeeting,
}

/// Reads a table: rows that fit, and what is wrong with the others.
pub fn read(text: &str, reading: &Reading) -> (Vec<Entry>, Vec<Problem>) {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = ReaderBuilder::new().delimiter(delimiter(text)).flexible(true).trim(Trim::All).from_reader(text.as_bytes());
    let header = match reader.headers().map_err(|error| Problem::at(1, error.to_string())).and_then(|header| columns(header, reading)) {
        Ok(header) => header,
        Err(problem) => return (Vec::new(), vec![problem]),
    };
    let (mut entries, mut problems, mut seen) = (Vec::new(), Vec::new(), HashMap::new());
    for read in rows(&mut reader, text, &header, reading.source) {
        match read.and_then(|records| row(&records, &header, reading)).and_then(|entry| once(entry, &mut seen)) {
            Ok(entry) => entries.push(entry),
            Err(problem) => problems.push(problem),
        }
    }
    (entries, problems)
}

// What belongs to one meeting: of Odoo's export its record, and those below it that hold one more attendee each.
fn rows(
    reader: &mut Reader<&[u8]>,
    text: &str,
    header: &[Option<&'static str>],
    source: Source,
) -> Vec<Result<Vec<StringRecord>, Problem>> {
    let fault = |error: csv::Error| Problem::at(error.position().map_or(0, csv::Position::line), error.to_string());
    let mut records: Vec<_> = reader.records().map(|record| record.map_err(fault)).collect();
    if let Some(last) = records.pop() {
        records.push(last.and_then(|record| closed(record, text)));
    }
    let mut rows: Vec<Result<Vec<StringRecord>, Problem>> = Vec::new();
    for record in records {
        match (record, rows.last_mut()) {
            (Ok(record), Some(Ok(before))) if source == Source::JitsiMeetUi && continues(&record, header) => before.push(record),
            (record, _) => rows.push(record.map(|record| vec![record])),
        }
    }
    rows
}

fn continues(record: &StringRecord, header: &[Option<&'static str>]) -> bool {
    record.iter().zip(header).all(|(text, column)| text.is_empty() || column.is_none_or(|column| column == "participants"))
}

// A quotation mark that does not close makes one cell of everything below it: its row is the last.
fn closed(last: StringRecord, text: &str) -> Result<StringRecord, Problem> {
    let rest = last.position().and_then(|position| text.get(usize::try_from(position.byte()).ok()?..)).unwrap_or_default();
    let has_lines = last.iter().any(|cell| cell.contains('\n'));
    if has_lines && !rest.matches('"').count().is_multiple_of(2) {
        return Err(Problem::at(last.position().map_or(0, csv::Position::line), "a quotation mark opens in this row and does not close"));
    }
    Ok(last)
}

// Spreadsheets of half the world write semicolons.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    [b';', b'\t'].into_iter().find(|mark| first.bytes().filter(|octet| octet == mark).count() > first.matches(',').count()).unwrap_or(b',')
}

fn columns(header: &StringRecord, reading: &Reading) -> Result<Vec<Option<&'static str>>, Problem> {
    let found: Vec<_> = header.iter().map(|name| meaning(reading.source, name)).collect();
    let unknown: Vec<&str> = header.iter().zip(&found).filter(|(_, meaning)| meaning.is_none()).map(|(name, _)| name).collect();
    if reading.source == Source::Csv && !unknown.is_empty() {
        return Err(Problem::at(1, format!("unknown columns: {}; there are {}", unknown.join(", "), COLUMNS.join(", "))));
    }
    for needed in ["name", "start"] {
        if !found.contains(&Some(needed)) {
            return Err(Problem::in_cell(1, needed, "must be one of the columns"));
        }
    }
    Ok(found)
}

fn row(records: &[StringRecord], header: &[Option<&'static str>], reading: &Reading) -> Result<Entry, Problem> {
    let at = |record: &StringRecord| record.position().map_or(0, csv::Position::line);
    let mut draft = Draft::default();
    for record in records {
        if record.len() > header.len() {
            return Err(Problem::at(at(record), format!("has {} cells, and the header {}", record.len(), header.len())));
        }
        for (text, column) in record.iter().zip(header) {
            if let Some(column) = column.filter(|_| !text.is_empty()) {
                reading.cell(&mut draft, at(record), column, text)?;
            }
        }
    }
    let line = records.first().map_or(0, at);
    let draft = reading.finish(draft, line)?;
    Ok(Entry { line, new: NewMeeting { external_key: Some(key(&draft, reading.source)), ..draft.new } })
}

// What a row without a key of its own is known by: the same title at the same time of the same organizer.
fn key(draft: &Draft, source: Source) -> String {
    let prefix = if source == Source::JitsiMeetUi { "jitsi_meet_ui" } else { "csv" };
    match &draft.key {
        Some(key) => format!("{prefix}:{key}"),
        None => {
            let organizer = draft.new.organizer.as_ref().map_or("", |organizer| &organizer.id);
            let start = draft.new.start.map_or_else(String::new, |start| start.to_string());
            let parts = [draft.new.name.as_str(), &start, organizer].join("\u{1f}");
            format!("{prefix}:{}", &hex(&sha256(parts.as_bytes()))[..32])
        }
    }
}

fn once(entry: Entry, seen: &mut HashMap<String, u64>) -> Result<Entry, Problem> {
    let key = entry.new.external_key.clone().unwrap_or_default();
    match seen.insert(key, entry.line) {
        None => Ok(entry),
        Some(before) => Err(Problem::at(entry.line, format!("is the same meeting as line {before}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_csv(text: &str) -> (Vec<Entry>, Vec<Problem>) {
        read(text, &Reading { source: Source::Csv, tz: "UTC".to_owned() })
    }

    #[test]
    fn every_problem_has_its_line() {
        let text = "name,start,duration_min,participants\nOne,2027-01-11 09:00,30,\"Budi <budi@example.org>; eve@example.org\"\n\
            \"Two\nlines\",yesterday,30,\nThree,2027-01-12 09:00,half,\nOne,2027-01-11 09:00,,\n,2027-01-12 09:00,,\nx,y,z,a,b\n";
        let (entries, problems) = read_csv(text);
        assert_eq!(entries.iter().map(|entry| entry.line).collect::<Vec<_>>(), [2]);
        assert_eq!(entries[0].new.participants.len(), 2);
        let shown: Vec<_> = problems.iter().map(|problem| (problem.line, problem.field.as_deref())).collect();
        assert_eq!(shown, [(3, Some("start")), (5, Some("duration_min")), (6, None), (7, Some("name")), (8, None)]);
    }

    #[test]
    fn a_header_that_does_not_fit_is_said_at_once() {
        for (text, why) in [("name,begin\n", "unknown columns: begin"), ("name\n", "must be one of the columns"), ("", "must be one of")] {
            let (entries, problems) = read_csv(text);
            assert!(entries.is_empty() && problems[0].line == 1 && problems[0].why.contains(why), "{text:?}: {problems:?}");
        }
        let (entries, _) = read_csv("\u{feff}name;start\nOne;2027-01-11 09:00\n");
        assert_eq!(entries.len(), 1);
    }

    fn read_theirs(text: &str) -> (Vec<Entry>, Vec<Problem>) {
        read(text, &Reading { source: Source::JitsiMeetUi, tz: "UTC".to_owned() })
    }

    // Odoo writes every further attendee in a row of its own, and nothing else into it.
    #[test]
    fn attendees_of_the_rows_below_belong_to_the_meeting() {
        let text = "\"id\",\"name\",\"scheduled_date\",\"duration\",\"attendee_ids/email\",\"tag_ids/name\"\n\
            \"m_1\",\"One\",\"2027-01-11 09:00:00\",\"1\",\"ana@example.org\",\"a\"\n\"\",\"\",\"\",\"\",\"budi@example.org\",\"\"\n\
            \"\",\"\",\"\",\"\",\"\",\"b\"\n\"\",\"\",\"\",\"\",\"eve@example.org\",\"\"\n\
            \"m_2\",\"Two\",\"2027-01-12 09:00:00\",\"1\",\"\",\"\"\n\"m_3\",\"Three\",\"2027-01-13 09:00:00\",\"x\",\"\",\"\"\n\
            \"\",\"\",\"\",\"\",\"lost@example.org\",\"\"\n";
        let (entries, problems) = read_theirs(text);
        let who: Vec<Vec<_>> =
            entries.iter().map(|entry| entry.new.participants.iter().filter_map(|person| person.email.as_deref()).collect()).collect();
        assert_eq!(who, [vec!["ana@example.org", "budi@example.org", "eve@example.org"], vec![]]);
        let shown: Vec<_> = problems.iter().map(|problem| (problem.line, problem.field.as_deref())).collect();
        assert_eq!(shown, [(7, Some("duration_min"))], "what belongs to a row that does not fit is not a second problem");
    }

    // "I want to update data" writes the attendees' names, with commas in some of them, and no address.
    #[test]
    fn attendees_without_addresses_are_refused_with_the_cause() {
        let text =
            "id,name,scheduled_date,attendee_ids/email\nm_1,One,2027-01-11 09:00:00,\"Azure Interior, Brandon Freeman,Mitchell Admin\"\n";
        let (entries, problems) = read_theirs(text);
        assert!(entries.is_empty() && problems.len() == 1, "{problems:?}");
        assert_eq!((problems[0].line, problems[0].field.as_deref()), (2, Some("participants")));
        assert!(problems[0].why.contains("without \"I want to update data\""), "{problems:?}");
    }

    #[test]
    fn a_quotation_mark_that_does_not_close_is_said() {
        for text in [
            "name,start\n\"One,2027-01-11 09:00\nTwo,2027-01-12 09:00\n",
            "name,start,description\nOne,2027-01-11 09:00,\"a\nTwo,2027-01-12 09:00,b\n",
        ] {
            let (entries, problems) = read_csv(text);
            assert!(entries.is_empty() && problems.len() == 1 && problems[0].line == 2, "{problems:?}");
            assert!(problems[0].why.contains("does not close"), "{problems:?}");
        }
        for text in ["name,start\nA 5\" pipe,2027-01-11 09:00\n", "start,name\n2027-01-11 09:00,\"One \"\"and\"\"\ntwo\"\n"] {
            assert_eq!(read_csv(text).0.len(), 1, "{text}");
        }
    }
}
