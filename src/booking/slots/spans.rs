//! Busy times: sorted, merged, searched.

use crate::kernel::Timestamp;

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

    /// Reads texts `from to,from to,...` as the database aggregates them; what is no number is no time.
    pub fn parse<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let span = |pair: &str| {
            let (from, to) = pair.split_once(' ')?;
            Some(Span { from: from.parse().ok()?, to: to.parse().ok()? })
        };
        Self::merged(texts.into_iter().flat_map(|text| text.split(',')).filter_map(span).collect())
    }

    /// Whether nothing of `[from, to)` is taken.
    pub fn is_free(&self, wanted: Span) -> bool {
        let next = self.0.partition_point(|span| span.to <= wanted.from);
        self.0.get(next).is_none_or(|span| span.from >= wanted.to)
    }
}
