//! Texts that people type: names and reasons.
//!
//! Parsed once, where they come in: trimmed, composed (NFC), of bounded length,
//! and free of characters that hide or reorder what a reader sees. What the log
//! holds is believed, so that a later rule cannot make history unreadable.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::aggregate::Rejection;

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    #[error("a name is required")]
    Required,
    #[error("at most {most} characters are allowed")]
    TooLong { most: usize },
    #[error("control, direction and invisible characters are not allowed")]
    Unprintable,
}

impl Rejection for InvalidText {
    fn code(&self) -> &'static str {
        match self {
            Self::Required => "NAME_REQUIRED",
            Self::TooLong { .. } => "NAME_TOO_LONG",
            Self::Unprintable => "INVALID_INPUT",
        }
    }
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident up to $most:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The most characters it may have.
            pub const MOST: usize = $most;

            pub fn parse(text: &str) -> Result<Self, InvalidText> {
                let text = printable(text, Self::MOST, |_| false)?;
                if text.is_empty() { Err(InvalidText::Required) } else { Ok(Self(text)) }
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

names! {
    /// What people call an agent token. Not unique: machines share names.
    TokenName up to 100;
    /// What people call a workspace.
    WorkspaceName up to 100;
    /// What people call an application.
    AppName up to 100;
    /// What a machine says it is called.
    DeviceName up to 64;
}

/// Why someone did something, in their own words; may run over several lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reason(String);

impl Reason {
    /// The most characters it may have.
    pub const MOST: usize = 500;

    /// Reads a reason; `None` where none was given.
    pub fn parse(text: &str) -> Result<Option<Self>, InvalidText> {
        let text = printable(text, Self::MOST, |character| matches!(character, '\n' | '\t'))?;
        Ok((!text.is_empty()).then_some(Self(text)))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn printable(text: &str, most: usize, allowed: fn(char) -> bool) -> Result<String, InvalidText> {
    // Composing never makes a text longer than this, so a huge one costs nothing.
    if text.len() > 16 * most {
        return Err(InvalidText::TooLong { most });
    }
    let text: String = text.trim().nfc().collect();
    if text.chars().any(|character| is_unprintable(character) && !allowed(character)) {
        Err(InvalidText::Unprintable)
    } else if text.chars().count() > most {
        Err(InvalidText::TooLong { most })
    } else {
        Ok(text)
    }
}

/// Tells whether `character` shows nothing of itself, or changes how others show.
pub(crate) fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character,
            // Soft hyphen, grapheme joiner, fillers.
            '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{3164}' | '\u{ffa0}' | '\u{180e}'
            // Direction marks, embeddings, overrides and isolates.
            | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{206f}'
            // Zero-width spaces and joiners, invisible operators, line and paragraph separators.
            | '\u{200b}'..='\u{200d}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}'
            | '\u{feff}'
            // Interlinear annotation, musical formatting, tags.
            | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || is_noncharacter(character)
}

const fn is_noncharacter(character: char) -> bool {
    let code = character as u32;
    code & 0xfffe == 0xfffe || matches!(character, '\u{fdd0}'..='\u{fdef}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_composed() {
        assert_eq!(TokenName::parse("  Cafe\u{301} ").unwrap().as_str(), "Caf\u{e9}");
    }

    #[test]
    fn a_name_is_required_and_bounded() {
        assert_eq!(TokenName::parse(" \n "), Err(InvalidText::Required));
        assert!(TokenName::parse(&"ü".repeat(100)).is_ok());
        assert_eq!(TokenName::parse(&"ü".repeat(101)), Err(InvalidText::TooLong { most: 100 }));
        assert_eq!(DeviceName::parse(&"x".repeat(9999)), Err(InvalidText::TooLong { most: 64 }));
    }

    #[test]
    fn a_name_hides_nothing() {
        for hidden in
            ['\0', '\u{7}', '\n', '\u{202e}', '\u{2066}', '\u{200b}', '\u{200d}', '\u{feff}']
        {
            let name = format!("build{hidden}server");
            assert_eq!(TokenName::parse(&name), Err(InvalidText::Unprintable), "{hidden:?}");
        }
        assert!(TokenName::parse("Büro-PC 🖥️ (東京)").is_ok());
    }

    #[test]
    fn a_reason_may_be_absent_and_may_have_lines() {
        assert_eq!(Reason::parse("  "), Ok(None));
        assert_eq!(
            Reason::parse("lost\nin a train").unwrap().unwrap().as_str(),
            "lost\nin a train"
        );
        assert_eq!(Reason::parse("a\0b"), Err(InvalidText::Unprintable));
        assert_eq!(Reason::parse(&"x".repeat(501)), Err(InvalidText::TooLong { most: 500 }));
    }
}
