//! S13: everything that reads what strangers send, for a second each, from corpora: as they are, and mutated. With `OMEET_FUZZ_S` for
//! longer, with `OMEET_SEED` from another seed.

mod bodies;

use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fuzz/corpus").join(target);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// Inputs between two looks at the clock.
const CASES: u32 = 256;

/// One change: what is done, where, how far, and with which octet.
type Mutation = (u8, prop::sample::Index, prop::sample::Index, u8);

fn mutated(mut data: Vec<u8>, other: &[u8], mutations: &[Mutation]) -> Vec<u8> {
    for (what, from, length, octet) in mutations {
        let start = from.index(data.len() + 1);
        let end = (start + length.index(16)).min(data.len());
        match what {
            0 if start < data.len() => data[start] = *octet,
            1 => data.insert(start, *octet),
            2 => drop(data.drain(start..end)),
            3 => drop(data.splice(start..start, data[start..end].to_vec())),
            4 => data.truncate(start),
            _ => drop(data.splice(start..end, other[length.index(other.len() + 1)..].iter().copied().take(40))),
        }
    }
    data
}

fn fuzz(target: &str, body: fn(&[u8])) {
    let corpus = corpus(target);
    assert!(corpus.len() >= 3, "{target} has a corpus of {}", corpus.len());
    corpus.iter().for_each(|data| body(data));
    let seed = setting("OMEET_SEED", 20_261_129);
    let one = (any::<prop::sample::Index>(), any::<prop::sample::Index>());
    let mutations = prop::collection::vec((0..8_u8, any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 0..8);
    let (until, mut inputs) = (Instant::now() + Duration::from_secs(setting("OMEET_FUZZ_S", 1)), 0);
    while Instant::now() < until {
        // A runner is done when its cases are.
        let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[(seed + inputs).to_le_bytes(); 4].concat());
        let run = TestRunner::new_with_rng(config, rng).run(&(one.clone(), mutations.clone()), |((which, other), mutations)| {
            let other: &Vec<u8> = other.get(&corpus);
            let data = mutated(which.get(&corpus).clone(), other, &mutations);
            body(&data);
            Ok(())
        });
        run.unwrap_or_else(|error| panic!("{target}, seed {seed}: {error}"));
        inputs += u64::from(CASES);
    }
    println!("{target}: {inputs} inputs, seed {seed}");
}

#[test]
fn nothing_that_strangers_send_breaks_what_reads_it() {
    for (target, body) in bodies::ALL {
        fuzz(target, body);
    }
}
