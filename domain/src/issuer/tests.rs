use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{laws, samples::times, testing::given};

#[test]
fn the_first_issuer_is_pinned() {
    given::<PinnedIssuer>([])
        .when(&pin("https://a.example", false))
        .then([pinned("https://a.example")]);
    given::<PinnedIssuer>([pinned("https://a.example")])
        .when(&pin("https://a.example", false))
        .then_nothing();
}

#[test]
fn another_is_refused_unless_it_is_wished_for() {
    let history = [pinned("https://a.example")];
    for other in ["https://b.example", "https://a.example/", "http://a.example"] {
        given::<PinnedIssuer>(&history)
            .when(&pin(other, false))
            .then_rejected(&Rejection::Changed(issuer("https://a.example")));
        given::<PinnedIssuer>(&history).when(&pin(other, true)).then([pinned(other)]);
    }
}

#[test]
fn an_issuer_is_kept_as_it_was_written() {
    for text in ["https://a.example", "https://a.example/", "http://127.0.0.1:8080"] {
        assert_eq!(issuer(text).as_str(), text);
    }
    assert_eq!(issuer("https://a.example/").at("/oauth/token"), "https://a.example/oauth/token");
}

#[test]
fn an_issuer_is_the_address_of_a_site_and_nothing_more() {
    for text in [
        "",
        "a.example",
        "ftp://a.example",
        "https://a.example/path",
        "https://a.example?x",
        "https://a.example#x",
        "https://user@a.example",
        "https://A.example",
        "https://a.example:443",
        "https://bücher.example",
    ] {
        assert!(text.parse::<Issuer>().is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..10)) {
        laws::hold::<PinnedIssuer>(&commands);
    }
}

fn commands() -> impl Strategy<Value = Command> {
    let names = prop_oneof![Just("https://a.example"), Just("https://b.example")];
    (names, any::<bool>()).prop_map(|(name, accept_change)| pin(name, accept_change))
}

fn issuer(text: &str) -> Issuer {
    text.parse().unwrap()
}

fn pin(text: &str, accept_change: bool) -> Command {
    Command::Pin { issuer: issuer(text), accept_change }
}

fn pinned(text: &str) -> Event {
    Event::Pinned { issuer: issuer(text) }
}
