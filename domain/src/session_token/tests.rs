use proptest::{collection::vec, option, prelude::*};
use uuid::Uuid;

use super::*;
use crate::{
    id::{FamilyId, LoginId},
    laws,
    samples::{MINUTE, after, hash, times, user, users, workspace},
    testing::given,
    user,
};

#[test]
fn a_session_token_is_issued_once() {
    let issued = Event::Issued(Box::new(facts()));
    given::<SessionToken>([]).when(&Issue(facts())).then([issued.clone()]);
    given::<SessionToken>([issued]).when(&Issue(facts())).then_rejected(&AlreadyIssued);
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..5)) {
        laws::hold::<SessionToken>(&commands);
    }
}

fn commands() -> impl Strategy<Value = Issue> {
    (users(), any::<bool>(), option::of(Just("chat-preview"))).prop_map(|(user, browser, word)| {
        let family = Via::Family(FamilyId::from_uuid(Uuid::from_u128(1)));
        let via = if browser { facts().via } else { family };
        let channel = word.map(|word| Channel::parse(word).unwrap());
        Issue(Issued { user, via, channel, ..facts() })
    })
}

fn facts() -> Issued {
    Issued {
        user: user(1),
        workspace: workspace(),
        secret_sha256: hash(1),
        via: Via::Login(LoginId::from_uuid(Uuid::from_u128(1))),
        expires_at: after(5 * MINUTE),
        channel: None,
        user_revision: user::Revision::from_number(1),
    }
}
