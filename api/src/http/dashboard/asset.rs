//! Assets: scripts, styles and fonts, compressed when they were built.

use axum::{
    body::Body,
    extract::Path,
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY},
    },
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

use crate::error::Error;

/// What `npm run build` wrote; empty where there was no Node.
#[derive(RustEmbed)]
#[folder = "../dashboard/dist"]
pub(super) struct Built;

/// The codings that assets are built in, the smallest first, and what their files end with.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// What the build makes, by the end of its name.
const TYPES: [(&str, &str); 5] = [
    (".js", "text/javascript; charset=utf-8"),
    (".css", "text/css; charset=utf-8"),
    (".svg", "image/svg+xml"),
    (".woff2", "font/woff2"),
    (".json", "application/json"),
];

/// A name with a hash in it never means anything else.
const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

pub(super) async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Error> {
    let kind = TYPES.iter().find(|(end, _)| name.ends_with(end)).ok_or(Error::NotFound)?.1;
    let path = format!("assets/{name}");
    let mut answer: Vec<(HeaderName, HeaderValue)> = vec![
        (CACHE_CONTROL, FOR_GOOD),
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (VARY, HeaderValue::from_static("Accept-Encoding")),
    ];
    let accepted = CODINGS.iter().filter(|(coding, _)| accepts(&headers, coding));
    for (coding, end) in accepted {
        if let Some(file) = Built::get(&format!("{path}{end}")) {
            answer.push((CONTENT_ENCODING, HeaderValue::from_static(coding)));
            return Ok(
                (axum::response::AppendHeaders(answer), Body::from(file.data)).into_response()
            );
        }
    }
    let file = Built::get(&path).ok_or(Error::NotFound)?;
    Ok((axum::response::AppendHeaders(answer), Body::from(file.data)).into_response())
}

/// Tells whether a coding is accepted (RFC 9110 12.5.3). What is refused is not sent; between
/// those that are accepted it is ours to choose.
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|stated| {
        let (name, quality) = stated.split_once(';').unwrap_or((stated, ""));
        let quality = quality.trim().strip_prefix("q=").unwrap_or("1");
        name.trim().eq_ignore_ascii_case(coding) && quality.parse::<f32>().is_ok_and(|it| it > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(line: &'static str, coding: &str) -> bool {
        accepts(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(line))]), coding)
    }

    #[test]
    fn a_coding_is_accepted_where_it_is_named_and_not_refused() {
        assert!(accepting("gzip, deflate, br, zstd", "br"));
        assert!(accepting("gzip;q=0.5", "gzip"));
        assert!(!accepting("br;q=0, gzip", "br"));
        assert!(!accepting("brotli", "br"));
        assert!(!accepts(&HeaderMap::new(), "br"));
    }
}
