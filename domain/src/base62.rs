//! Base62 of fixed width: the digits of a big-endian number, `0-9A-Za-z`.
//!
//! Each value has exactly one text, so a token or id cannot be respelled.

use uuid::Uuid;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Digits of 16 bytes.
pub const UUID_WIDTH: usize = 22;

/// Writes `bytes`, read as one number, in exactly `width` digits.
///
/// # Panics
///
/// If the number needs more digits than that.
pub fn encode(bytes: &[u8], width: usize) -> String {
    let mut number = bytes.to_vec();
    let mut digits = vec![b'0'; width];
    for digit in digits.iter_mut().rev() {
        let mut remainder = 0_u16;
        for byte in &mut number {
            let value = (remainder << 8) | u16::from(*byte);
            *byte = u8::try_from(value / 62).expect("less than 256: the remainder is below 62");
            remainder = value % 62;
        }
        *digit = DIGITS[usize::from(remainder)];
    }
    assert!(number.iter().all(|byte| *byte == 0), "the number is wider than its text");
    String::from_utf8(digits).expect("digits are ASCII")
}

/// Reads digits into `N` bytes; `None` for a foreign character or a number too large.
pub fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0_u8; N];
    for character in text.bytes() {
        let mut carry = u16::from(digit(character)?);
        for byte in bytes.iter_mut().rev() {
            let value = u16::from(*byte) * 62 + carry;
            *byte = (value & 0xff) as u8;
            carry = value >> 8;
        }
        if carry != 0 {
            return None;
        }
    }
    Some(bytes)
}

/// Writes a UUID in [`UUID_WIDTH`] digits.
pub fn encode_uuid(uuid: Uuid) -> String {
    encode(uuid.as_bytes(), UUID_WIDTH)
}

/// Reads what [`encode_uuid`] wrote, and nothing else.
pub fn decode_uuid(text: &str) -> Option<Uuid> {
    (text.len() == UUID_WIDTH).then(|| decode(text).map(Uuid::from_bytes))?
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'A'..=b'Z' => Some(character - b'A' + 10),
        b'a'..=b'z' => Some(character - b'a' + 36),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_values_fill_their_width() {
        assert_eq!(encode(&[0xff; 16], 22).len(), 22);
        assert_eq!(encode(&[0xff; 32], 43).len(), 43);
        assert_eq!(encode(&u32::MAX.to_be_bytes(), 6), "4gfFC3");
        assert_eq!(decode(&encode(&[0xff; 32], 43)), Some([0xff; 32]));
    }

    #[test]
    fn a_number_too_large_or_a_foreign_character_is_refused() {
        assert_eq!(decode::<4>("4gfFC4"), None);
        assert_eq!(decode::<4>("4gf-C3"), None);
    }
}
