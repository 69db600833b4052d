//! Busy times: sorted, merged, searched.

use crate::kernel::Timestamp;

const MINUTE_MS: i64 = 60_000;

/// `[from, to)` in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First millisecond.
    pub from: i64,
    /// Millisecond after the last.
    pub to: i64,
}

impl Span {
    /// From `from` to `to`.
    pub fn new(from: Timestamp, to: Timestamp) -> Self {
        Self { from: from.ms(), to: to.ms() }
    }
}

/// Spans that neither overlap nor touch, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spans(Vec<Span>);

impl Spans {
    /// Sorts and merges; empty and inverted spans take no time and are dropped.
    pub fn merged(mut spans: Vec<Span>) -> Self {
        spans.retain(|span| span.from < span.to);
        spans.sort_unstable();
        let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
        for span in spans {
            match merged.last_mut() {
                Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
                Some(_) | None => merged.push(span),
            }
        }
        Self(merged)
    }

    /// Reads spans as the database packs them, each into one number: the minute in which it begins times 2^32, and the minute before which
    /// it ends. Minutes that have begun count whole. Whatever is offered begins and ends on whole minutes, so nothing is lost by that.
    pub fn packed(numbers: impl IntoIterator<Item = Vec<i64>>) -> Self {
        let span = |number: i64| Span { from: (number >> 32) * MINUTE_MS, to: (number & 0xffff_ffff) * MINUTE_MS };
        Self::merged(numbers.into_iter().flatten().map(span).collect())
    }

    /// Begins to ask, from early to late.
    pub fn walk(&self) -> Walk<'_> {
        Walk(&self.0)
    }
}

/// What was not passed yet.
#[derive(Debug)]
pub struct Walk<'s>(&'s [Span]);

impl Walk<'_> {
    /// Whether nothing of `[from, to)` is taken. Nothing that begins earlier may be asked after it.
    pub fn is_free(&mut self, wanted: Span) -> bool {
        while let [first, later @ ..] = self.0
            && first.to <= wanted.from
        {
            self.0 = later;
        }
        self.0.first().is_none_or(|span| span.from >= wanted.to)
    }
}
