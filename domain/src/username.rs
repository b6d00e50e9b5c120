//! The name a person signs in with.
//!
//! Kept as they typed it, and folded: two spellings that a reader takes for one
//! name fold to one text, which is what is unique.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_security::{MixedScript, is_potential_mixed_script_confusable_char};

use crate::{aggregate::Rejection, text::is_unprintable};

/// A name of 3 to 64 characters, without spaces; compares as it was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Username(String);

/// Why a name cannot be one to sign in with; never which character it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUsername {
    #[error("a user id has 3 to 64 characters")]
    Length,
    #[error("a user id has neither spaces nor control, direction or invisible characters")]
    Unprintable,
    #[error("a user id must not mix scripts whose letters look alike")]
    Confusable,
}

impl Rejection for InvalidUsername {
    fn code(&self) -> &'static str {
        "INVALID_USER_ID"
    }
}

impl Username {
    const FEWEST: usize = 3;
    const MOST: usize = 64;

    pub fn parse(text: &str) -> Result<Self, InvalidUsername> {
        // One character can unfold to eighteen under NFKC: refuse before doing the work.
        if text.len() > 4 * Self::MOST {
            return Err(InvalidUsername::Length);
        }
        let typed: String = text.nfc().collect();
        let folded = fold(&typed);
        if typed.chars().chain(folded.chars()).any(is_unfit) {
            return Err(InvalidUsername::Unprintable);
        }
        if !(Self::FEWEST..=Self::MOST).contains(&folded.chars().count()) {
            return Err(InvalidUsername::Length);
        }
        if !folded.is_single_script()
            && folded.chars().any(is_potential_mixed_script_confusable_char)
        {
            return Err(InvalidUsername::Confusable);
        }
        Ok(Self(typed))
    }

    /// The name as its owner writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that is unique: compatibility composed (NFKC), without case.
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Beside what no text may have: spaces, and selectors of variants, which look like nothing.
fn is_unfit(character: char) -> bool {
    is_unprintable(character)
        || character.is_whitespace()
        || matches!(character, '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}')
}

/// Folds case by way of capitals, so that `ß` meets `SS` and `ς` meets `σ`.
///
/// Composed again afterwards, because folding can leave a text that is not.
fn fold(text: &str) -> String {
    let composed: String = text.nfkc().collect();
    let small = composed.chars().flat_map(char::to_lowercase);
    small.flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_name_fold_to_one() {
        for (one, other) in
            [("Ada", "ADA"), ("Straße", "STRASSE"), ("ﬁona", "Fiona"), ("Αχιλλεύς", "ΑΧΙΛΛΕΎΣ")]
        {
            let folded = |name| Username::parse(name).unwrap().folded();
            assert_eq!(folded(one), folded(other));
        }
        assert_eq!(Username::parse("Ada").unwrap().as_str(), "Ada");
    }

    #[test]
    fn a_name_has_three_to_sixty_four_characters() {
        for wrong in ["", "ab", &"x".repeat(65), &"x".repeat(100_000), &"\u{fdfa}".repeat(20)] {
            assert!(Username::parse(wrong).is_err(), "{} bytes", wrong.len());
        }
        assert!(Username::parse("abc").is_ok() && Username::parse(&"x".repeat(64)).is_ok());
    }

    #[test]
    fn a_name_hides_nothing() {
        for wrong in [
            "a\0bc",
            "ada lovelace",
            " ada",
            "ada\u{202e}",
            "ad\u{200d}a",
            "ada\u{a0}b",
            "ada\u{fe0f}",
        ] {
            assert_eq!(Username::parse(wrong), Err(InvalidUsername::Unprintable), "{wrong:?}");
        }
    }

    #[test]
    fn look_alikes_of_another_script_are_refused_but_whole_scripts_are_not() {
        assert_eq!(Username::parse("\u{430}dmin"), Err(InvalidUsername::Confusable));
        for fine in ["алиса", "太郎さん", "ada.lovelace+1@example.org", "o'neill_99"] {
            assert!(Username::parse(fine).is_ok(), "{fine}");
        }
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{3,30}") {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
