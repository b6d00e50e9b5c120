//! Policy: what a page of ours may load and do, and who may frame it.

use axum::http::{
    HeaderName, HeaderValue,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_FRAME_OPTIONS,
    },
};

const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// The headers of a page: nothing from elsewhere, no script or markup that was not built, styles
/// at run time only by those who know the nonce.
pub(super) fn of_page(nonce: &str) -> [(HeaderName, HeaderValue); 6] {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    );
    [
        (CONTENT_SECURITY_POLICY, HeaderValue::from_str(&policy).expect("a nonce is hex digits")),
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        // It says who may register, and a browser must not show it again as it stood.
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (OPENER, HeaderValue::from_static("same-origin")),
    ]
}
