//! The code itself: six characters that a person reads off one screen and types into another.

use serde::{Deserialize, Serialize};

use crate::Secret;

/// How many characters a code has.
pub const LENGTH: usize = 6;

const DIGITS: &[u8; 10] = b"0123456789";
/// Douglas Crockford's base 32: no `I`, `L`, `O` and `U`.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What a code is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alphabet {
    /// Six digits: one in a million, so that guesses must be counted.
    Digits,
    /// Six of 32 letters and digits, a letter at least: one in a billion.
    Crockford,
}

/// A pairing code, as it is written: guessable, and a secret while it lives.
#[derive(Clone, Debug)]
pub struct Code(Secret<String>);

/// What was typed can be no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a pairing code has six digits, or six letters and digits")]
pub struct InvalidCode;

impl Code {
    /// Makes a code of 128 random bits.
    pub fn draw(alphabet: Alphabet, random: &Secret<[u8; 16]>) -> Self {
        let bits = u128::from_be_bytes(*random.expose());
        Self(Secret::new(match alphabet {
            Alphabet::Digits => format!("{:06}", bits % 1_000_000),
            Alphabet::Crockford => crockford(bits),
        }))
    }

    /// Reads what somebody typed: in any case, with spaces and dashes, and with the letters that
    /// Crockford's alphabet takes for digits.
    pub fn parse(text: &str) -> Result<Self, InvalidCode> {
        let typed = text.chars().filter(|letter| !matches!(letter, ' ' | '-'));
        let mut code = String::with_capacity(LENGTH);
        for letter in typed {
            let letter = match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                letter => letter,
            };
            let known = u8::try_from(letter).is_ok_and(|letter| CROCKFORD.contains(&letter));
            if !known || code.len() == LENGTH {
                return Err(InvalidCode);
            }
            code.push(letter);
        }
        if code.len() == LENGTH { Ok(Self(Secret::new(code))) } else { Err(InvalidCode) }
    }

    /// The six characters.
    pub const fn text(&self) -> &Secret<String> {
        &self.0
    }

    /// Which alphabet it is of: digits alone are never of Crockford's.
    pub fn alphabet(&self) -> Alphabet {
        if self.0.expose().bytes().all(|letter| DIGITS.contains(&letter)) {
            Alphabet::Digits
        } else {
            Alphabet::Crockford
        }
    }
}

/// Six of the alphabet; where chance gives digits alone, the last becomes a letter.
fn crockford(bits: u128) -> String {
    let symbol = |index: u128| char::from(CROCKFORD[usize::try_from(index).unwrap_or_default()]);
    let mut code: String = (0..LENGTH).map(|place| symbol(bits >> (5 * place) & 31)).collect();
    if code.bytes().all(|letter| DIGITS.contains(&letter)) {
        code.pop();
        code.push(symbol(10 + (bits >> 64) % 22));
    }
    code
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<String, InvalidCode> {
        Code::parse(text).map(|code| code.text().expose().clone())
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        assert_eq!(read("123456").as_deref(), Ok("123456"));
        assert_eq!(read(" 123-456 ").as_deref(), Ok("123456"));
        assert_eq!(read("abc-dez").as_deref(), Ok("ABCDEZ"));
        assert_eq!(read("oil00o").as_deref(), Ok("011000"));
    }

    #[test]
    fn anything_else_is_no_code() {
        for wrong in ["", "12345", "1234567", "12345u", "12345é", "１２３４５６", "12345\0"]
        {
            assert_eq!(read(wrong), Err(InvalidCode), "{wrong}");
        }
    }

    #[test]
    fn a_code_does_not_print() {
        assert!(!format!("{:?}", Code::parse("123456").unwrap()).contains("123456"));
    }

    proptest! {
        #[test]
        fn what_is_drawn_is_read_again_and_tells_its_alphabet(random: [u8; 16]) {
            for alphabet in [Alphabet::Digits, Alphabet::Crockford] {
                let code = Code::draw(alphabet, &Secret::new(random));
                prop_assert_eq!(code.alphabet(), alphabet);
                prop_assert_eq!(&read(code.text().expose()).unwrap(), code.text().expose());
            }
        }
    }

    #[test]
    fn chance_that_gives_digits_alone_is_corrected() {
        let code = Code::draw(Alphabet::Crockford, &Secret::new([0; 16]));
        assert_eq!(code.text().expose(), "00000A");
    }
}
