//! What the service answered, and the sentences tests say about it.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// Status, headers and body of one answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
    /// The body as JSON; null where it is none.
    pub json: Value,
}

impl Answer {
    pub(crate) async fn read(response: reqwest::Response) -> reqwest::Result<Self> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let json = serde_json::from_str(&text).unwrap_or_default();
        Ok(Self { status, headers, text, json })
    }

    /// A member of the body by JSON pointer; null where there is none.
    pub fn at(&self, pointer: &str) -> &Value {
        self.json.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// A text in the body by JSON pointer.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[track_caller]
    pub fn text_at(&self, pointer: &str) -> String {
        match self.at(pointer) {
            Value::String(text) => text.clone(),
            other => panic!("no text at {pointer} but {other}: {} {}", self.status, self.text),
        }
    }

    /// A header's value, empty where it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default()
    }

    /// Claims that it has this status.
    ///
    /// # Panics
    ///
    /// If it has another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Claims that it is a refusal in the one shape all refusals have.
    ///
    /// # Panics
    ///
    /// If it is not, or says anything of the request or of our insides.
    #[track_caller]
    pub fn expect_refusal(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.at("/error"), code, "{}", answer.text);
        let description = answer.text_at("/error_description");
        assert!(description.ends_with('.') || description.len() > 10, "`{description}`");
        let request_id = answer.text_at("/request_id");
        assert_eq!(request_id, answer.header("x-request-id"), "{}", answer.text);
        if status == 401 {
            assert!(!answer.header("www-authenticate").is_empty(), "401 without a challenge");
        }
        if matches!(status, 429 | 503) {
            let after = answer.header("retry-after");
            assert!(after.parse::<u64>().is_ok_and(|it| it > 0), "Retry-After: `{after}`");
        }
        answer
    }

    /// Claims that no cache may keep it.
    ///
    /// # Panics
    ///
    /// If one may.
    #[track_caller]
    pub fn expect_uncacheable(self) -> Self {
        assert_eq!(self.header("cache-control"), "no-store");
        assert_eq!(self.header("pragma"), "no-cache");
        self
    }

    /// Claims that it is a GraphQL answer without errors.
    ///
    /// # Panics
    ///
    /// If it has errors.
    #[track_caller]
    pub fn expect_data(self) -> Self {
        let answer = self.expect(200);
        assert!(answer.at("/errors").is_null(), "{}", answer.text);
        answer
    }

    /// Claims that it is a GraphQL answer whose first error has this code.
    ///
    /// # Panics
    ///
    /// If it has none, or another.
    #[track_caller]
    pub fn expect_error(self, code: &str) -> Self {
        assert_eq!(self.at("/errors/0/extensions/code"), code, "{}", self.text);
        self
    }
}
