//! Webhooks of the identity provider: signed by Svix, and commands like any other.
//!
//! The signature is computed by `standardwebhooks`, its authors' own crate (the whole of `svix` is
//! a client of their service); here it is compared in constant time, and the time on our clock.
//! The command's id comes from the message's, so a message that comes again appends nothing; what
//! came late or out of order, the streams find out.

use domain::{
    Time,
    clerk_user::{self, ClerkUser},
    login::{self, EndCause, Login},
    user::Profile,
};
use serde::Deserialize;
use serde_json::Value;
use store::ExecuteError;
use subtle::ConstantTimeEq;

use super::{orgs::OrgEvent, sync::Said};
use crate::{
    app::{App, Request},
    error::Error,
};

/// How far a message's time may be from ours (Standard Webhooks, "Timestamp").
const TOLERANCE_S: i64 = 5 * 60;
/// The longest id that a message has.
const LONGEST_ID: usize = 256;

/// A message as it came.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    pub id: &'a str,
    /// Seconds since 1970.
    pub timestamp: &'a str,
    /// Versioned signatures, between spaces.
    pub signature: &'a str,
    pub body: &'a [u8],
}

/// What a message says, as far as it is of use.
#[derive(Clone, Debug)]
pub enum WebhookEvent {
    UserSaid {
        sub: String,
        said: Box<Said>,
    },
    UserDeleted {
        sub: String,
    },
    SessionEnded {
        sid: String,
    },
    Org(OrgEvent),
    /// Of no use here.
    Other,
}

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    data: Value,
    /// When it happened, in milliseconds; older messages lack it.
    #[serde(default)]
    timestamp: Option<i64>,
}

#[derive(Deserialize)]
struct ClerkUserData {
    id: String,
    updated_at: i64,
    #[serde(default)]
    banned: bool,
    username: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    image_url: Option<String>,
    primary_email_address_id: Option<String>,
    #[serde(default)]
    email_addresses: Vec<EmailAddress>,
}

#[derive(Deserialize)]
struct EmailAddress {
    id: String,
    email_address: String,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

impl App {
    /// Takes a message of the identity provider, and does what follows from it.
    ///
    /// # Errors
    ///
    /// `invalid_signature` for whatever is wrong with it; [`Error::NotFound`] where no messages
    /// are taken.
    pub async fn receive_webhook(
        &self,
        request: &Request,
        delivery: Delivery<'_>,
    ) -> Result<(), Error> {
        self.authentic(delivery)?;
        let event = WebhookEvent::read(delivery.body)?;
        // Whoever sends it again means the same command.
        let key = Some(format!("svix:{}", delivery.id));
        let request = Request { idempotency_key: key, ..request.clone() };
        let app = self.clone();
        self.uncancelled(async move { app.take_in(&request, event).await }).await
    }

    fn authentic(&self, delivery: Delivery<'_>) -> Result<(), Error> {
        let webhooks = self.identity.webhooks.as_ref().ok_or(Error::NotFound)?;
        let timestamp: i64 = delivery.timestamp.parse().map_err(|_| invalid_signature())?;
        let now = self.clock.now().timestamp();
        if now.abs_diff(timestamp) > TOLERANCE_S.unsigned_abs() || delivery.id.is_empty() {
            return Err(invalid_signature());
        }
        let expected = webhooks.sign(delivery.id, timestamp, delivery.body);
        let expected = expected.map_err(|_| invalid_signature())?;
        let given = delivery.signature.split(' ').take(16);
        let matches = given.filter(|one| bool::from(one.as_bytes().ct_eq(expected.as_bytes())));
        if matches.count() == 0 || delivery.id.len() > LONGEST_ID {
            return Err(invalid_signature());
        }
        Ok(())
    }

    async fn take_in(&self, request: &Request, event: WebhookEvent) -> Result<(), Error> {
        match event {
            WebhookEvent::UserSaid { sub, said } => {
                self.sync_user(request, &sub, Some(*said)).await.map(drop)
            }
            WebhookEvent::UserDeleted { sub } => self.forget_user(&sub).await,
            WebhookEvent::SessionEnded { sid } => self.end_session(&sid).await,
            WebhookEvent::Org(event) if self.identity.orgs => self.org_event(request, event).await,
            WebhookEvent::Org(_) | WebhookEvent::Other => {
                metrics::counter!("keyledger_webhooks_unused_total").increment(1);
                Ok(())
            }
        }
    }

    /// Nobody can sign in as them from here on; a reactor revokes, disconnects and erases.
    async fn forget_user(&self, sub: &str) -> Result<(), Error> {
        let Some(provider) = &self.identity.provider else { return Err(Error::NotFound) };
        let clerk = self.clerk_user_id(provider.issuer(), sub);
        let context = self.system_context("DeactivateUser", None);
        let delete = clerk_user::Command::Delete;
        let deleted = self.log.execute::<ClerkUser>(clerk, &delete, &context).await?;
        self.folds.forget::<ClerkUser>(clerk);
        let ClerkUser::Deleted { user_id: Some(user) } = deleted.state else { return Ok(()) };
        let context = context.step("user");
        match self.begin_erasure(user, &context).await {
            // Bound, and never made.
            Ok(_) | Err(ExecuteError::Rejected(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn end_session(&self, sid: &str) -> Result<(), Error> {
        let Some(provider) = &self.identity.provider else { return Err(Error::NotFound) };
        let login = self.session_login_id(provider.issuer(), sid);
        let context = self.system_context("EndSession", None);
        let end = login::Command::End { cause: EndCause::Provider };
        self.log.execute::<Login>(login, &end, &context).await?;
        self.folds.forget::<Login>(login);
        Ok(())
    }
}

impl WebhookEvent {
    /// Reads a message whose signature is right.
    pub fn read(body: &[u8]) -> Result<Self, Error> {
        let malformed = |_| Error::invalid("the message is not what its type says");
        let Message { kind, data, timestamp } = serde_json::from_slice(body).map_err(malformed)?;
        Ok(match kind.as_str() {
            "user.created" | "user.updated" => {
                let user: ClerkUserData = serde_json::from_value(data).map_err(malformed)?;
                let updated_at = Time::from_timestamp_millis(user.updated_at);
                let updated_at =
                    updated_at.ok_or_else(|| Error::invalid("updated_at is no time"))?;
                let (sub, banned) = (user.id.clone(), user.banned);
                let said = Said { profile: user.profile(), updated_at, banned };
                Self::UserSaid { sub, said: Box::new(said) }
            }
            "user.deleted" => {
                let Named { id: sub } = serde_json::from_value(data).map_err(malformed)?;
                Self::UserDeleted { sub }
            }
            "session.ended" | "session.revoked" | "session.removed" => {
                let Named { id: sid } = serde_json::from_value(data).map_err(malformed)?;
                Self::SessionEnded { sid }
            }
            kind => match OrgEvent::read(kind, data, timestamp).map_err(malformed)? {
                Some(event) => Self::Org(event),
                None => Self::Other,
            },
        })
    }
}

impl ClerkUserData {
    fn profile(self) -> Profile {
        let shown = |text: Option<String>| text.and_then(|text| Profile::shown(&text));
        let primary = self.primary_email_address_id;
        let mut addresses = self.email_addresses.into_iter();
        let email = addresses.find(|address| Some(&address.id) == primary.as_ref());
        let names: Vec<_> = [self.first_name, self.last_name].into_iter().flatten().collect();
        Profile {
            username: shown(self.username),
            name: Profile::shown(&names.join(" ")),
            email: shown(email.map(|address| address.email_address)),
            image: shown(self.image_url),
        }
    }
}

fn invalid_signature() -> Error {
    Error::Invalid {
        code: "invalid_signature",
        description: "the message is not signed as it should be, or not now".into(),
    }
}
