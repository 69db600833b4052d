//! Fields that an organization adds to its meetings, and the check of what is put into them.
//!
//! A definition says what a value may be; its key and type never change, because values are kept under the key in the form of
//! the type. [`validate()`] is pure: whoever owns the records reads the definitions with [`for_org`] and stores what it answers.
//!
//! | file | holds |
//! |---|---|
//! | `model` | definitions, and what makes one right |
//! | `value` | one value against one definition |
//! | `validate` | everything that a caller gave, against all definitions |
//! | `store`, `service`, [`rpc`] | SQL, use-cases, `custom_field.*` |

mod model;
pub mod rpc;
mod service;
mod store;
mod validate;
mod value;

pub use model::{Changes, Choice, Definition, FieldType, Model, NewDefinition};
pub use service::{create, delete, update};
pub use store::{RELATION, for_org};
pub use validate::{Mode, apply, validate};

use crate::kernel::failure::{Class, Kind};

/// No such definition.
pub static NOT_FOUND: Kind = Kind::new(Class::NotFound, "custom_field.not_found", "No such custom field");
/// The key is taken.
pub static KEY_TAKEN: Kind = Kind::new(Class::Conflict, "custom_field.key_taken", "Another custom field has this key");
/// More would make every meeting slow to read and no form readable.
pub static TOO_MANY: Kind = Kind::new(Class::State, "custom_field.too_many", "An organization can define at most 100 custom fields");
