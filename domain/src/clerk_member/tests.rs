use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    laws,
    samples::{after, times, user, workspace},
    testing::given,
};

const MEMBER: Option<Role> = Some(Role::Member);
const ADMIN: Option<Role> = Some(Role::Admin);

#[test]
fn what_is_said_later_holds_whichever_comes_first() {
    given::<ClerkMember>([]).when(&say(MEMBER, 5)).then([said(MEMBER, 5)]);
    given::<ClerkMember>([said(MEMBER, 5)]).when(&say(ADMIN, 6)).then([said(ADMIN, 6)]);
    for (role, at) in [(ADMIN, 4), (ADMIN, 5), (None, 5), (MEMBER, 9)] {
        given::<ClerkMember>([said(MEMBER, 5)]).when(&say(role, at)).then_nothing();
    }
}

#[test]
fn who_left_is_not_brought_back_by_what_comes_late() {
    given::<ClerkMember>([]).when(&say(None, 5)).then([said(None, 5)]);
    given::<ClerkMember>([said(None, 5)]).when(&say(MEMBER, 3)).then_nothing();
    given::<ClerkMember>([said(None, 5)]).when(&say(MEMBER, 7)).then([said(MEMBER, 7)]);
}

#[test]
fn it_is_applied_once_and_only_what_was_said_last() {
    let applied = Event::Applied { source_updated_at: after(5) };
    given::<ClerkMember>([said(MEMBER, 5)]).when(&apply(5)).then([applied]);
    given::<ClerkMember>([said(MEMBER, 5), applied]).when(&apply(5)).then_nothing();
    given::<ClerkMember>([said(MEMBER, 5), said(ADMIN, 6)]).when(&apply(5)).then_nothing();
    given::<ClerkMember>([]).when(&apply(5)).then_nothing();
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..12)) {
        laws::hold::<ClerkMember>(&commands);
    }
}

fn commands() -> impl Strategy<Value = Command> {
    let role = proptest::option::of(proptest::sample::select(Role::ALL.to_vec()));
    prop_oneof![(role, 0..20_i64).prop_map(|(role, at)| say(role, at)), (0..20_i64).prop_map(apply),]
}

fn say(role: Option<Role>, second: i64) -> Command {
    let (workspace_id, user_id) = (workspace(), user(1));
    Command::Say { workspace_id, user_id, role, source_updated_at: after(second) }
}

fn said(role: Option<Role>, second: i64) -> Event {
    let (workspace_id, user_id) = (workspace(), user(1));
    Event::Said { workspace_id, user_id, role, source_updated_at: after(second) }
}

fn apply(second: i64) -> Command {
    Command::Apply { source_updated_at: after(second) }
}
