//! Named: whom an access token of ours names; of the rest of what it says nothing is believed.
//!
//! Three shapes are told apart by what only one of them has: tokens of `/authenticate` by their
//! audience, an application's by its `client_id`, and of these the `standard` ones by their type.

use domain::{
    Time,
    id::{FamilyId, OauthClientId},
    oauth_client::ClientId,
    scope::OauthScopes,
    user::{Person, Revision},
};
use serde::{Deserialize, de::IgnoredAny};
use uuid::Uuid;

use super::{
    App,
    jwt::{self, Opened, Refusal},
    oauth,
};
use crate::{config::TokenSettings, error::Error};

/// Whom an access token names.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) family: FamilyId,
    /// The application whose token it is; none of a token of `/authenticate`.
    pub(super) client: Option<OauthClientId>,
    client_id: String,
    scopes: OauthScopes,
    sub: String,
    jti: Uuid,
    exp: i64,
    urev: Option<Revision>,
}

#[derive(Deserialize)]
struct Own {
    sub: String,
    jti: Uuid,
    exp: i64,
    fam: String,
    urev: Revision,
}

#[derive(Deserialize)]
struct Applications {
    iss: String,
    sub: String,
    jti: Uuid,
    exp: i64,
    #[serde(rename = "iat")]
    _iat: i64,
    client_id: String,
    scope: String,
    fam: String,
    #[serde(default)]
    urev: Option<Revision>,
    #[serde(default)]
    aud: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Shape {
    #[serde(default)]
    client_id: Option<IgnoredAny>,
}

impl App {
    /// Returns whom an access token names, if we signed it and it has not expired.
    pub(super) fn named_by(&self, text: &str) -> Result<Named, Error> {
        self.named(text).map_err(|refusal| {
            metrics::counter!("keyledger_jwt_refused_total", "why" => refusal.as_str())
                .increment(1);
            Error::Unauthenticated
        })
    }

    fn named(&self, text: &str) -> Result<Named, Refusal> {
        let opened = jwt::open(text, &self.keys.current())?;
        if opened.is_access_token() || opened.claims::<Shape>()?.client_id.is_some() {
            return self.of_application(&opened);
        }
        let TokenSettings { issuer, audience, .. } = &self.settings.tokens;
        let expected = jwt::Expected { issuer, audience, now: self.clock.now() };
        let Own { sub, jti, exp, fam, urev } = opened.judged(expected)?;
        Ok(Named {
            family: FamilyId::from_public(&fam).map_err(|_| Refusal::Claims)?,
            client: None,
            client_id: String::new(),
            scopes: OauthScopes::empty(),
            sub,
            jti,
            exp,
            urev: Some(urev),
        })
    }

    fn of_application(&self, opened: &Opened) -> Result<Named, Refusal> {
        let claims: Applications = opened.claims()?;
        let TokenSettings { issuer, audience, .. } = &self.settings.tokens;
        let (issuer, audience) = if opened.is_access_token() {
            (self.settings.issuer(), Some(vec![audience.clone()]))
        } else {
            (issuer.as_str(), None)
        };
        let dates = 1..1 << 53;
        if claims.iss != issuer {
            return Err(Refusal::Issuer);
        } else if claims.aud != audience {
            return Err(Refusal::Audience);
        } else if !dates.contains(&claims.exp) {
            return Err(Refusal::Claims);
        } else if claims.exp <= self.clock.now().timestamp() {
            return Err(Refusal::Expired);
        }
        let client_id: ClientId = claims.client_id.parse().map_err(|_| Refusal::Claims)?;
        Ok(Named {
            family: FamilyId::from_public(&claims.fam).map_err(|_| Refusal::Claims)?,
            client: Some(client_id.stream()),
            client_id: claims.client_id,
            scopes: oauth::scopes(&claims.scope).map_err(|_| Refusal::Claims)?,
            sub: claims.sub,
            jti: claims.jti,
            exp: claims.exp,
            urev: claims.urev,
        })
    }
}

impl Named {
    /// Tells whether `person` is who is named, and whether what was known then still counts.
    pub(super) fn is(&self, person: &Person) -> bool {
        let counts = self.urev.is_some_and(|urev| person.accepts_credentials_of(urev));
        self.sub == person.number.to_string() && counts
    }

    /// Whether an application acts for nobody but itself.
    pub(super) fn is_for_itself(&self) -> bool {
        self.client.is_some() && self.urev.is_none() && self.sub == self.client_id
    }

    pub(super) fn jti(&self) -> Uuid {
        self.jti
    }

    pub(super) fn client_id(&self) -> &str {
        &self.client_id
    }

    pub(super) fn scopes(&self) -> OauthScopes {
        self.scopes.clone()
    }

    pub(super) fn subject(&self) -> &str {
        &self.sub
    }

    /// When the access token ends.
    pub(super) fn until(&self) -> Option<Time> {
        Time::from_timestamp(self.exp, 0)
    }
}
