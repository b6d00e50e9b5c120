use proptest::{collection::vec, prelude::*};
use uuid::Uuid;

use super::*;
use crate::{
    laws,
    samples::{after, times},
    testing::given,
};

#[test]
fn an_organisation_is_one_workspace() {
    given::<ClerkOrg>([]).when(&bind(1)).then([bound(1)]);
    given::<ClerkOrg>([bound(1)]).when(&bind(1)).then_nothing();
    given::<ClerkOrg>([bound(1)]).when(&bind(2)).then_rejected(&Rejection::BoundElsewhere);
}

#[test]
fn the_later_name_holds_whichever_comes_first() {
    given::<ClerkOrg>([bound(1)]).when(&name(5)).then([named(5)]);
    for (late, known) in [(4, 5), (5, 5)] {
        given::<ClerkOrg>([bound(1), named(known)]).when(&name(late)).then_nothing();
    }
    given::<ClerkOrg>([bound(1), named(5)]).when(&name(6)).then([named(6)]);
    given::<ClerkOrg>([]).when(&name(5)).then_rejected(&Rejection::Unknown);
}

#[test]
fn what_was_deleted_never_comes_back_whatever_came_first() {
    for history in [vec![], vec![bound(1)]] {
        given::<ClerkOrg>(history).when(&Command::Delete).then([Event::Deleted {}]);
    }
    for history in [vec![Event::Deleted {}], vec![bound(1), named(1), Event::Deleted {}]] {
        given::<ClerkOrg>(history.clone()).when(&bind(1)).then_rejected(&Rejection::Deleted);
        given::<ClerkOrg>(history.clone()).when(&name(9)).then_rejected(&Rejection::Deleted);
        given::<ClerkOrg>(history).when(&Command::Delete).then_nothing();
    }
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..12)) {
        laws::hold::<ClerkOrg>(&commands);
    }
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        (1..3_u128).prop_map(bind),
        times().prop_map(|source_updated_at| Command::Name { source_updated_at }),
        Just(Command::Delete),
    ]
}

fn bind(number: u128) -> Command {
    Command::Bind { workspace_id: workspace(number) }
}

fn bound(number: u128) -> Event {
    Event::Bound { workspace_id: workspace(number) }
}

fn name(second: i64) -> Command {
    Command::Name { source_updated_at: after(second) }
}

fn named(second: i64) -> Event {
    Event::Named { source_updated_at: after(second) }
}

fn workspace(number: u128) -> WorkspaceId {
    WorkspaceId::from_uuid(Uuid::from_u128(number))
}
