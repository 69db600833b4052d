//! Rows of a table, with the line each stands in.

use std::collections::HashMap;

use csv::{ReaderBuilder, StringRecord, Trim};

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
    for record in reader.records() {
        let read = record.map_err(|error| Problem::at(error.position().map_or(0, csv::Position::line), error.to_string()));
        match read.and_then(|record| row(&record, &header, reading)).and_then(|entry| once(entry, &mut seen)) {
            Ok(entry) => entries.push(entry),
            Err(problem) => problems.push(problem),
        }
    }
    (entries, problems)
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

fn row(record: &StringRecord, header: &[Option<&'static str>], reading: &Reading) -> Result<Entry, Problem> {
    let line = record.position().map_or(0, csv::Position::line);
    if record.len() > header.len() {
        return Err(Problem::at(line, format!("has {} cells, and the header {}", record.len(), header.len())));
    }
    let mut draft = Draft::default();
    for (text, column) in record.iter().zip(header) {
        if let Some(column) = column.filter(|_| !text.is_empty()) {
            reading.cell(&mut draft, line, column, text)?;
        }
    }
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
}
