//! What one can ask of an authorization code.

use super::{Code, Event, Issued, Rejection};
use crate::{
    Time,
    id::{FamilyId, OauthClientId},
    pkce::{CodeVerifier, InvalidPkce},
};

#[derive(Clone, Debug)]
pub enum Command {
    Issue(Box<Issued>),
    Redeem(Redeem),
    /// A code that was redeemed came back; recorded once.
    Replay,
}

/// `ExchangeAuthorizationCode`.
#[derive(Clone, Debug)]
pub struct Redeem {
    pub client: OauthClientId,
    /// May be left out where the authorization request left it out.
    pub redirect_uri: Option<String>,
    pub verifier: Option<Result<CodeVerifier, InvalidPkce>>,
    pub family_id: FamilyId,
    pub at: Time,
}

impl Redeem {
    pub(super) fn decide(&self, code: &Code) -> Result<Vec<Event>, Rejection> {
        let issued = &code.issued;
        if issued.client != self.client {
            return Err(Rejection::OtherClient);
        }
        if let Some(family) = code.redeemed {
            return Err(Rejection::Redeemed(family));
        }
        if issued.expires_at <= self.at {
            return Err(Rejection::Expired);
        }
        let meant = match &self.redirect_uri {
            Some(uri) => *uri == issued.redirect_uri,
            None => !issued.redirect_uri_stated,
        };
        if !meant {
            return Err(Rejection::RedirectUri);
        }
        match (&issued.challenge, &self.verifier) {
            (None, None) => {}
            (None, Some(_)) => return Err(Rejection::VerifierUnasked),
            (Some(_), None) => return Err(Rejection::VerifierMissing),
            (Some(_), Some(Err(why))) => return Err(Rejection::VerifierMalformed(*why)),
            (Some(challenge), Some(Ok(verifier))) => {
                if !challenge.is_met_by(verifier) {
                    return Err(Rejection::VerifierWrong);
                }
            }
        }
        Ok(vec![Event::Redeemed { family_id: self.family_id }])
    }
}
