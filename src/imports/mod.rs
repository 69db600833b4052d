//! Meetings from elsewhere: tables, calendars, and what the O-Meet module (`jitsi_meet_ui`) kept.
//!
//! Every entry is carried out by itself, through the services, and has a key that stays the same: what was imported before is not imported again. A
//! dry run does everything and keeps nothing.
//!
//! | file | holds |
//! |---|---|
//! | [`table`] | rows of a table, with the line each stands in |
//! | [`columns`] | what a column means, and what a cell has to look like |
//! | [`calendar`] | events of a calendar file, with the line each begins in |
//! | [`service`] | carrying out |

pub mod calendar;
pub mod columns;
pub mod service;
pub mod table;

use serde::Serialize;

pub use service::{Importing, run};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A table with our own columns.
    Csv,
    /// A calendar.
    Ics,
    /// The export of `jitsi.meeting` from Odoo.
    JitsiMeetUi,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Counted from one.
    pub line: u64,
    /// The column, if it is one.
    pub field: Option<String>,
    /// What would be right.
    pub why: String,
}

impl Problem {
    /// Something about a whole line.
    pub fn at(line: u64, why: impl Into<String>) -> Self {
        Self { line, field: None, why: why.into() }
    }

    /// Something about one cell.
    pub fn in_cell(line: u64, field: &str, why: impl Into<String>) -> Self {
        Self { line, field: Some(field.to_owned()), why: why.into() }
    }
}

/// What became of a file.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    /// Whether nothing was kept.
    pub dry_run: bool,
    /// New meetings and series.
    pub created: u64,
    /// Changed ones: newer versions in a calendar.
    pub updated: u64,
    /// Known already, or nothing to do.
    pub unchanged: u64,
    /// What could not be imported, in the order of lines.
    pub problems: Vec<Problem>,
}
