//! Interactions: an authorization request on its way past the login and the consent page.
//!
//! No node keeps it: the browser carries it, sealed, as a handle that says nothing to it and that
//! any node opens.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use chrono::TimeDelta;
use domain::{
    Time,
    id::{LoginId, OauthClientId},
    pkce::CodeChallenge,
    scope::OauthScopes,
};
use serde::{Deserialize, Serialize};

use super::reply::ResponseMode;
use crate::{app::App, error::Error};

/// How long somebody may take to sign in and decide.
const PATIENCE: TimeDelta = TimeDelta::hours(1);
/// A handle longer than this is none of ours.
const LONGEST: usize = 16 * 1024;

/// A request that may be asked of a person: its application and redirect URI are trusted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Interaction {
    pub client: OauthClientId,
    pub redirect_uri: String,
    /// Whether the request named it.
    pub redirect_uri_stated: bool,
    pub state: Option<String>,
    #[serde(default)]
    pub response_mode: ResponseMode,
    pub scopes: OauthScopes,
    pub challenge: Option<CodeChallenge>,
    pub nonce: Option<String>,
    pub prompt: Prompt,
    /// Seconds since the person last proved who they are, at most.
    pub max_age: Option<u32>,
    pub login_hint: Option<String>,
    pub asked_at: Time,
}

/// What the application wishes the person to be shown (OpenID Connect Core 3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "a set of four words")]
pub struct Prompt {
    pub none: bool,
    pub login: bool,
    pub consent: bool,
    pub select_account: bool,
}

impl App {
    /// Writes an interaction as the handle that stands for it.
    pub fn write_interaction(&self, interaction: &Interaction) -> Result<String, Error> {
        let failed = || Error::Internal(anyhow::anyhow!("an interaction can not be sealed"));
        let mut sealed = serde_json::to_vec(interaction).map_err(|_| failed())?;
        let key = self.handle_key()?;
        let nonce =
            key.seal_in_place_append_tag(Aad::empty(), &mut sealed).map_err(|_| failed())?;
        Ok(BASE64URL.encode([nonce.as_ref().as_slice(), &sealed].concat()))
    }

    /// Reads a handle; `None` if it is none of ours, or too old.
    pub fn read_interaction(&self, handle: &str) -> Result<Option<Interaction>, Error> {
        if handle.len() > LONGEST {
            return Ok(None);
        }
        let Ok(mut sealed) = BASE64URL.decode(handle) else { return Ok(None) };
        if sealed.len() < 12 {
            return Ok(None);
        }
        let mut text = sealed.split_off(12);
        let Ok(nonce) = Nonce::try_assume_unique_for_key(&sealed) else { return Ok(None) };
        let key = self.handle_key()?;
        let Ok(text) = key.open_in_place(nonce, Aad::empty(), &mut text) else { return Ok(None) };
        let interaction: Option<Interaction> = serde_json::from_slice(text).ok();
        let now = self.clock.now();
        Ok(interaction.filter(|it| now - it.asked_at < PATIENCE))
    }

    /// What a decision must bring along, so that no other page can decide: bound to the login and
    /// to the request.
    pub fn decision_token(&self, login: LoginId, handle: &str) -> String {
        let login = login.as_uuid();
        let parts = [login.as_bytes().as_slice(), handle.as_bytes()];
        BASE64URL.encode(self.vault.hmac("decision", &parts))
    }

    fn handle_key(&self) -> Result<RandomizedNonceKey, Error> {
        RandomizedNonceKey::new(&AES_256_GCM, &self.vault.hmac("interaction", &[]))
            .map_err(|error| Error::Internal(error.into()))
    }
}
