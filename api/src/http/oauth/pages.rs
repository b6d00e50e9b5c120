//! Pages: what people see. Written by the server, without a script.
//!
//! No page of somebody else may show them in a frame, and a form leads to nowhere but here and
//! where the application was promised an answer.

use askama::Template;
use axum::{
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_FRAME_OPTIONS,
        },
    },
    response::{IntoResponse, Response},
};
use domain::scope::OauthScope;
use url::Url;

use crate::error::Error;

const STYLE: &str = include_str!("../../../templates/pages.css");

#[derive(Template)]
#[template(path = "login.html")]
pub(in crate::http) struct LoginPage<'a> {
    /// What the person is on their way to; empty for nowhere in particular.
    pub(in crate::http) handle: &'a str,
    pub(in crate::http) application: Option<&'a str>,
    pub(in crate::http) name: &'a str,
    pub(in crate::http) problem: Option<&'a str>,
    /// Whether anybody may make an account.
    pub(in crate::http) open: bool,
    /// Where people of the identity provider sign in, where there is one.
    pub(in crate::http) provider: Option<Url>,
}

#[derive(Template)]
#[template(path = "sign_up.html")]
pub(in crate::http) struct SignUpPage<'a> {
    /// What the person is on their way to; empty for nowhere in particular.
    pub(in crate::http) handle: &'a str,
    pub(in crate::http) name: &'a str,
    pub(in crate::http) problem: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "consent.html")]
pub(super) struct ConsentPage<'a> {
    pub(super) application: &'a str,
    pub(super) homepage: Option<&'a str>,
    pub(super) username: &'a str,
    pub(super) wishes: Vec<&'static str>,
    /// Where the person goes afterwards, in words.
    pub(super) destination: String,
    pub(super) handle: &'a str,
    pub(super) token: &'a str,
}

/// Without a script the browser posts nothing by itself, so the person does.
#[derive(Template)]
#[template(path = "form_post.html")]
pub(super) struct FormPostPage<'a> {
    pub(super) redirect_uri: &'a str,
    pub(super) said: &'a [(&'static str, String)],
    /// Where the person goes, in words.
    pub(super) destination: String,
}

#[derive(Template)]
#[template(path = "error.html")]
pub(super) struct ErrorPage<'a> {
    pub(super) description: &'a str,
}

#[derive(Template)]
#[template(path = "applications.html")]
pub(super) struct ApplicationsPage {
    pub(super) username: String,
    pub(super) applications: Vec<Application>,
    pub(super) token: String,
}

/// One application on the page of applications.
pub(super) struct Application {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) since: String,
    pub(super) wishes: Vec<&'static str>,
}

/// Writes a page whose forms may lead to `target`, beside this service.
pub(in crate::http) fn page(
    status: StatusCode,
    template: &impl Template,
    target: Option<&str>,
) -> Result<Response, Error> {
    let text = template.render().map_err(|error| Error::Internal(error.into()))?;
    let target = target.and_then(source).map(|source| format!(" {source}")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src 'self'; form-action 'self'{target}; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    let policy = HeaderValue::from_str(&policy).map_err(|error| Error::Internal(error.into()))?;
    let headers: [(HeaderName, HeaderValue); 5] = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, policy),
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        // The form's own origin is told to this service, and to nobody where it came from.
        (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((status, headers, text).into_response())
}

pub(super) async fn style() -> impl IntoResponse {
    let headers =
        [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")];
    (headers, STYLE)
}

/// The source expression that allows `uri` (CSP 3 2.3.1), which knows no IPv6 address.
fn source(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    let bare = !matches!(url.scheme(), "http" | "https") || uri.contains('[');
    Some(if bare { format!("{}:", url.scheme()) } else { url.origin().ascii_serialization() })
}

/// Where a person goes, as far as they can make sense of it.
pub(super) fn destination(uri: &str) -> String {
    match Url::parse(uri) {
        Ok(url) if url.scheme() == "https" => url.host_str().unwrap_or_default().to_owned(),
        Ok(url) if url.scheme() == "http" => "a program on this computer".to_owned(),
        Ok(url) => format!("the program on this computer that opens {}: links", url.scheme()),
        Err(_) => String::new(),
    }
}

/// What a scope means to the person who gives it.
pub(super) fn wish(scope: OauthScope) -> Option<&'static str> {
    match scope {
        OauthScope::Openid => Some("Know that you signed in here"),
        OauthScope::Profile => Some("See your user name"),
        OauthScope::Email => Some("See your e-mail address"),
        // Every consent lasts until it is taken back, and the page says so.
        OauthScope::OfflineAccess => None,
        OauthScope::Graphql => Some("See who you are and which workspaces you belong to"),
        OauthScope::TokensRead => Some("See the agent tokens of your workspaces"),
        OauthScope::TokensManage => Some("Create, rename and revoke agent tokens"),
        OauthScope::AccountsRead => Some("See your connected accounts"),
        OauthScope::AccountsManage => Some("Connect and disconnect accounts"),
        OauthScope::MembersManage => Some("Add and remove members of your workspaces"),
        OauthScope::AuditRead => Some("Read the history of your workspaces"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_may_lead_where_the_application_is_answered() {
        for (uri, expected) in [
            ("https://app.example/cb?x=1", "https://app.example"),
            ("http://localhost:1337/callback", "http://localhost:1337"),
            ("http://[::1]:5/cb", "http:"),
            ("nxm://oauth/callback", "nxm:"),
            ("com.example.app:/cb", "com.example.app:"),
        ] {
            assert_eq!(source(uri).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_people_typed_is_shown_as_text() {
        let page = LoginPage {
            handle: "",
            application: Some("<script>alert(1)</script>"),
            name: "\"><b>",
            problem: None,
            open: true,
            provider: None,
        };
        let text = page.render().unwrap();
        assert!(!text.contains("<script") && !text.contains("\"><b>"), "{text}");
    }
}
