//! The history, as an auditor reads it.

use domain::{
    Aggregate,
    actor::Actor,
    agent_token::AgentToken,
    id::{FamilyId, ServiceCredentialId, TokenId, UserId, WorkspaceId},
    service_credential::ServiceCredential,
    token_family::TokenFamily,
    user::User,
    workspace::Workspace,
};
use serde_json::{Value, json};
use store::AsOf;

use super::people;
use crate::{
    admin::{
        Reports,
        operation::{AuditFilter, Export, Moment, Replay, StateAt},
        reference::UserRef,
    },
    app::{
        App, Request,
        audit::{self, Filter},
        request::stream_of,
    },
    error::Error,
};

pub(super) async fn state(app: &App, request: &Request, asked: StateAt) -> Result<Value, Error> {
    let stream = stream(&asked.stream);
    let reached = app
        .state_of(request, &stream, asked.at.map(moment), asked.sealed)
        .await
        .map_err(|error| match error {
            Error::NotFound => Error::invalid(
                "no noun has streams of this name; `keyledger audit replay` prints streams",
            ),
            error => error,
        })?;
    Ok(json!(reached))
}

pub(super) async fn export(
    app: &App,
    request: &Request,
    asked: Export,
    reports: &Reports,
) -> Result<Value, Error> {
    let filter = filter(app, asked.filter).await?;
    let mut export = app.export(request, filter, asked.after, asked.open).await?;
    let written = write_lines(app, &mut export, reports).await;
    // Also of an export that broke off: what was handed out, was handed out.
    let audit::Exported { events, range, sha256 } = export.record(app, request).await?;
    written?;
    Ok(json!({
        "events": events,
        "first": range.map(|(first, _)| first),
        "last": range.map(|(_, last)| last),
        "sha256": sha256,
    }))
}

async fn write_lines(
    app: &App,
    export: &mut audit::Export,
    reports: &Reports,
) -> Result<(), Error> {
    while let Some(line) = export.next(app).await? {
        reports.item(line).await?;
        let (done, total) = export.progress();
        reports.progress(done, total);
    }
    Ok(())
}

pub(super) async fn replay(
    app: &App,
    request: &Request,
    asked: Replay,
    reports: &Reports,
) -> Result<Value, Error> {
    let filter = filter(app, asked.filter).await?;
    let ends = filter.until.is_some();
    let mut replay = app.replay(request, filter, asked.sealed).await?;
    while let Some(events) = replay.page(app).await? {
        for event in events {
            reports.item(json!(event)).await?;
        }
        let (done, total) = replay.progress();
        reports.progress(done, total);
    }
    let mut more = false;
    if ends {
        let (streams, beyond) = replay.streams();
        for stream in streams {
            reports.item(json!(replay.reached(app, stream).await?)).await?;
        }
        more = beyond;
    }
    Ok(json!({ "events": replay.events(), "more_states": more }))
}

async fn filter(app: &App, asked: AuditFilter) -> Result<Filter, Error> {
    Ok(Filter {
        streams: asked.streams.iter().map(|text| stream(text)).collect(),
        workspace: match &asked.workspace {
            Some(workspace) => Some(people::workspace(app, workspace).await?),
            None => None,
        },
        actor: match asked.actor {
            Some(text) => Some(actor(app, text).await?),
            None => None,
        },
        from: asked.from.map(moment),
        until: asked.until.map(moment),
    })
}

/// An actor's recorded id: a person may be named, all else is said as it is recorded.
async fn actor(app: &App, text: String) -> Result<String, Error> {
    match text.parse::<UserRef>() {
        Ok(person) => Ok(Actor::user(people::user(app, &person).await?).id),
        Err(_) => Ok(text),
    }
}

/// The name of a stream; the public id of what has a stream of its own stands for it.
fn stream(text: &str) -> String {
    fn named<A: Aggregate>(id: Option<A::Id>) -> Option<String> {
        id.map(stream_of::<A>)
    }
    named::<AgentToken>(TokenId::from_public(text).ok())
        .or_else(|| named::<User>(UserId::from_public(text).ok()))
        .or_else(|| named::<Workspace>(WorkspaceId::from_public(text).ok()))
        .or_else(|| named::<TokenFamily>(FamilyId::from_public(text).ok()))
        .or_else(|| named::<ServiceCredential>(ServiceCredentialId::from_public(text).ok()))
        .unwrap_or_else(|| text.to_owned())
}

fn moment(moment: Moment) -> AsOf {
    match moment {
        Moment::Time(time) => AsOf::Time(time),
        Moment::Position(position) => AsOf::Position(position),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_public_id_stands_for_its_stream() {
        let id = TokenId::from_uuid(Uuid::from_u128(7));
        assert_eq!(stream(&id.public()), format!("agent_token-{id}"));
        assert_eq!(stream("keyring-main"), "keyring-main");
    }
}
