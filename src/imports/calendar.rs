//! Events of a calendar file, with the line each begins in.

use super::Problem;

/// Everything that a calendar says of one UID, as a calendar of its own.
#[derive(Debug)]
pub struct Part {
    /// Where its first event begins.
    pub line: u64,
    /// The calendar.
    pub ics: String,
}

/// A component of a calendar.
struct Block {
    line: u64,
    uid: Option<String>,
    text: String,
}

/// Takes a calendar apart, so that one event that does not fit does not keep the others out.
pub fn parts(text: &str) -> (Vec<Part>, Vec<Problem>) {
    if !text.trim_start_matches('\u{feff}').lines().any(|line| line.trim().eq_ignore_ascii_case("BEGIN:VCALENDAR")) {
        return (Vec::new(), vec![Problem::at(1, "is no calendar: BEGIN:VCALENDAR is missing")]);
    }
    let (zones, events, mut problems) = blocks(text);
    let mut parts: Vec<(String, Part)> = Vec::new();
    for event in events {
        let Some(uid) = event.uid else {
            problems.push(Problem::in_cell(event.line, "UID", "must be given: without it the event could not be recognized"));
            continue;
        };
        match parts.iter_mut().find(|(known, _)| *known == uid) {
            Some((_, part)) => part.ics.push_str(&event.text),
            None => parts.push((uid, Part { line: event.line, ics: event.text })),
        }
    }
    let around = |part: Part| Part { ics: format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{zones}{}END:VCALENDAR\r\n", part.ics), ..part };
    (parts.into_iter().map(|(_, part)| around(part)).collect(), problems)
}

// Zones as they stand, events one by one; alarms inside events go with them.
fn blocks(text: &str) -> (String, Vec<Block>, Vec<Problem>) {
    let (mut zones, mut events, mut problems) = (String::new(), Vec::new(), Vec::new());
    let mut open: Option<(&'static str, Block)> = None;
    for (line, raw) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let raw = raw.trim_end_matches('\r');
        let upper = raw.trim().to_ascii_uppercase();
        if open.is_none() {
            let kind = ["VEVENT", "VTIMEZONE"].into_iter().find(|kind| upper == format!("BEGIN:{kind}"));
            open = kind.map(|kind| (kind, Block { line, uid: None, text: String::new() }));
        }
        let Some((kind, block)) = &mut open else { continue };
        block.text.push_str(raw);
        block.text.push_str("\r\n");
        if block.uid.is_none() && (upper.starts_with("UID:") || upper.starts_with("UID;")) {
            block.uid = raw.split_once(':').map(|(_, uid)| uid.trim().to_owned()).filter(|uid| !uid.is_empty());
        }
        if upper == format!("END:{kind}") {
            match open.take() {
                Some(("VTIMEZONE", block)) => zones.push_str(&block.text),
                Some((_, block)) => events.push(block),
                None => {}
            }
        }
    }
    problems.extend(open.map(|(kind, block)| Problem::at(block.line, format!("{kind} begins here and does not end"))));
    (zones, events, problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_one_uid_stay_together() {
        let text = "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:X\nEND:VTIMEZONE\nBEGIN:VEVENT\nUID:a\nEND:VEVENT\nBEGIN:VEVENT\nUID:b\nEND:VEVENT\n\
            BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:1\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT\nBEGIN:VEVENT\nEND:VCALENDAR\n";
        let (parts, problems) = parts(text);
        assert_eq!(parts.iter().map(|part| part.line).collect::<Vec<_>>(), [5, 8]);
        assert_eq!(parts[0].ics.matches("BEGIN:VEVENT").count(), 2);
        assert!(parts.iter().all(|part| part.ics.contains("TZID:X")));
        assert_eq!(problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [18, 15]);
    }

    #[test]
    fn what_is_no_calendar_is_said_to_be_none() {
        for text in
            ["", "<!doctype html>\n<p>BEGIN:VCALENDAR</p>", "name,start\nOne,2027-01-11 09:00\n", "BEGIN:VEVENT\nUID:a\nEND:VEVENT\n"]
        {
            let (parts, problems) = parts(text);
            assert!(parts.is_empty() && problems.len() == 1 && problems[0].why.contains("is no calendar"), "{text}: {problems:?}");
        }
        assert!(parts("\u{feff}begin:vcalendar\r\nEND:VCALENDAR\r\n").1.is_empty(), "one without events");
    }
}
