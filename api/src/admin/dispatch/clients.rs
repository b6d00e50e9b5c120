//! Applications, as an operator registers, changes and suspends them.

use domain::{
    aggregate::Rejection,
    id::OauthClientId,
    oauth_client::{
        AccessTtl, Changes, ClaimsProfile, Client, ClientId, Contacts, Homepage, OauthClient,
    },
    redirect_uri::RedirectUri,
    text::{AppName, Reason},
};
use projections::oauth_clients;
use serde_json::{Value, json};

use super::time;
use crate::{
    admin::operation::{ClientOperation, ClientRef, DeclaredClient, SuspendClient, UpdateClient},
    app::{
        App, Changed, Request,
        oauth::clients::{ClientChanged, RegisterClient},
    },
    error::Error,
};

pub(super) async fn client(
    app: &App,
    request: &Request,
    operation: ClientOperation,
) -> Result<Value, Error> {
    match operation {
        ClientOperation::Create(declared) => {
            let registered = app.register_client(request, register(declared)?).await?;
            Ok(with_secret(&registered))
        }
        ClientOperation::List => list(app).await,
        ClientOperation::Update(update) => {
            let (id, changes) = (id(&update.client)?, changes(&update)?);
            Ok(describe(&app.update_client(request, id, changes, None).await?))
        }
        ClientOperation::RotateSecret(rotate) => {
            let id = id(&rotate.client)?;
            Ok(with_secret(&app.rotate_client_secret(request, id, rotate.overlap).await?))
        }
        ClientOperation::Suspend(SuspendClient { client, reason }) => {
            let reason = parsed(Reason::parse(&reason))?;
            let reason = reason.ok_or_else(|| Error::invalid("a suspension needs a reason"))?;
            Ok(describe(&app.suspend_client(request, id(&client)?, reason).await?))
        }
        ClientOperation::Reinstate(ClientRef { client }) => {
            Ok(describe(&app.reinstate_client(request, id(&client)?).await?))
        }
        ClientOperation::Apply(apply) => {
            let mut answers = vec![];
            for declared in apply.clients {
                answers.push(bring_about(app, request, declared).await?);
            }
            Ok(answers.into())
        }
    }
}

/// Registers an application, or changes it into what is declared.
async fn bring_about(
    app: &App,
    request: &Request,
    declared: DeclaredClient,
) -> Result<Value, Error> {
    let register = register(declared)?;
    let client_id = register.client_id.clone();
    let id = client_id.ok_or_else(|| Error::invalid("client_id is missing"))?.stream();
    let loaded = app.log.load::<OauthClient>(id).await?;
    let Some(known) = loaded.state.client() else {
        let mut answer = with_secret(&app.register_client(request, register).await?);
        answer["change"] = "registered".into();
        return Ok(answer);
    };
    if known.registration.kind != register.kind {
        return Err(Error::invalid("whether an application is public or private never changes"));
    }
    let changes = Changes {
        name: Some(register.name),
        redirect_uris: Some(register.redirect_uris),
        scopes: Some(register.scopes),
        access_ttl: Some(register.access_ttl),
        require_pkce: Some(register.require_pkce),
        rotate_refresh_tokens: Some(register.rotate_refresh_tokens),
        claims_profile: Some(register.claims_profile),
        homepage: register.homepage,
    };
    let updated = app.update_client(request, id, changes, None).await?;
    let same = updated.revision == loaded.revision;
    let mut answer = describe(&updated);
    answer["change"] = if same { "none" } else { "updated" }.into();
    Ok(answer)
}

async fn list(app: &App) -> Result<Value, Error> {
    let rows = oauth_clients::all(&app.db).await?;
    let answers = rows.into_iter().map(|row| {
        json!({
            "client_id": row.client_id,
            "application_id": row.application_id,
            "name": row.name,
            "kind": row.kind,
            "suspended": row.suspended_reason.or(row.suspended.then(String::new)),
            "redirect_uris": row.redirect_uris,
            "scopes": row.scopes,
            "secrets": row.secrets.into_iter().map(|it| it.hint).collect::<Vec<_>>(),
        })
    });
    Ok(answers.collect())
}

/// Reads whose `client_id` was typed.
fn id(typed: &str) -> Result<OauthClientId, Error> {
    let client_id: ClientId = parsed(typed.parse())?;
    Ok(client_id.stream())
}

fn register(declared: DeclaredClient) -> Result<RegisterClient, Error> {
    let DeclaredClient { description, homepage, contacts, .. } = &declared;
    Ok(RegisterClient {
        client_id: declared.client_id.clone(),
        kind: declared.kind,
        name: parsed(AppName::parse(&declared.name))?,
        description: match description {
            Some(description) => parsed(Reason::parse(description))?,
            None => None,
        },
        homepage: homepage.as_deref().map(Homepage::parse).transpose().map_err(rejected)?,
        redirect_uris: uris(&declared.redirect_uris)?,
        scopes: declared.scopes.iter().copied().collect(),
        access_ttl: declared
            .access_token_ttl
            .map_or(Ok(AccessTtl::default()), AccessTtl::new)
            .map_err(rejected)?,
        require_pkce: declared.require_pkce,
        rotate_refresh_tokens: declared.rotate_refresh_tokens.unwrap_or(true),
        claims_profile: declared.claims_profile.unwrap_or(ClaimsProfile::Compat),
        contacts: if contacts.is_empty() { None } else { Some(parsed(Contacts::parse(contacts))?) },
        policy_version: declared.policy_version,
    })
}

fn changes(update: &UpdateClient) -> Result<Changes, Error> {
    Ok(Changes {
        name: update.name.as_deref().map(AppName::parse).transpose().map_err(rejected)?,
        redirect_uris: match &*update.redirect_uris {
            [] => None,
            typed => Some(uris(typed)?),
        },
        scopes: match &*update.scopes {
            [] => None,
            scopes => Some(scopes.iter().copied().collect()),
        },
        access_ttl: update.access_token_ttl.map(AccessTtl::new).transpose().map_err(rejected)?,
        require_pkce: update.require_pkce,
        rotate_refresh_tokens: update.rotate_refresh_tokens,
        claims_profile: update.claims_profile,
        homepage: update.homepage.as_deref().map(Homepage::parse).transpose().map_err(rejected)?,
    })
}

fn uris(typed: &[String]) -> Result<Vec<RedirectUri>, Error> {
    typed.iter().map(|uri| RedirectUri::parse(uri)).collect::<Result<_, _>>().map_err(rejected)
}

fn parsed<T, R: Rejection>(parsed: Result<T, R>) -> Result<T, Error> {
    parsed.map_err(rejected)
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn rejected<R: Rejection>(refusal: R) -> Error {
    Error::rejected(&refusal)
}

fn with_secret(changed: &ClientChanged) -> Value {
    let mut answer = describe(&changed.client);
    if let Some(secret) = &changed.secret {
        // The one place where an operator sees it.
        answer["client_secret"] = secret.expose().clone().into();
    }
    answer
}

fn describe(changed: &Changed<OauthClient>) -> Value {
    let mut answer = json!({ "position": changed.position });
    if let Some(Client { registration, suspended, .. }) = changed.state.client() {
        answer["client_id"] = json!(registration.client_id);
        answer["application_id"] = registration.application_id.into();
        answer["name"] = registration.name.as_str().into();
        answer["kind"] = registration.kind.as_str().into();
        answer["redirect_uris"] = json!(registration.redirect_uris);
        answer["scopes"] = json!(registration.scopes);
        answer["suspended_at"] = json!(suspended.as_ref().map(|since| time(since.at)));
    }
    answer
}
