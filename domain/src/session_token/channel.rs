//! The name of a channel: a short word, not something people write.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Up to 64 of `a` to `z`, `0` to `9`, `_` and `-`, e.g. `chat-preview`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Channel(String);

/// The text names no channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a channel is up to 64 of a to z, 0 to 9, _ and -")]
pub struct InvalidChannel;

impl Channel {
    const MOST: usize = 64;

    pub fn parse(text: &str) -> Result<Self, InvalidChannel> {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
        let short = (1..=Self::MOST).contains(&text.len());
        if short && text.bytes().all(allowed) { Ok(Self(text.into())) } else { Err(InvalidChannel) }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_a_word() {
        assert!(Channel::parse("chat-preview").is_ok());
        for wrong in ["", "Chat", "chat preview", "ché", &"x".repeat(65)] {
            assert_eq!(Channel::parse(wrong), Err(InvalidChannel), "{wrong}");
        }
    }
}
