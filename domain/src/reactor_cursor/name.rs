//! The name of a reactor: a short word that is in the log for good.

use std::{fmt, str::FromStr};

use crate::id::InvalidId;

/// Up to 32 of `a` to `z`, `0` to `9` and `_`, e.g. `slot_keeper`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReactorName {
    letters: [u8; Self::MOST],
    length: usize,
}

impl ReactorName {
    const MOST: usize = 32;

    /// Names a reactor; meant for constants, where a bad name does not compile.
    ///
    /// # Panics
    ///
    /// If it is no such word.
    pub const fn new(name: &str) -> Self {
        match Self::read(name.as_bytes()) {
            Some(name) => name,
            None => panic!("a reactor's name is up to 32 of a to z, 0 to 9 and _"),
        }
    }

    /// # Panics
    ///
    /// Never: only ASCII was let in.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.letters[..self.length]).expect("only ASCII was let in")
    }

    const fn read(text: &[u8]) -> Option<Self> {
        if text.is_empty() || text.len() > Self::MOST {
            return None;
        }
        let mut letters = [0; Self::MOST];
        let mut length = 0;
        while length < text.len() {
            if !matches!(text[length], b'a'..=b'z' | b'0'..=b'9' | b'_') {
                return None;
            }
            letters[length] = text[length];
            length += 1;
        }
        Some(Self { letters, length })
    }
}

impl fmt::Display for ReactorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ReactorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReactorName({self})")
    }
}

impl FromStr for ReactorName {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::read(text.as_bytes()).ok_or(InvalidId)
    }
}
