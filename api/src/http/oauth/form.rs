//! Forms of OAuth: parameters that come once, in UTF-8, or not at all (RFC 6749 3.2).

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::HeaderMap,
};
use domain::Secret;
use zeroize::Zeroize;

use super::super::body::{FORM, SMALL, collect, is_of_type};
use crate::{app::oauth::refused, error::Error};

/// The parameters of a request, each once. An empty one is none.
pub(super) struct Form {
    pairs: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
}

impl Form {
    /// Takes a parameter that may be left out.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let place = self.pairs.iter().position(|(known, _)| known == name)?;
        Some(self.pairs.swap_remove(place).1).filter(|value| !value.is_empty())
    }

    pub(super) fn take_secret(&mut self, name: &str) -> Option<Secret<String>> {
        self.take(name).map(Secret::new)
    }

    /// Takes a parameter that must be there.
    pub(super) fn require(&mut self, name: &'static str) -> Result<String, Error> {
        self.take(name)
            .ok_or_else(|| refused("invalid_request", format!("the parameter {name} is missing")))
    }

    pub(super) fn peek(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

impl Drop for Form {
    fn drop(&mut self) {
        for (_, value) in &mut self.pairs {
            value.zeroize();
        }
    }
}

impl<S: Sync> FromRequest<S> for Form {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let (parts, body) = request.into_parts();
        let pairs = pairs_of(&parts.headers, body).await?;
        let mut names: Vec<_> = pairs.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(refused("invalid_request", "a parameter is repeated"));
        }
        Ok(Self { pairs, headers: parts.headers })
    }
}

/// Reads the body as pairs, repeated ones included.
pub(super) async fn pairs_of(
    headers: &HeaderMap,
    body: Body,
) -> Result<Vec<(String, String)>, Error> {
    if !is_of_type(headers, FORM) {
        return Err(Error::FormExpected);
    }
    pairs(&collect(headers, body, SMALL).await?)
}

/// Reads pairs strictly: what is not UTF-8, and U+0000, is refused rather than mended.
pub(super) fn pairs(text: &[u8]) -> Result<Vec<(String, String)>, Error> {
    let malformed = || refused("invalid_request", "the parameters are not a form in UTF-8");
    let mut pairs = vec![];
    for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
            Some(place) => (&pair[..place], &pair[place + 1..]),
            None => (pair, &b""[..]),
        };
        let (name, value) = (decode(name), decode(value));
        pairs.push((name.ok_or_else(malformed)?, value.ok_or_else(malformed)?));
    }
    Ok(pairs)
}

/// Undoes percent-encoding, strictly.
pub(super) fn decode(text: &[u8]) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        rest = tail;
        decoded.push(match first {
            b'+' => b' ',
            b'%' => {
                let [high, low, tail @ ..] = tail else { return None };
                rest = tail;
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                u8::try_from(digit(high)? << 4 | digit(low)?).ok()?
            }
            byte => *byte,
        });
    }
    String::from_utf8(decoded).ok().filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_strictly() {
        let read = |text: &str| pairs(text.as_bytes());
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            read("a=b+c&d=%C3%A9&e").unwrap(),
            [pair("a", "b c"), pair("d", "é"), pair("e", "")]
        );
        for wrong in ["a=%00", "a=%ff", "a=%", "a=%4", "a=%zz", "%00=b", "a=%c3%28"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
