//! Tests of revocations that no workspace asked for: of services and of keys.

use domain::{
    actor::Actor,
    id::{ServiceCredentialId, VaultRef},
    keyring::{Announce, Command as OnKeyring, Keyring, KeyringId, Kid, PublicJwk},
    opaque_token::{self, Kind},
    scope::{ServiceScope, ServiceScopes},
    secret::SecretHash,
    service_credential::{Command as OnCredential, Create, Created, Revoke, ServiceCredential},
    text::TokenName,
};
use store::random;

use super::*;
use crate::{
    WorkspaceScope, checkpoint,
    testing::{World, noon, on_each_database},
};

#[tokio::test]
async fn a_service_that_may_not_ask_any_more_is_revoked_like_a_token() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let tenant = world.tenant("ada").await;
        let id = ServiceCredentialId::from_uuid(random::uuid());
        let text = opaque_token::write(Kind::Service, id.as_uuid(), &random::bytes());
        let credential = Created {
            name: TokenName::parse("billing").unwrap(),
            secret_sha256: SecretHash::of(text.expose()),
            hint: opaque_token::hint(&text),
            scopes: ServiceScopes::from_iter([ServiceScope::TokensVerify]),
            workspace_id: Some(tenant.workspace),
            expires_at: None,
        };
        let create = OnCredential::Create(Create { credential, at: noon() });
        world.execute::<ServiceCredential>(id, Some(tenant.workspace), create).await;
        let operator = Actor::operator("uid:0");
        let revoke = OnCredential::Revoke(Revoke { by: operator.clone() });
        world.execute::<ServiceCredential>(id, Some(tenant.workspace), revoke).await;
        world.catch_up().await;

        let rows = after(&world.db, WorkspaceScope::of(tenant.workspace), None).await.unwrap();
        let [row] = &rows[..] else { panic!("{rows:?}") };
        assert_eq!(
            (row.kind, &row.credential_id),
            (CredentialKind::ServiceCredential, &id.public())
        );
        assert_eq!(row.subject, Some(Actor::service_credential(id)));
        assert_eq!((&*row.reason, &row.revoked_by), ("revoked", &operator));
    })
    .await;
}

#[tokio::test]
async fn a_key_that_somebody_else_has_is_revoked_and_one_that_retired_is_not() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        for name in ["first", "second"] {
            let announce = Announce {
                kid: Kid::new(name),
                public_jwk: PublicJwk::Rsa { n: "AQAB".into(), e: "AQAB".into() },
                provider_ref: VaultRef::from_uuid(random::uuid()),
                lead: chrono::TimeDelta::zero(),
                at: noon(),
            };
            world.execute::<Keyring>(KeyringId, None, OnKeyring::Announce(announce)).await;
        }
        let compromise = OnKeyring::Compromise { kid: Kid::new("second") };
        let position = world.execute::<Keyring>(KeyringId, None, compromise).await;
        world.catch_up().await;

        let found = sqlx::query_as::<_, (i64, String, String, String)>(
            "select position, kind, credential_id, reason from revocations.revocation",
        )
        .fetch_all(world.db.queries())
        .await
        .unwrap();
        let row = |(at, kind, id, reason): &(i64, String, String, String)| {
            (checkpoint::from_sql(*at), kind.clone(), id.clone(), reason.clone())
        };
        let expected =
            (position, "SIGNING_KEY".to_owned(), "second".to_owned(), "compromised".to_owned());
        assert_eq!(found.iter().map(row).collect::<Vec<_>>(), [expected]);
    })
    .await;
}
