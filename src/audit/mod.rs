//! Who did what, as whom, when, from where: written in the transaction of the change, never changed afterwards.
//!
//! `changes` holds what a change altered, field by field, before and after. Secrets are not in the views that are compared, so
//! they cannot get in here. Records stay for ever unless `retention.audit_days` says otherwise.

mod model;
pub mod retention;
pub mod rpc;
mod store;
#[cfg(test)]
mod tests;

pub use model::{AuditFilter, AuditRecord, changes, creation};
pub use store::{RELATION, list, record};
