//! The least recently used go first.

use std::collections::HashMap;
use std::hash::Hash;

/// Values by key under a budget of bytes. What was asked for in the present frame is never dropped, so
/// a view larger than the budget shows whole and goes back under it as soon as it can.
pub struct Cache<K, V> {
    entries: HashMap<K, Entry<V>>,
    bytes: usize,
    budget: usize,
    frame: u64,
}

struct Entry<V> {
    value: V,
    bytes: usize,
    used: u64,
}

impl<K: Hash + Eq + Clone, V> Cache<K, V> {
    /// An empty cache of at most `budget` bytes.
    #[must_use]
    pub fn new(budget: usize) -> Self {
        Self { entries: HashMap::new(), bytes: 0, budget, frame: 0 }
    }

    /// Begins a new frame and brings the cache under its budget.
    pub fn begin_frame(&mut self) {
        if self.bytes > self.budget {
            let mut by_age: Vec<_> =
                self.entries.iter().map(|(key, entry)| (entry.used, key.clone())).collect();
            by_age.sort_unstable_by_key(|(used, _)| *used);
            for (used, key) in by_age {
                if self.bytes <= self.budget || used >= self.frame {
                    break;
                }
                self.remove(&key);
            }
        }
        self.frame += 1;
    }

    /// The value of a key, now used.
    pub fn get(&mut self, key: &K) -> Option<&V> {
        let entry = self.entries.get_mut(key)?;
        entry.used = self.frame;
        Some(&entry.value)
    }

    /// Keeps a value of `bytes` bytes; an older one of the same key goes.
    pub fn insert(&mut self, key: K, value: V, bytes: usize) {
        self.remove(&key);
        self.bytes += bytes;
        self.entries.insert(key, Entry { value, bytes, used: self.frame });
    }

    /// Forgets a key.
    pub fn remove(&mut self, key: &K) {
        if let Some(old) = self.entries.remove(key) {
            self.bytes -= old.bytes;
        }
    }

    /// Forgets all keys but those that `keep` says yes to.
    pub fn retain(&mut self, keep: impl Fn(&K) -> bool) {
        let bytes = &mut self.bytes;
        self.entries.retain(|key, entry| {
            let stays = keep(key);
            if !stays {
                *bytes -= entry.bytes;
            }
            stays
        });
    }

    /// Bytes held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Values held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_lately_goes_first() {
        let mut cache = Cache::new(30);
        for key in 0..3 {
            cache.insert(key, key, 10);
        }
        cache.begin_frame();
        assert!(cache.get(&0).is_some() && cache.get(&2).is_some());
        cache.insert(3, 3, 10);
        cache.begin_frame();
        assert_eq!((cache.bytes(), cache.get(&1)), (30, None));
        assert!(cache.get(&0).is_some());
    }

    #[test]
    fn a_frame_that_needs_more_than_the_budget_keeps_what_it_needs() {
        let mut cache = Cache::new(25);
        cache.begin_frame();
        for key in 0..5 {
            cache.insert(key, (), 10);
        }
        cache.begin_frame();
        assert_eq!(cache.len(), 5, "all were used in the frame before");
        cache.begin_frame();
        assert_eq!(cache.bytes(), 20);
    }

    #[test]
    fn replacing_and_forgetting_keep_the_sum_right() {
        let mut cache = Cache::new(100);
        cache.insert("a", 1, 40);
        cache.insert("a", 2, 10);
        cache.insert("b", 3, 5);
        cache.retain(|key| *key == "a");
        assert_eq!((cache.bytes(), cache.len()), (10, 1));
        cache.remove(&"a");
        assert!(cache.is_empty() && cache.bytes() == 0);
    }
}
