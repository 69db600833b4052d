//! What browsers see: pages, their assets, their languages and the headers they travel with.
//!
//! Pure rendering. Nothing here reads a database, a clock or a configuration: routes hand in what is to be shown.
//!
//! | module | holds |
//! |---|---|
//! | [`pages`] | one view struct per page; `render()` answers HTML without inline script or style |
//! | [`i18n`] | the languages, one file each, and dates as their readers write them |
//! | [`assets`] | style, scripts and drawings, compiled in and named by their content |
//! | [`headers`] | content security policy and its companions |
//! | [`up`] | the way back from addresses that only take forms |
//! | [`whole`] | forms that arrive in time |
//! | [`address`] | http(s) addresses that may stand in a link or a policy |

pub mod address;
pub mod assets;
pub mod headers;
pub mod i18n;
pub mod pages;
pub mod up;
pub mod whole;

pub use address::WebAddress;
pub use i18n::Lang;
