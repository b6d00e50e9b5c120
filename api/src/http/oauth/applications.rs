//! `/account/applications`: what a person let applications do, and a button to take it back.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::oauth_grant::GrantId;
use projections::{Edge, PageRequest, oauth_authorizations, page::LARGEST_PAGE};
use subtle::ConstantTimeEq;

use super::{
    super::{Service, asking::Anonymous},
    authorize::{redirect, signed_in},
    form::Form,
    pages::{Application, ApplicationsPage, page, wish},
};
use crate::{
    app::{Caller, Via, Who, logins::LiveLogin},
    error::Error,
    origin,
};

const PATH: &str = "/account/applications";

pub(super) async fn list(
    State(service): State<Service>,
    headers: HeaderMap,
    Anonymous(request): Anonymous,
) -> Result<Response, Error> {
    let app = service.app();
    let Some(login) = signed_in(app, &request, &headers).await? else {
        return Ok(redirect(StatusCode::FOUND, "/login"));
    };
    let user = login.started.user;
    // Of more than a hundred, the newest: what is taken back makes room for the others.
    let first = PageRequest::first(LARGEST_PAGE);
    let listed = oauth_authorizations::page(&app.db, user, &first).await?;
    let applications = listed.edges.into_iter().map(|Edge { node, .. }| Application {
        id: GrantId { user, client: node.client }.public(),
        name: node.name,
        since: node.since.format("%-d %B %Y").to_string(),
        wishes: node.scopes.iter().filter_map(wish).collect(),
    });
    let shown = ApplicationsPage {
        username: app.me(user).await?.name().to_owned(),
        applications: applications.collect(),
        token: app.decision_token(login.id, PATH),
    };
    page(StatusCode::OK, &shown, None)
}

pub(super) async fn revoke(
    State(service): State<Service>,
    Anonymous(mut request): Anonymous,
    mut form: Form,
) -> Result<Response, Error> {
    let app = service.app();
    origin::check(app, &form.headers)?;
    let Some(login) = signed_in(app, &request, &form.headers).await? else {
        return Ok(redirect(StatusCode::SEE_OTHER, "/login"));
    };
    let token = form.take("token").unwrap_or_default();
    let expected = app.decision_token(login.id, PATH);
    if !bool::from(token.as_bytes().ct_eq(expected.as_bytes())) {
        return Err(Error::Forbidden { permission: "own authorizations" });
    }
    let id = GrantId::from_public(&form.require("id")?).map_err(|_| Error::NotFound)?;
    let user = login.started.user;
    if id.user != user {
        return Err(Error::NotFound);
    }
    request.caller = Some(caller(&login));
    let (_, position) = app.revoke_grant(&request, user, id.client).await?;
    if let Some(position) = position {
        // So that the page that is shown next knows.
        let patience = std::time::Duration::from_secs(2);
        app.projections.wait_for("oauth_authorizations", position, patience).await;
    }
    Ok(redirect(StatusCode::SEE_OTHER, PATH))
}

fn caller(login: &LiveLogin) -> Caller {
    Caller {
        who: Who::User { id: login.started.user, via: Via::Login(login.id) },
        auth: store::Auth { method: "login".into(), credential_id: login.id.public() },
        until: Some(login.started.expires_at),
    }
}
