//! Reply: what a person's browser takes back to the application, and how.

use serde::{Deserialize, Serialize};
use url::form_urlencoded;

/// How an answer reaches the application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// Behind its address.
    #[default]
    Query,
    /// As a form that the browser posts there (OAuth 2.0 Form Post Response Mode).
    FormPost,
}

impl ResponseMode {
    pub const ALL: [Self; 2] = [Self::Query, Self::FormPost];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::FormPost => "form_post",
        }
    }

    /// Reads the wish of an application; without one it is the query.
    pub(super) fn read(text: Option<&str>) -> Option<Self> {
        let Some(text) = text else { return Some(Self::Query) };
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}

/// An answer to an application that is trusted to be where it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub redirect_uri: String,
    pub mode: ResponseMode,
    /// Names and values, in their order.
    pub said: Vec<(&'static str, String)>,
}

impl Reply {
    /// Where a browser goes with it: what was registered, and this behind it.
    pub fn location(&self) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        pairs.extend_pairs(&self.said);
        let joint = if self.redirect_uri.contains('?') { '&' } else { '?' };
        format!("{}{joint}{}", self.redirect_uri, pairs.finish())
    }
}
