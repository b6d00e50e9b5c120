use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    laws,
    samples::{times, user, users},
    testing::given,
};

#[test]
fn somebody_is_bound_to_one_person() {
    given::<ClerkUser>([]).when(&bind(1)).then([bound(1)]);
    given::<ClerkUser>([bound(1)]).when(&bind(1)).then_nothing();
    given::<ClerkUser>([bound(1)]).when(&bind(2)).then_rejected(&Rejection::BoundElsewhere);
}

#[test]
fn who_was_deleted_never_comes_back_whatever_came_first() {
    for history in [vec![], vec![bound(1)]] {
        given::<ClerkUser>(history).when(&Command::Delete).then([Event::Deleted {}]);
    }
    for history in [vec![Event::Deleted {}], vec![bound(1), Event::Deleted {}]] {
        given::<ClerkUser>(history.clone()).when(&bind(1)).then_rejected(&Rejection::Deleted);
        given::<ClerkUser>(history).when(&Command::Delete).then_nothing();
    }
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..12)) {
        laws::hold::<ClerkUser>(&commands);
    }
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![users().prop_map(|user_id| Command::Bind { user_id }), Just(Command::Delete)]
}

fn bind(number: u128) -> Command {
    Command::Bind { user_id: user(number) }
}

fn bound(number: u128) -> Event {
    Event::Bound { user_id: user(number) }
}
