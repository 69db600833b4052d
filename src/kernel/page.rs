//! Pages of lists: a size and an opaque cursor.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::failure::{Failure, invalid};

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;

/// Which page of a list.
#[derive(Debug, Clone, Default, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageRequest {
    /// How many items at most, 1 to 200; 50 when absent.
    pub limit: Option<u32>,
    /// `next` of the page before; absent for the first page.
    pub cursor: Option<String>,
}

impl PageRequest {
    /// The page size, checked.
    pub fn limit(&self) -> Result<u32, Failure> {
        match self.limit.unwrap_or(DEFAULT_LIMIT) {
            limit @ 1..=MAX_LIMIT => Ok(limit),
            _ => Err(invalid("limit", format!("must be between 1 and {MAX_LIMIT}"))),
        }
    }

    /// The position after which the page begins.
    pub fn after<P: DeserializeOwned>(&self) -> Result<Option<P>, Failure> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let refuse = || invalid("cursor", "must be the `next` of an earlier page of the same list");
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refuse())?;
        serde_json::from_slice(&bytes).map(Some).map_err(|_| refuse())
    }
}

/// One page.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Cursor of the following page; null on the last one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Cuts a page out of at most `limit + 1` rows; the surplus row only tells that more follow.
    pub fn cut<P: Serialize>(mut items: Vec<T>, limit: u32, position: impl Fn(&T) -> P) -> Result<Self, Failure> {
        let limit = limit as usize;
        let more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| more);
        let next = last.map(|item| serde_json::to_vec(&position(item)).map(|json| URL_SAFE_NO_PAD.encode(json))).transpose()?;
        Ok(Self { items, next })
    }

    /// The same page with its items turned into something else.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}
