//! Base62 of fixed width: the digits of a big-endian number, `0-9A-Za-z`.
//!
//! Each value has exactly one text, so a token or id cannot be respelled.

use uuid::Uuid;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Digits of 16 bytes.
pub const UUID_WIDTH: usize = 22;

/// Bytes of the largest number; a token's secret.
const LARGEST: usize = 32;
/// Digits worked off at once: as many as let a step fit in 64 bits.
const WRITTEN: usize = 5;
const READ: usize = 10;

/// Writes `bytes`, read as one number, in exactly `width` digits.
///
/// # Panics
///
/// If there are more than 32 bytes, or the number needs more digits than that.
pub fn encode(bytes: &[u8], width: usize) -> String {
    assert!(bytes.len() <= LARGEST, "no number here is that long");
    let mut limbs = [0_u32; LARGEST / 4];
    for (limb, chunk) in limbs.iter_mut().rev().zip(bytes.rchunks(4)) {
        *limb = chunk.iter().fold(0, |limb, byte| limb << 8 | u32::from(*byte));
    }
    let mut number = limbs.as_mut_slice();
    let mut digits = vec![b'0'; width];
    for chunk in digits.rchunks_mut(WRITTEN) {
        // The number gets shorter as it is divided; what is zero stays zero.
        while let [0, rest @ ..] = number {
            number = rest;
        }
        let mut remainder = divide(number, power(chunk.len()));
        for digit in chunk.iter_mut().rev() {
            *digit = DIGITS[usize::try_from(remainder % 62).expect("less than 62")];
            remainder /= 62;
        }
    }
    assert!(number.iter().all(|limb| *limb == 0), "the number is wider than its text");
    String::from_utf8(digits).expect("digits are ASCII")
}

/// Reads digits into `N` bytes, at most 32; `None` for a foreign character or a number too large.
pub fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut limbs = [0_u64; LARGEST / 8];
    for chunk in text.as_bytes().chunks(READ) {
        let mut carry = 0;
        for character in chunk {
            carry = carry * 62 + u128::from(digit(*character)?);
        }
        let factor = u128::from(power(chunk.len()));
        for limb in limbs.iter_mut().rev() {
            let value = u128::from(*limb) * factor + carry;
            *limb = (value & 0xffff_ffff_ffff_ffff) as u64;
            carry = value >> 64;
        }
        if carry != 0 {
            return None;
        }
    }
    let mut bytes = [0; LARGEST];
    for (place, limb) in bytes.chunks_exact_mut(8).zip(limbs) {
        place.copy_from_slice(&limb.to_be_bytes());
    }
    let (above, number) = bytes.split_last_chunk::<N>()?;
    above.iter().all(|byte| *byte == 0).then_some(*number)
}

/// Divides a number in place; returns the remainder. `by` is less than 2³².
fn divide(limbs: &mut [u32], by: u64) -> u64 {
    limbs.iter_mut().fold(0, |remainder, limb| {
        let value = remainder << 32 | u64::from(*limb);
        *limb = u32::try_from(value / by).expect("the remainder is below the divisor");
        value % by
    })
}

/// 62 to the power of `digits`, at most ten.
const fn power(digits: usize) -> u64 {
    const POWERS: [u64; READ + 1] = {
        let mut powers = [1; READ + 1];
        let mut place = 1;
        while place <= READ {
            powers[place] = powers[place - 1] * 62;
            place += 1;
        }
        powers
    };
    POWERS[digits]
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
    fn each_value_has_one_text_and_each_text_one_value() {
        let mut value = [0_u8; 32];
        for step in 0..1000_u16 {
            let place = usize::from(step) % 32;
            value[place] =
                value[place].wrapping_mul(31).wrapping_add(u8::try_from(step % 251).unwrap());
            let text = encode(&value, 43);
            assert_eq!(decode(&text), Some(value));
            let half: [u8; 16] = value[..16].try_into().unwrap();
            assert_eq!(decode(&encode(&half, 22)), Some(half));
        }
        assert_eq!(encode(&[0, 0, 0, 61], 6), "00000z");
        assert_eq!(encode(&[0, 0, 0, 62], 6), "000010");
        assert_eq!(decode(""), Some([0; 16]));
    }

    #[test]
    fn a_number_too_large_or_a_foreign_character_is_refused() {
        assert_eq!(decode::<4>("4gfFC4"), None);
        assert_eq!(decode::<4>("4gf-C3"), None);
        assert_eq!(decode::<16>(&encode(&[0xff; 17], 43)), None);
        assert_eq!(decode::<32>(&"z".repeat(43)), None);
    }
}
