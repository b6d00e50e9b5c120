use proptest::{collection::vec, option, prelude::*};
use uuid::Uuid;

use super::*;
use crate::{
    id::ClientSecretId,
    laws,
    redirect_uri::RedirectUri,
    samples::{DAY, HOUR, after, hash, sealed, times},
    scope::{OauthScope, OauthScopes},
    testing::{given, noon},
    text::AppName,
};

#[test]
fn a_client_id_is_taken_once() {
    given::<OauthClient>([]).when(&register(Kind::Public)).then([registered(Kind::Public)]);
    given::<OauthClient>([registered(Kind::Public)])
        .when(&register(Kind::Public))
        .then_rejected(&Rejection::ClientIdTaken);
    let id: ClientId = "public_test".parse().unwrap();
    assert_eq!(id.stream(), "public_test".parse::<ClientId>().unwrap().stream());
    assert_ne!(id.stream(), "public_tesT".parse::<ClientId>().unwrap().stream());
}

#[test]
fn a_client_id_is_plain() {
    for wrong in ["", "ab", "-ab", "a b", "a/b", "a%b", "é-é", "a\0b", &"x".repeat(65)] {
        assert!(wrong.parse::<ClientId>().is_err(), "{wrong}");
    }
    assert!(ClientId::invented(Uuid::from_u128(7)).as_str().parse::<ClientId>().is_ok());
}

#[test]
fn a_private_application_has_a_secret_and_a_public_one_has_none() {
    let with = |kind, secret| {
        Command::Register(Box::new(Register { registration: registration(kind), secret }))
    };
    given::<OauthClient>([])
        .when(&with(Kind::Private, Some(secret(1))))
        .then([registered(Kind::Private), added(1)]);
    given::<OauthClient>([])
        .when(&with(Kind::Private, None))
        .then_rejected(&Rejection::SecretRequired);
    given::<OauthClient>([])
        .when(&with(Kind::Public, Some(secret(1))))
        .then_rejected(&Rejection::NoSecrets);
    given::<OauthClient>([registered(Kind::Public)])
        .when(&rotate(2, 0, 0))
        .then_rejected(&Rejection::NoSecrets);
}

#[test]
fn only_a_private_application_may_keep_its_refresh_tokens() {
    let keeping = |kind| Registration { rotate_refresh_tokens: false, ..registration(kind) };
    let with =
        |registration, secret| Command::Register(Box::new(Register { registration, secret }));
    let keep = Changes { rotate_refresh_tokens: Some(false), ..Changes::default() };
    given::<OauthClient>([])
        .when(&with(keeping(Kind::Public), None))
        .then_rejected(&Rejection::MustRotate);
    given::<OauthClient>([registered(Kind::Public)])
        .when(&Command::Update(keep.clone()))
        .then_rejected(&Rejection::MustRotate);
    given::<OauthClient>([registered(Kind::Private)])
        .when(&Command::Update(keep.clone()))
        .then([Event::Updated { changed: Box::new(keep.clone()) }]);
    let kept = Event::Updated { changed: Box::new(keep) };
    assert!(client(&[registered(Kind::Private)]).rotates_refresh_tokens());
    assert!(!client(&[registered(Kind::Private), kept]).rotates_refresh_tokens());
    let events = given::<OauthClient>([]).when(&with(keeping(Kind::Private), Some(secret(1))));
    events.then([Event::Registered(Box::new(keeping(Kind::Private))), added(1)]);
}

#[test]
fn a_public_application_can_be_reached_somewhere() {
    let registration = Registration { redirect_uris: vec![], ..registration(Kind::Public) };
    given::<OauthClient>([])
        .when(&Command::Register(Box::new(Register { registration, secret: None })))
        .then_rejected(&Rejection::RedirectUris);
    given::<OauthClient>([registered(Kind::Public)])
        .when(&Command::Update(Changes { redirect_uris: Some(vec![]), ..Changes::default() }))
        .then_rejected(&Rejection::RedirectUris);
}

#[test]
fn at_most_two_secrets_live() {
    let first = [registered(Kind::Private), added(1)];
    given::<OauthClient>(&first).when(&rotate(2, DAY, 0)).then([expired(1, DAY), added(2)]);
    let second = [registered(Kind::Private), added(1), expired(1, DAY), added(2)];
    given::<OauthClient>(&second).when(&rotate(3, 2 * DAY, HOUR)).then([
        expired(2, 2 * DAY),
        expired(1, HOUR),
        added(3),
    ]);
    given::<OauthClient>(&second)
        .when(&rotate(3, 3 * DAY, 2 * DAY))
        .then([expired(2, 3 * DAY), added(3)]);
}

#[test]
fn a_secret_is_known_while_it_lives() {
    let client = client(&[registered(Kind::Private), added(1), expired(1, DAY), added(2)]);
    assert!(client.secret(&hash(1), after(DAY - 1)).is_some());
    assert!(client.secret(&hash(1), after(DAY)).is_none());
    assert!(client.secret(&hash(2), after(9 * DAY)).is_some());
    assert!(client.secret(&hash(3), noon()).is_none());
}

#[test]
fn only_what_differs_is_changed() {
    let name = AppName::parse("Other").unwrap();
    let both = Changes {
        name: Some(name.clone()),
        scopes: Some(registration(Kind::Public).scopes),
        ..Changes::default()
    };
    let changed = Box::new(Changes { name: Some(name), ..Changes::default() });
    let updated = Event::Updated { changed };
    let history = [registered(Kind::Public)];
    given::<OauthClient>(&history).when(&Command::Update(both.clone())).then([updated.clone()]);
    given::<OauthClient>([registered(Kind::Public), updated])
        .when(&Command::Update(both))
        .then_nothing();
    given::<OauthClient>([])
        .when(&Command::Update(Changes::default()))
        .then_rejected(&Rejection::NotFound);
}

#[test]
fn a_suspension_can_be_taken_back() {
    let history = [registered(Kind::Public)];
    given::<OauthClient>(&history).when(&suspend()).then([suspended()]);
    given::<OauthClient>(&history).when(&Command::Reinstate).then_nothing();
    let suspended = [registered(Kind::Public), suspended()];
    given::<OauthClient>(&suspended).when(&suspend()).then_nothing();
    given::<OauthClient>(&suspended).when(&Command::Reinstate).then([Event::Reinstated {}]);
    assert!(!client(&suspended).is_active());
}

#[test]
fn what_is_said_of_an_application_is_bounded() {
    for wrong in [0, 299, 86_401, u32::MAX] {
        assert!(AccessTtl::new(wrong).is_err(), "{wrong}");
    }
    assert_eq!(AccessTtl::default().seconds(), 21_600);
    for wrong in ["http://a.example", "javascript:x", "a", ""] {
        assert!(Homepage::parse(wrong).is_err(), "{wrong}");
    }
    for wrong in [&[][..], &["nobody"], &["a@b c"], &["a@b"; 6], &["@b"], &["a@b\0"]] {
        assert!(Contacts::parse(wrong).is_err(), "{wrong:?}");
    }
    assert_eq!(Contacts::parse(&["dev@app.example"]).unwrap().as_slice(), ["dev@app.example"]);
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..30)) {
        laws::hold::<OauthClient>(&commands);
    }

    #[test]
    fn never_more_than_two_secrets_live(steps in vec((0..5 * DAY, 0..5 * DAY), 0..12)) {
        let mut state = OauthClient::fold([&registered(Kind::Private), &added(0)].map(|e| (e, noon())));
        let mut now = 0;
        for (number, (wait, overlap)) in (1..).zip(steps) {
            now += wait;
            for event in state.decide(&rotate(number, now + overlap, now)).unwrap() {
                state = state.evolve(&event, after(now));
            }
            let live = state.client().unwrap().secrets.iter();
            prop_assert!(live.filter(|secret| secret.is_live(after(now))).count() <= 2);
        }
    }
}

fn commands() -> impl Strategy<Value = Command> {
    let names = option::of(prop_oneof![Just("One"), Just("Two")]);
    prop_oneof![
        Just(register(Kind::Public)),
        Just(Command::Register(Box::new(Register {
            registration: registration(Kind::Private),
            secret: Some(secret(1)),
        }))),
        (names, option::of(any::<bool>())).prop_map(|(name, require_pkce)| {
            let name = name.map(|name| AppName::parse(name).unwrap());
            Command::Update(Changes { name, require_pkce, ..everything() })
        }),
        (2..9_u8, times(), times()).prop_map(|(number, overlap_ends_at, at)| {
            Command::RotateSecret(RotateSecret { secret: secret(number), overlap_ends_at, at })
        }),
        Just(suspend()),
        Just(Command::Reinstate),
    ]
}

fn client(history: &[Event]) -> Client {
    OauthClient::fold(history.iter().map(|event| (event, noon()))).client().unwrap().clone()
}

fn registration(kind: Kind) -> Registration {
    Registration {
        application_id: 100,
        client_id: "public_test".parse().unwrap(),
        kind,
        name: AppName::parse("Mod Manager").unwrap(),
        description: Some(sealed("manages mods")),
        homepage: Some(Homepage::parse("https://app.example/").unwrap()),
        redirect_uris: vec![RedirectUri::parse("http://localhost:8089/callback").unwrap()],
        scopes: OauthScopes::from_iter([OauthScope::Openid]),
        access_ttl: AccessTtl::default(),
        require_pkce: true,
        rotate_refresh_tokens: true,
        claims_profile: ClaimsProfile::Compat,
        contacts: Some(sealed("dev@app.example")),
        policy_version: Some("2026-01".into()),
    }
}

/// Changes of everything but the name and what stands beside it in the tests.
fn everything() -> Changes {
    Changes {
        redirect_uris: Some(vec![RedirectUri::parse("nxm://oauth/callback").unwrap()]),
        scopes: Some(OauthScopes::from_iter([OauthScope::Profile])),
        access_ttl: Some(AccessTtl::new(300).unwrap()),
        claims_profile: Some(ClaimsProfile::Standard),
        homepage: Some(Homepage::parse("https://other.example/").unwrap()),
        ..Changes::default()
    }
}

fn register(kind: Kind) -> Command {
    Command::Register(Box::new(Register { registration: registration(kind), secret: None }))
}

fn registered(kind: Kind) -> Event {
    Event::Registered(Box::new(registration(kind)))
}

fn secret(number: u8) -> NewSecret {
    let id = ClientSecretId::from_uuid(Uuid::from_u128(number.into()));
    NewSecret { id, sha256: hash(number), hint: "nxc_...Q2F9".into() }
}

fn added(number: u8) -> Event {
    let NewSecret { id, sha256, hint } = secret(number);
    Event::SecretAdded { secret_id: id, secret_sha256: sha256, hint }
}

fn expired(number: u8, seconds: i64) -> Event {
    Event::SecretExpired { secret_id: secret(number).id, at: after(seconds) }
}

fn rotate(number: u8, overlap_ends: i64, at: i64) -> Command {
    Command::RotateSecret(RotateSecret {
        secret: secret(number),
        overlap_ends_at: after(overlap_ends),
        at: after(at),
    })
}

fn suspend() -> Command {
    Command::Suspend { reason: sealed("spam") }
}

fn suspended() -> Event {
    Event::Suspended { reason: sealed("spam") }
}
