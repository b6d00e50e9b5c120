//! What the identity provider says of a person; sealed wherever it lies.

use serde::{Deserialize, Serialize};

use crate::text::is_unprintable;

/// Names and addresses of a person. A text that cannot be shown or is too long is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub email: Option<String>,
    /// Where a picture of them is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub image: Option<String>,
}

impl Profile {
    /// The most bytes of one text.
    const MOST: usize = 1_024;

    /// Returns `text` as it may be shown, if it may.
    pub fn shown(text: &str) -> Option<String> {
        let text = text.trim();
        let fits = !text.is_empty() && text.len() <= Self::MOST;
        (fits && !text.chars().any(is_unprintable)).then(|| text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_shown_is_left_out() {
        assert_eq!(Profile::shown(" Ada ").as_deref(), Some("Ada"));
        for wrong in ["", "  ", "a\0b", "a\u{202e}b", &"x".repeat(1_025)] {
            assert_eq!(Profile::shown(wrong), None);
        }
    }
}
