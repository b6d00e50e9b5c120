//! Bodies: read whole, within a size and a time, as JSON or as a form.

use std::{pin::pin, time::Duration};

use axum::{
    body::{Body, HttpBody as _},
    extract::{FromRequest, Request},
    http::{
        HeaderMap,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
};
use bytes::{Bytes, BytesMut};
use domain::Secret;
use futures::FutureExt;
use http_body_util::{BodyExt, Limited};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::error::Category;
use tokio::time;

use crate::error::Error;

/// The body of an endpoint that takes credentials.
pub(super) const SMALL: usize = 8 * 1024;
/// The body of a GraphQL request.
pub(super) const LARGE: usize = 64 * 1024;
pub(super) const JSON: &str = "application/json";
pub(super) const FORM: &str = "application/x-www-form-urlencoded";
/// How long a body may take to come.
const PATIENCE: Duration = Duration::from_secs(15);
/// How much of a body that is refused for its size is read all the same, and for how long.
const DRAINED: usize = 4 * 1024 * 1024;
const LINGER: Duration = Duration::from_secs(2);

/// A small body, as JSON or as a form (for callers written by hand). Unknown members are ignored.
pub(super) struct Fields<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Fields<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let (parts, body) = request.into_parts();
        let read: fn(&[u8]) -> Result<T, Error> = if is_of_type(&parts.headers, JSON) {
            |body| json(body)
        } else if is_of_type(&parts.headers, FORM) {
            form
        } else {
            return Err(Error::UnsupportedMediaType);
        };
        read(&collect(&parts.headers, body, SMALL).await?).map(Self)
    }
}

/// Reads a JSON object, in place where `T` borrows.
pub(super) fn json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Error> {
    // Lists are read into structs too, member by member; nobody is told that they can be sent.
    if body.trim_ascii_start().first() == Some(&b'[') {
        return Err(Error::invalid("the body is a list, not an object"));
    }
    // Whatever is wrong with it, the answer does not repeat it.
    serde_json::from_slice(body).map_err(|error| {
        Error::invalid(match error.classify() {
            Category::Data => "a member is missing, repeated or of a wrong type",
            Category::Syntax | Category::Eof | Category::Io => "the body is not JSON",
        })
    })
}

fn form<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    // Two parameters of one name are refused, as RFC 6749 3.2 asks.
    serde_urlencoded::from_bytes(body)
        .map_err(|_| Error::invalid("a parameter is missing or repeated"))
}

/// Reads a body of at most `most` bytes.
pub(super) async fn collect(headers: &HeaderMap, body: Body, most: usize) -> Result<Bytes, Error> {
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > most) {
        drain(body).await;
        return Err(Error::TooLarge);
    }
    let mut reading = pin!(whole(body, most));
    // A small body nearly always came with its header; then no clock need be asked.
    if let Some(read) = reading.as_mut().now_or_never() {
        return read;
    }
    // A slow network is no fault of the credential in the body.
    time::timeout(PATIENCE, reading).await.unwrap_or(Err(Error::Overloaded))
}

async fn whole(mut body: Body, most: usize) -> Result<Bytes, Error> {
    let mut read = Read::Nothing;
    while !body.is_end_stream() {
        let Some(frame) = body.frame().await else { break };
        let frame = frame.map_err(|_| Error::invalid("the body was cut off"))?;
        // Trailers say nothing here.
        let Ok(data) = frame.into_data() else { continue };
        if read.len() + data.len() > most {
            return Err(Error::TooLarge);
        }
        read = read.and(data);
    }
    Ok(read.bytes())
}

/// What was read of a body: copied only where it came in pieces.
enum Read {
    Nothing,
    One(Bytes),
    Many(BytesMut),
}

impl Read {
    fn len(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::One(bytes) => bytes.len(),
            Self::Many(bytes) => bytes.len(),
        }
    }

    fn and(self, data: Bytes) -> Self {
        match self {
            Self::Nothing => Self::One(data),
            Self::One(first) => Self::Many(BytesMut::from(first)).and(data),
            Self::Many(mut bytes) => {
                bytes.extend_from_slice(&data);
                Self::Many(bytes)
            }
        }
    }

    fn bytes(self) -> Bytes {
        match self {
            Self::Nothing => Bytes::new(),
            Self::One(bytes) => bytes,
            Self::Many(bytes) => bytes.freeze(),
        }
    }
}

/// Reads on for a while and throws away what comes: a connection that is closed while its client
/// still sends is reset, and the client never sees the answer.
async fn drain(body: Body) {
    let mut body = Limited::new(body, DRAINED);
    let reading = async { while let Some(Ok(_)) = body.frame().await {} };
    // However it ends, the answer is the same.
    let _ = time::timeout(LINGER, reading).await;
}

/// Tells whether a body is of one media type, whatever its parameters, and of no other.
pub(super) fn is_of_type(headers: &HeaderMap, kind: &str) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let stated = types.next().and_then(|stated| stated.to_str().ok());
    let stated = stated.and_then(|stated| stated.split(';').next());
    stated.is_some_and(|stated| stated.trim().eq_ignore_ascii_case(kind)) && types.next().is_none()
}

/// Reads a text that must not be printed.
pub(super) fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Secret<String>, D::Error> {
    String::deserialize(from).map(Secret::new)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Named {
        name: String,
    }

    fn read(body: &str) -> Result<String, String> {
        let named = json::<Named>(body.as_bytes()).map(|named| named.name);
        named.map_err(|error| error.to_string())
    }

    #[test]
    fn an_object_is_read_and_its_other_members_ignored() {
        assert_eq!(read(r#" {"name":"Ada","age":36} "#).as_deref(), Ok("Ada"));
    }

    #[test]
    fn nothing_else_is_and_no_answer_repeats_it() {
        for body in [
            "",
            "Ada",
            "null",
            "[]",
            r#" ["Ada"]"#,
            r#""Ada""#,
            "{",
            r#"{"name":1}"#,
            r#"{"name":"Ada","name":"Ada"}"#,
            r#"{"name":"Ada"}{}"#,
            r#"{"name":"\ud800"}"#,
        ] {
            assert!(!read(body).unwrap_err().contains("Ada"), "{body}");
        }
    }

    #[tokio::test]
    async fn a_body_is_read_whole_in_however_many_pieces_it_comes_and_no_further_than_its_size() {
        let pieces = |pieces: &'static [&'static str]| {
            let pieces = pieces.iter().map(|piece| Ok::<_, std::io::Error>(*piece));
            Body::from_stream(futures::stream::iter(pieces))
        };
        for body in [pieces(&["abcd"]), pieces(&["a", "bc", "", "d"]), Body::from("abcd")] {
            assert_eq!(collect(&HeaderMap::new(), body, 4).await.unwrap(), "abcd");
        }
        assert_eq!(collect(&HeaderMap::new(), Body::empty(), 4).await.unwrap(), "");
        for body in [pieces(&["abcde"]), pieces(&["ab", "cde"]), Body::from("abcde")] {
            let refused = collect(&HeaderMap::new(), body, 4).await;
            assert!(matches!(refused, Err(Error::TooLarge)), "{refused:?}");
        }
    }

    #[test]
    fn a_media_type_is_known_in_any_case_and_with_parameters_but_only_once() {
        let of = |types: &[&'static str]| {
            let types = types.iter().map(|kind| (CONTENT_TYPE, HeaderValue::from_static(kind)));
            is_of_type(&types.collect(), JSON)
        };
        assert!(of(&["application/json"]) && of(&["Application/JSON; charset=utf-8"]));
        assert!(!of(&[]) && !of(&["text/plain"]) && !of(&["application/json", "text/plain"]));
    }

    #[test]
    fn a_form_names_each_parameter_once() {
        assert_eq!(form::<Named>(b"name=Ada+L&x=1").unwrap().name, "Ada L");
        assert!(form::<Named>(b"name=Ada&name=Bob").is_err());
        assert!(form::<Named>(b"").is_err());
    }
}
