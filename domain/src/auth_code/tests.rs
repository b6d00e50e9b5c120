use proptest::{collection::vec, option, prelude::*};
use uuid::Uuid;

use super::*;
use crate::{
    Secret,
    id::OauthClientId,
    laws, oauth_grant,
    pkce::CodeVerifier,
    samples::{after, sealed, times, user},
    scope::{OauthScope, OauthScopes},
    testing::given,
    user::Revision,
};

const URI: &str = "http://localhost:1337/callback";

#[test]
fn a_code_is_issued_once_and_redeemed_once() {
    given::<AuthCode>([]).when(&issue()).then([issued()]);
    given::<AuthCode>([issued()]).when(&issue()).then_rejected(&Rejection::AlreadyIssued);
    given::<AuthCode>([issued()]).when(&redeem()).then([redeemed()]);
    given::<AuthCode>([issued(), redeemed()])
        .when(&redeem())
        .then_rejected(&Rejection::Redeemed(family()));
    given::<AuthCode>([]).when(&redeem()).then_rejected(&Rejection::Unknown);
}

#[test]
fn a_code_lives_until_it_expires() {
    let at = |seconds| Command::Redeem(Redeem { at: after(seconds), ..redemption() });
    given::<AuthCode>([issued()]).when(&at(59)).then([redeemed()]);
    given::<AuthCode>([issued()]).when(&at(60)).then_rejected(&Rejection::Expired);
}

#[test]
fn another_client_learns_nothing_and_spends_nothing() {
    let other = Command::Redeem(Redeem { client: client(2), ..redemption() });
    given::<AuthCode>([issued()]).when(&other).then_rejected(&Rejection::OtherClient);
    given::<AuthCode>([issued(), redeemed()]).when(&other).then_rejected(&Rejection::OtherClient);
}

#[test]
fn the_redirect_uri_is_the_one_of_the_request() {
    for uri in [Some("http://localhost:1338/callback"), Some(""), None] {
        let uri = uri.map(str::to_owned);
        given::<AuthCode>([issued()])
            .when(&Command::Redeem(Redeem { redirect_uri: uri, ..redemption() }))
            .then_rejected(&Rejection::RedirectUri);
    }
    let left_out = Issued { redirect_uri_stated: false, ..facts() };
    for uri in [None, Some(URI.to_owned())] {
        given::<AuthCode>([Event::Issued(Box::new(left_out.clone()))])
            .when(&Command::Redeem(Redeem { redirect_uri: uri, ..redemption() }))
            .then([redeemed()]);
    }
}

#[test]
fn a_challenge_is_met_and_nothing_is_met_without_one() {
    let with = |verifier: Option<&str>| {
        let verifier = verifier.map(CodeVerifier::parse);
        Command::Redeem(Redeem { verifier, ..redemption() })
    };
    let refuse = |event: Event, verifier: Option<&str>, why| {
        given::<AuthCode>([event]).when(&with(verifier)).then_rejected(&why);
    };
    refuse(issued(), None, Rejection::VerifierMissing);
    refuse(issued(), Some("short"), Rejection::VerifierMalformed(InvalidPkce::Length));
    refuse(issued(), Some(&"b".repeat(43)), Rejection::VerifierWrong);
    let bare = Event::Issued(Box::new(Issued { challenge: None, ..facts() }));
    refuse(bare.clone(), Some(&"a".repeat(43)), Rejection::VerifierUnasked);
    given::<AuthCode>([bare]).when(&with(None)).then([redeemed()]);
}

#[test]
fn a_replay_is_recorded_once() {
    given::<AuthCode>([issued(), redeemed()]).when(&Command::Replay).then([Event::Replayed {}]);
    given::<AuthCode>([issued(), redeemed(), Event::Replayed {}])
        .when(&Command::Replay)
        .then_nothing();
    given::<AuthCode>([issued()]).when(&Command::Replay).then_nothing();
}

#[test]
fn a_code_finds_its_stream() {
    let id = AuthCodeId::of(&Secret::new("abc".to_owned()));
    assert_eq!(id.to_string(), "ba7816bf8f01cfea414140de5dae2223");
    assert_eq!(id.to_string().parse(), Ok(id));
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..20)) {
        laws::hold::<AuthCode>(&commands);
    }
}

fn commands() -> impl Strategy<Value = Command> {
    let verifiers = option::of("[ab]{43}");
    prop_oneof![
        Just(issue()),
        (verifiers, times(), 1..3_u128).prop_map(|(verifier, at, number)| {
            let verifier = verifier.map(|text| CodeVerifier::parse(&text));
            Command::Redeem(Redeem { client: client(number), verifier, at, ..redemption() })
        }),
        Just(Command::Replay),
    ]
}

fn client(number: u128) -> OauthClientId {
    OauthClientId::from_uuid(Uuid::from_u128(number))
}

fn family() -> FamilyId {
    FamilyId::from_uuid(Uuid::from_u128(0xfa))
}

fn verifier() -> CodeVerifier {
    CodeVerifier::parse(&"a".repeat(43)).unwrap()
}

fn facts() -> Issued {
    Issued {
        client: client(1),
        user: user(1),
        user_revision: Revision::from_number(2),
        grant_revision: oauth_grant::Revision::from_number(1),
        redirect_uri: URI.into(),
        redirect_uri_stated: true,
        challenge: Some(verifier().challenge()),
        scopes: OauthScopes::from_iter([OauthScope::Openid]),
        nonce: Some(sealed("n-0S6_WzA2Mj")),
        auth_time: after(-60),
        expires_at: after(60),
    }
}

fn issue() -> Command {
    Command::Issue(Box::new(facts()))
}

fn issued() -> Event {
    Event::Issued(Box::new(facts()))
}

fn redemption() -> Redeem {
    Redeem {
        client: client(1),
        redirect_uri: Some(URI.into()),
        verifier: Some(Ok(verifier())),
        family_id: family(),
        at: after(0),
    }
}

fn redeem() -> Command {
    Command::Redeem(redemption())
}

fn redeemed() -> Event {
    Event::Redeemed { family_id: family() }
}
