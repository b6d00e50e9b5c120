use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    laws,
    samples::{after, times},
    testing::given,
};

#[test]
fn the_first_to_claim_a_reactor_holds_it() {
    given::<ReactorCursor>([]).when(&claim("a", 0)).then([at(None, "a", 10)]);
    given::<ReactorCursor>([at(None, "a", 10)]).when(&claim("a", 5)).then([at(None, "a", 15)]);
    given::<ReactorCursor>([at(None, "a", 10)]).when(&claim("a", 0)).then_nothing();
    given::<ReactorCursor>([at(None, "a", 10)])
        .when(&claim("b", 9))
        .then_rejected(&Rejection::Held);
}

#[test]
fn another_node_goes_on_where_the_last_one_stopped() {
    given::<ReactorCursor>([at(Some("7"), "a", 10)]).when(&claim("b", 10)).then([at(
        Some("7"),
        "b",
        20,
    )]);
}

#[test]
fn only_its_holder_moves_a_cursor() {
    let history = [at(None, "a", 10)];
    given::<ReactorCursor>(&history).when(&advance("a", "7", 15)).then([at(Some("7"), "a", 15)]);
    given::<ReactorCursor>(&history).when(&advance("b", "7", 15)).then_rejected(&Rejection::Held);
    given::<ReactorCursor>([]).when(&advance("a", "7", 15)).then_rejected(&Rejection::Held);
    given::<ReactorCursor>([at(Some("7"), "a", 10)]).when(&advance("a", "7", 15)).then_nothing();
}

#[test]
fn a_reactor_is_called_by_a_short_word() {
    const KEEPER: ReactorName = ReactorName::new("slot_keeper");
    assert_eq!(KEEPER.to_string().parse(), Ok(KEEPER));
    for wrong in ["", "Slot", "slot-keeper", "slot keeper", &"x".repeat(33)] {
        assert!(wrong.parse::<ReactorName>().is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..20)) {
        laws::hold::<ReactorCursor>(&commands);
    }
}

fn commands() -> impl Strategy<Value = Command> {
    let node = || prop_oneof![Just("a"), Just("b")];
    prop_oneof![
        (node(), 0..100_i64).prop_map(|(node, seconds)| claim(node, seconds)),
        (node(), "[0-9]", 0..100_i64)
            .prop_map(|(node, position, until)| { advance(node, &position, until) }),
    ]
}

/// Claims at a moment, for ten seconds.
fn claim(node: &str, seconds: i64) -> Command {
    Command::Claim(Claim { node: node.into(), until: after(seconds + 10), at: after(seconds) })
}

fn advance(node: &str, position: &str, until: i64) -> Command {
    let (node, position, until) = (node.into(), position.into(), after(until));
    Command::Advance(Advance { node, position, until })
}

fn at(position: Option<&str>, node: &str, until: i64) -> Event {
    let (position, node, until) = (position.map(Into::into), node.into(), after(until));
    Event::At(Lease { position, node, until })
}
