//! Values that were read from the database and may be used again for a second.
//!
//! In the process that writes, a value is dropped before the write is acknowledged, and a read that began before the write
//! cannot put the old value back. Other processes (replicas, the command line) are seen within [`FRESH_MS`].

use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::Equivalent;
use quick_cache::sync::Cache;

use super::Timestamp;

/// How long a value is used without looking again.
pub const FRESH_MS: i64 = 1000;

/// A cache whose entries are fresh for a second.
pub struct FreshCache<K, V> {
    entries: Cache<K, (Timestamp, V)>,
    generation: AtomicU64,
}

/// Remembers when a read began.
#[derive(Debug, Clone, Copy)]
pub struct ReadToken(u64);

impl<K: Hash + Eq + Clone, V: Clone> FreshCache<K, V> {
    /// At most `capacity` entries.
    pub fn new(capacity: usize) -> Self {
        Self { entries: Cache::new(capacity), generation: AtomicU64::new(0) }
    }

    /// The value, if it is fresh.
    pub fn get<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q, now: Timestamp) -> Option<V> {
        let (read_at, value) = self.entries.get(key)?;
        (0..FRESH_MS).contains(&now.since_ms(read_at)).then_some(value)
    }

    /// To be called before the database is read.
    pub fn begin_read(&self) -> ReadToken {
        ReadToken(self.generation.load(Ordering::Acquire))
    }

    /// Keeps what was read, unless something was dropped since `token`.
    pub fn keep(&self, key: K, value: V, now: Timestamp, token: ReadToken) {
        self.entries.insert(key.clone(), (now, value));
        if self.generation.load(Ordering::Acquire) != token.0 {
            self.entries.remove(&key);
        }
    }

    /// Drops a value: before its write is acknowledged.
    pub fn drop_value(&self, key: &K) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.entries.remove(key);
    }

    /// Drops everything.
    pub fn clear(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_that_began_before_a_write_keeps_nothing() {
        let (cache, now) = (FreshCache::<u8, u8>::new(8), Timestamp::from_secs(1_800_000_000));
        let token = cache.begin_read();
        cache.drop_value(&1);
        cache.keep(1, 1, now, token);
        assert_eq!(cache.get(&1, now), None);
        cache.keep(1, 2, now, cache.begin_read());
        assert_eq!(cache.get(&1, now.plus_ms(FRESH_MS - 1)), Some(2));
        assert_eq!(cache.get(&1, now.plus_ms(FRESH_MS)), None);
    }
}
