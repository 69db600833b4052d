//! Attendance as a table for spreadsheets.

use super::view::Attendance;
use crate::kernel::csv::{cell, row};

/// One row per stay.
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
            text.push_str(&row(&cells));
        }
    }
    text
}
