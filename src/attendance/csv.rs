//! Attendance as a table for spreadsheets.

use super::view::Attendance;

/// One row per stay. Names are other people's text: a cell that a program would take for a formula begins with an apostrophe.
pub(super) fn table(attendance: &Attendance) -> String {
    let mut text = String::from("name,email,moderator,from,to,seconds,minutes_in_all\r\n");
    for person in &attendance.items {
        for stay in &person.intervals {
            let to = stay.to.map(|to| to.to_string()).unwrap_or_default();
            let seconds = stay.to.map(|to| (to.since_ms(stay.from) / 1000).to_string()).unwrap_or_default();
            let cells = [
                cell(&person.name),
                cell(person.email.as_deref().unwrap_or_default()),
                if person.is_moderator { "yes" } else { "no" }.to_owned(),
                stay.from.to_string(),
                to,
                seconds,
                person.minutes.to_string(),
            ];
            text.push_str(&cells.join(","));
            text.push_str("\r\n");
        }
    }
    text
}

fn cell(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    let is_formula = text.trim_start().starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    let text = if is_formula { format!("'{text}") } else { text };
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    // S10: no name becomes a formula, a column or a row.
    #[test]
    fn names_stay_names() {
        for (name, shown) in [
            ("Ana", "\"Ana\""),
            ("=1+1", "\"'=1+1\""),
            (" @SUM(A1)", "\"' @SUM(A1)\""),
            ("+49", "\"'+49\""),
            ("-2", "\"'-2\""),
            ("\t=cmd|x", "\"'=cmd|x\""),
            ("a\"b,c\r\nd", "\"a\"\"b,cd\""),
            ("＝1", "\"'＝1\""),
        ] {
            assert_eq!(cell(name), shown, "{name:?}");
        }
    }
}
