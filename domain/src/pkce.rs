//! PKCE: whoever redeems a code proves that it was them who asked for it (RFC 7636).

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::Secret;

/// Why a text is neither a verifier nor a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPkce {
    /// In words, because who follows a guide that says "a UUID" sends 36 characters.
    #[error("it has 43 to 128 characters; a UUID is too short")]
    Length,
    #[error("it has only letters, digits and -._~ in it")]
    Character,
}

/// What was hidden until a code is redeemed (RFC 7636 4.1).
#[derive(Clone, Debug)]
pub struct CodeVerifier(Secret<String>);

/// BASE64URL(SHA-256(verifier)), as far as its sender got it right (RFC 7636 4.2).
///
/// Anything of the right alphabet and length is taken: what no verifier matches is refused when it
/// is compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeChallenge(String);

impl CodeVerifier {
    pub fn parse(text: &str) -> Result<Self, InvalidPkce> {
        unreserved(text).map(|()| Self(Secret::new(text.to_owned())))
    }

    /// The challenge by the method `S256`.
    pub fn challenge(&self) -> CodeChallenge {
        CodeChallenge(BASE64URL.encode(Sha256::digest(self.0.expose())))
    }
}

impl CodeChallenge {
    pub fn parse(text: &str) -> Result<Self, InvalidPkce> {
        unreserved(text).map(|()| Self(text.to_owned()))
    }

    /// Compares in constant time.
    pub fn is_met_by(&self, verifier: &CodeVerifier) -> bool {
        self.0.as_bytes().ct_eq(verifier.challenge().0.as_bytes()).into()
    }
}

impl fmt::Display for CodeChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn unreserved(text: &str) -> Result<(), InvalidPkce> {
    if !(43..=128).contains(&text.len()) {
        return Err(InvalidPkce::Length);
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if text.bytes().all(fits) { Ok(()) } else { Err(InvalidPkce::Character) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_of_appendix_b_holds() {
        let verifier = CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert_eq!(verifier.challenge().to_string(), challenge);
        assert!(CodeChallenge::parse(challenge).unwrap().is_met_by(&verifier));
    }

    #[test]
    fn a_challenge_in_hex_is_taken_and_met_by_nobody() {
        let hex = "086d23129028fba8a4850d77ed6bb0c3ef3a61b05dd03450edba8b24544a6275";
        let challenge = CodeChallenge::parse(hex).unwrap();
        assert!(!challenge.is_met_by(&CodeVerifier::parse(hex).unwrap()));
    }

    #[test]
    fn a_verifier_has_43_to_128_unreserved_characters() {
        for length in [0, 36, 42, 129, 100_000] {
            let text = "a".repeat(length);
            assert_eq!(CodeVerifier::parse(&text).unwrap_err(), InvalidPkce::Length, "{length}");
        }
        for length in [43, 86, 128] {
            assert!(CodeVerifier::parse(&"a".repeat(length)).is_ok(), "{length}");
        }
        for odd in ["+", "/", "=", " ", "%", "\0", "é"] {
            let text = format!("{}{odd}", "a".repeat(43));
            assert_eq!(CodeVerifier::parse(&text).unwrap_err(), InvalidPkce::Character, "{odd}");
        }
    }
}
