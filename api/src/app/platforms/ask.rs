//! Asking a platform: for a person's consent, for tokens, for whose they are, to forget them.

use domain::{Secret, Time, connected_account::FailureCode, platform::PlatformScopes};
use futures::future::BoxFuture;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use oauth2::{
    AsyncHttpClient, AuthType, AuthorizationCode, Client, ClientId, ClientSecret, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RefreshToken, RequestTokenError, StandardRevocableToken, TokenUrl,
    basic::BasicTokenIntrospectionResponse,
};
use url::Url;

use super::{
    ClientAuth, Identity, Platform, Revoked, Rotation, Tokens,
    answer::{self, Refused, TokenAnswer},
};
use crate::app::outbound::{Outbound, OutboundError};

/// Why a platform did not do its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the provider did not do its part: {}", code.as_str())]
pub struct ProviderFailure {
    pub code: FailureCode,
}

type TokenClient = Client<
    Refused,
    TokenAnswer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    Refused,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// Our bounded client, as the library wants one.
struct Http<'a>(&'a Outbound);

impl<'c> AsyncHttpClient<'c> for Http<'_> {
    type Error = OutboundError;
    type Future = BoxFuture<'c, Result<HttpResponse, OutboundError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.0.send(request))
    }
}

impl Platform {
    /// Where a browser goes to give its person's consent.
    pub fn authorization_url(
        &self,
        redirect_uri: &Url,
        scopes: &PlatformScopes,
        state: &Secret<String>,
        verifier: &Secret<String>,
    ) -> Url {
        let mut url = self.description.authorization_endpoint.clone();
        let scope = scopes.iter().collect::<Vec<_>>().join(&self.description.scope_separator);
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", redirect_uri.as_str())
            .append_pair("scope", &scope)
            .append_pair("state", state.expose());
        if self.description.pkce {
            let verifier = PkceCodeVerifier::new(verifier.expose().clone());
            let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
            query
                .append_pair("code_challenge", challenge.as_str())
                .append_pair("code_challenge_method", "S256");
        }
        query.extend_pairs(&self.description.authorization_parameters);
        drop(query);
        url
    }

    /// Spends a code.
    pub async fn exchange(
        &self,
        code: &Secret<String>,
        redirect_uri: &Url,
        verifier: &Secret<String>,
        asked: &PlatformScopes,
        now: Time,
    ) -> Result<Tokens, ProviderFailure> {
        let redirect = RedirectUrl::from_url(redirect_uri.clone());
        let client = self.client().set_redirect_uri(redirect);
        let mut request = client.exchange_code(AuthorizationCode::new(code.expose().clone()));
        if self.description.pkce {
            let verifier = PkceCodeVerifier::new(verifier.expose().clone());
            request = request.set_pkce_verifier(verifier);
        }
        let http = Http(&self.outbound);
        let answer = request.request_async(&http).await;
        let answer = answer.map_err(|error| self.failed(&error))?;
        answer.granted(now, asked, None).ok_or(failure(FailureCode::Malformed))
    }

    /// Spends a refresh token.
    ///
    /// # Errors
    ///
    /// [`FailureCode::InvalidGrant`] if what was granted is over; anything else may pass.
    pub async fn refresh(&self, tokens: &Tokens, now: Time) -> Result<Tokens, ProviderFailure> {
        let Some(token) = &tokens.refresh else {
            return Err(failure(FailureCode::NoRefreshToken));
        };
        let token = RefreshToken::new(token.expose().clone());
        let (client, http) = (self.client(), Http(&self.outbound));
        let answer = client.exchange_refresh_token(&token).request_async(&http).await;
        let answer = answer.map_err(|error| self.failed(&error))?;
        if self.description.refresh.rotation == Rotation::Always && !answer.rotates() {
            return Err(failure(FailureCode::Malformed));
        }
        let granted = answer.granted(now, &tokens.scopes, Some(tokens));
        granted.ok_or(failure(FailureCode::Malformed))
    }

    /// Asks whose tokens these are.
    pub async fn identify(&self, tokens: &Tokens) -> Result<Identity, ProviderFailure> {
        let mut headers = HeaderMap::new();
        headers
            .insert(AUTHORIZATION, secret_header(&format!("Bearer {}", tokens.access.expose()))?);
        for (name, value) in &self.description.userinfo_headers {
            let value = value.replace("{client_id}", &self.client_id);
            let name = HeaderName::try_from(name).map_err(|_| failure(FailureCode::Refused))?;
            headers.insert(name, secret_header(&value)?);
        }
        let answer = self.outbound.get(&self.description.userinfo_endpoint, headers).await;
        let answer = answer.map_err(|error| failure(code_of(error)))?;
        if !answer.status().is_success() {
            return Err(failure(FailureCode::Refused));
        }
        let identity = answer::identity(answer.body(), &self.description);
        identity.ok_or(failure(FailureCode::Malformed))
    }

    /// Asks the platform to forget what it granted (RFC 7009); tells whether it did.
    ///
    /// A platform that refuses will refuse again, so only what may pass is an error.
    pub async fn revoke(&self, tokens: &Tokens) -> Result<bool, ProviderFailure> {
        let Some(endpoint) = &self.description.revocation_endpoint else { return Ok(false) };
        let (token, hint) = match (self.description.revoke, &tokens.refresh) {
            (Revoked::RefreshToken, Some(token)) => (token, "refresh_token"),
            _ => (&tokens.access, "access_token"),
        };
        let mut form = vec![("token", token.expose().as_str()), ("token_type_hint", hint)];
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(endpoint.as_str())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        match self.description.client_auth {
            ClientAuth::Body => {
                form.push(("client_id", &self.client_id));
                form.push(("client_secret", self.client_secret.expose()));
            }
            ClientAuth::Basic => {
                request = request.header(AUTHORIZATION, secret_header(&self.basic())?);
            }
        }
        let body = serde_urlencoded::to_string(form).map_err(|_| failure(FailureCode::Refused))?;
        let request = request.body(body.into_bytes()).map_err(|_| failure(FailureCode::Refused))?;
        let answer = self.outbound.send(request).await.map_err(|error| failure(code_of(error)))?;
        Ok(answer.status().is_success())
    }

    fn client(&self) -> TokenClient {
        let auth = match self.description.client_auth {
            ClientAuth::Basic => AuthType::BasicAuth,
            ClientAuth::Body => AuthType::RequestBody,
        };
        Client::new(ClientId::new(self.client_id.clone()))
            .set_client_secret(ClientSecret::new(self.client_secret.expose().clone()))
            .set_token_uri(TokenUrl::from_url(self.description.token_endpoint.clone()))
            .set_auth_type(auth)
    }

    /// RFC 6749 2.3.1: both parts are form-encoded first.
    fn basic(&self) -> String {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let encode =
            |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let (id, secret) = (encode(&self.client_id), encode(self.client_secret.expose()));
        format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
    }

    fn failed(&self, error: &RequestTokenError<OutboundError, Refused>) -> ProviderFailure {
        failure(match error {
            RequestTokenError::Request(error) => code_of(*error),
            RequestTokenError::ServerResponse(refused)
                if refused.ends_the_grant(&self.description) =>
            {
                FailureCode::InvalidGrant
            }
            RequestTokenError::ServerResponse(_) => FailureCode::Refused,
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => FailureCode::Malformed,
        })
    }
}

const fn failure(code: FailureCode) -> ProviderFailure {
    ProviderFailure { code }
}

const fn code_of(error: OutboundError) -> FailureCode {
    match error {
        OutboundError::NotAllowed => FailureCode::Refused,
        OutboundError::Unreachable => FailureCode::Unreachable,
        OutboundError::Timeout => FailureCode::Timeout,
        OutboundError::TooLarge => FailureCode::TooLarge,
        OutboundError::ServerError => FailureCode::ServerError,
    }
}

fn secret_header(value: &str) -> Result<HeaderValue, ProviderFailure> {
    let mut value = HeaderValue::from_str(value).map_err(|_| failure(FailureCode::Refused))?;
    value.set_sensitive(true);
    Ok(value)
}
