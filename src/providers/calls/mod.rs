//! Calls of providers that have to be called.
//!
//! | file | holds |
//! |---|---|
//! | [`caller`] | one HTTP call: token, limits |
//! | `answer` | what it answers, and what that means |
//! | [`breaker`] | a provider that fails again and again is left alone for a while |
//! | [`quota`] | calls per day, counted |
//! | `tokens` | access tokens, until they end |
//! | [`host`] | what every such provider can do |
//! | [`feed`] | what those can do that report only to those who asked |

mod answer;
pub mod breaker;
pub mod caller;
pub mod feed;
pub mod host;
pub mod quota;
mod tokens;

pub use answer::{Answer, Trouble};
pub use caller::Caller;
pub use feed::Feed;
pub use host::{Host, Made, There, Wanted};
