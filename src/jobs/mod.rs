//! Work beside the calls: a queue of jobs, periodic tasks and long-running loops; knows no capability.
//!
//! * A job is enqueued in the transaction of the change that needs it. It runs at least once, so handlers are idempotent.
//! * A claim is a lease. Whoever holds it runs the job; when it expires (crash, pause) the job is free again, and what the late
//!   one reports is ignored.
//! * A job that fails is tried again later and later, [`MAX_ATTEMPTS`] times; then it is dead, and stays visible until an admin
//!   requeues it.
//! * Periodic tasks run in every replica and must not mind that.
//!
//! | file | holds |
//! |---|---|
//! | [`worker`] | what runs, and how it stops |
//! | `lane` | what both queues are made of |
//! | `queue` | claims jobs, runs handlers, records outcomes |
//! | `bundle` | the same for jobs that are done together |
//! | `store` | SQL |
//! | [`backoff`] | when to try again |
//! | [`housekeeping`] | what expires in the plumbing itself |
//! | [`rpc`] | `job.list`, `job.requeue` |

pub mod backoff;
mod bundle;
pub mod housekeeping;
mod lane;
mod model;
mod queue;
pub mod rpc;
mod store;
#[cfg(test)]
mod tests;
pub mod worker;

pub use model::{Job, JobFilter, JobOutcome, JobState, JobView, NewJob};
pub use queue::MAX_ATTEMPTS;
pub use rpc::requeue;
pub use store::{cancel, enqueue, enqueue_all, forget, list};
pub use worker::{Worker, Working};
