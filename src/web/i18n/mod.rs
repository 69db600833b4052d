//! The languages of the pages.
//!
//! A language is one file in `languages/`: `<code>.toml`, named by its ISO 639 code (`pt.toml`). Adding a language is
//! adding that file: copy `en.toml`, translate the right-hand sides, keep the words in braces, give it `meta.name` as
//! its speakers write it and `meta.dir`. Nothing lists the languages anywhere else; the tests compare all files with
//! `en.toml` and fail when a text or a placeholder is missing.
//!
//! Texts never count anything, so that no language needs plural rules: durations are written with SI symbols.

mod catalogue;
mod dates;
mod negotiate;

pub use catalogue::{Lang, fill};
pub use dates::When;
