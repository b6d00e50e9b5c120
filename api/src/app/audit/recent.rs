//! What was met lately, by stream; bounded.

use std::collections::HashMap;

/// Remembers between one and two times as many things as it is told to; forgets the oldest.
pub(super) struct Recent<T> {
    most: usize,
    young: HashMap<String, T>,
    old: HashMap<String, T>,
}

impl<T> Recent<T> {
    pub(super) fn new(most: usize) -> Self {
        Self { most, young: HashMap::new(), old: HashMap::new() }
    }

    /// Takes out what is known of `stream`.
    pub(super) fn take(&mut self, stream: &str) -> Option<T> {
        self.young.remove(stream).or_else(|| self.old.remove(stream))
    }

    /// Remembers what is known of `stream`.
    pub(super) fn put(&mut self, stream: String, known: T) {
        if self.young.len() >= self.most {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(stream, known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten_and_what_is_used_stays() {
        let mut recent = Recent::new(2);
        for number in 0..6 {
            recent.put(number.to_string(), number);
            if let Some(kept) = recent.take("0") {
                recent.put("0".into(), kept);
            }
        }
        assert_eq!(recent.take("0"), Some(0));
        assert_eq!(recent.take("5"), Some(5));
        assert_eq!(recent.take("1"), None);
        assert!(recent.young.len() + recent.old.len() <= 4);
    }
}
