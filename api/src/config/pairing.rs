//! What pairing codes are like.

use std::{fmt, str::FromStr, time::Duration};

use domain::pairing_code::Alphabet;

use super::reader::Reader;

#[derive(Clone, Debug)]
pub struct PairingSettings {
    /// Of the deep link that opens the desktop app.
    pub scheme: Scheme,
    pub code_ttl: Duration,
    /// Of new codes; digits give way to the other by themselves once they are guessed at.
    pub alphabet: Alphabet,
}

/// The scheme of a URL (RFC 3986 3.1), in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme(String);

/// The text is no scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scheme such as nexmod: a letter, then letters, digits, `+`, `-` and `.`")]
pub struct InvalidScheme;

impl FromStr for Scheme {
    type Err = InvalidScheme;

    fn from_str(text: &str) -> Result<Self, InvalidScheme> {
        let scheme = text.to_ascii_lowercase();
        let begins = scheme.starts_with(|first: char| first.is_ascii_lowercase());
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || "+-.".contains(letter);
        if begins && scheme.chars().all(allowed) { Ok(Self(scheme)) } else { Err(InvalidScheme) }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(super) fn read(reader: &mut Reader) -> PairingSettings {
    PairingSettings {
        scheme: reader.parse("PAIRING_SCHEME", Scheme("nexmod".to_owned())),
        code_ttl: reader.seconds("PAIRING_CODE_TTL", 300, 60..=900),
        alphabet: reader.choice(
            "PAIRING_ALPHABET",
            &[("digits", Alphabet::Digits), ("crockford", Alphabet::Crockford)],
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_is_a_word_that_a_url_can_begin_with() {
        assert_eq!("NexMod".parse(), Ok(Scheme("nexmod".into())));
        for wrong in ["", "1x", "ne xmod", "nexmod:", "nexmöd"] {
            assert_eq!(Scheme::from_str(wrong), Err(InvalidScheme), "{wrong}");
        }
    }
}
