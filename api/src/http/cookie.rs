//! The cookie of a login with a browser.
//!
//! Sent over TLS alone and to this host alone, which the prefix `__Host-` lets browsers enforce;
//! a service on somebody's own machine, over plain HTTP on loopback, does without both.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};
use cookie::{Cookie, SameSite};
use domain::Secret;
use url::Url;

use crate::{app::App, origin};

const NAME: &str = "keyledger";
const GUARDED_NAME: &str = "__Host-keyledger";

/// How this service's browsers keep a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LoginCookie {
    guarded: bool,
}

impl LoginCookie {
    pub(crate) fn of(app: &App) -> Self {
        Self::at(app.settings.public_url.as_ref())
    }

    fn at(address: Option<&Url>) -> Self {
        let plain = |url: &Url| url.scheme() == "http" && origin::is_loopback(url);
        Self { guarded: !address.is_some_and(plain) }
    }

    const fn name(self) -> &'static str {
        if self.guarded { GUARDED_NAME } else { NAME }
    }

    /// Returns the cookie that came with a request; none where there are two, since which one
    /// counts must not be a guess.
    pub(crate) fn read(self, headers: &HeaderMap) -> Option<Secret<String>> {
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut found = lines
            .flat_map(|line| Cookie::split_parse(line).filter_map(Result::ok))
            .filter(|cookie| cookie.name() == self.name());
        let only = found.next().filter(|_| found.next().is_none())?;
        Some(Secret::new(only.value().to_owned()))
    }

    /// `Set-Cookie` of a login that lasts for `ttl`.
    pub(super) fn set(self, value: &Secret<String>, ttl: Duration) -> HeaderValue {
        let ttl = ttl.as_secs().try_into().unwrap_or(i64::MAX);
        self.write(value.expose(), ttl)
    }

    /// `Set-Cookie` that takes it away.
    pub(super) fn clear(self) -> HeaderValue {
        self.write("", 0)
    }

    fn write(self, value: &str, max_age_s: i64) -> HeaderValue {
        let cookie = Cookie::build((self.name(), value))
            .path("/")
            .secure(self.guarded)
            .http_only(true)
            .same_site(SameSite::Lax)
            .max_age(cookie::time::Duration::seconds(max_age_s));
        let mut line = HeaderValue::from_str(&cookie.to_string()).expect("a token is plain ASCII");
        line.set_sensitive(true);
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> LoginCookie {
        LoginCookie::at(Some(&address.parse().unwrap()))
    }

    fn read(cookie: LoginCookie, lines: &[&'static str]) -> Option<String> {
        let lines = lines.iter().map(|line| (COOKIE, HeaderValue::from_static(line)));
        cookie.read(&lines.collect()).map(|value| value.expose().clone())
    }

    #[test]
    fn it_is_guarded_everywhere_but_over_plain_http_on_loopback() {
        let set = |address| at(address).set(&Secret::new("nxl_1".into()), Duration::from_mins(1));
        assert_eq!(
            set("https://keys.example"),
            "__Host-keyledger=nxl_1; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60"
        );
        assert_eq!(set("http://keys.example"), set("https://keys.example"));
        assert_eq!(
            set("http://127.0.0.1:8080"),
            "keyledger=nxl_1; HttpOnly; SameSite=Lax; Path=/; Max-Age=60"
        );
        assert!(set("https://keys.example").is_sensitive());
    }

    #[test]
    fn it_is_found_among_others_and_only_under_its_own_name() {
        let own = at("http://localhost:8080");
        assert_eq!(read(own, &["a=b; keyledger=nxl_1; c=d"]).as_deref(), Some("nxl_1"));
        assert_eq!(read(own, &["a=b", "keyledger=nxl_1"]).as_deref(), Some("nxl_1"));
        assert_eq!(read(own, &["__Host-keyledger=nxl_1"]), None);
        assert_eq!(read(at("https://keys.example"), &["keyledger=nxl_1"]), None);
        assert_eq!(read(own, &["keyledger=nxl_1; keyledger=nxl_2"]), None);
        assert_eq!(read(own, &[]), None);
    }
}
