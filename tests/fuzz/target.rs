//! One program for every target of `tests/it/fuzz/bodies.rs`: `OMEET_FUZZ_TARGET` names it, arguments are libFuzzer's.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

#[path = "../it/fuzz/bodies.rs"]
mod bodies;

static BODY: OnceLock<bodies::Body> = OnceLock::new();

fn named() -> bodies::Body {
    let name = std::env::var("OMEET_FUZZ_TARGET").unwrap_or_default();
    let found = bodies::ALL.into_iter().find(|(target, _)| *target == name);
    found.unwrap_or_else(|| panic!("OMEET_FUZZ_TARGET is {name:?}, which is not in tests/it/fuzz/bodies.rs")).1
}

fuzz_target!(init: { BODY.get_or_init(named); }, |data: &[u8]| BODY.get_or_init(named)(data));
