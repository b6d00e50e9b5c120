use proptest::{collection::vec, prelude::*};
use uuid::Uuid;

use super::*;
use crate::{
    id::{FamilyId, LoginId},
    laws,
    samples::{after, hash, hashes, times, token, user, workspace},
    testing::given,
};

#[test]
fn a_ticket_is_issued_once_and_spent_once() {
    given::<Ticket>([]).when(&Command::Issue(facts())).then([issued()]);
    given::<Ticket>([issued()])
        .when(&Command::Issue(facts()))
        .then_rejected(&Rejection::AlreadyIssued);
    given::<Ticket>([issued()]).when(&spend(1, 29)).then([Event::Spent {}]);
    given::<Ticket>([issued(), Event::Spent {}])
        .when(&spend(1, 29))
        .then_rejected(&Rejection::Spent);
}

#[test]
fn an_expired_a_wrong_and_an_unknown_one_are_not_spent() {
    given::<Ticket>([issued()]).when(&spend(1, 30)).then_rejected(&Rejection::Expired);
    given::<Ticket>([issued()]).when(&spend(2, 0)).then_rejected(&Rejection::NotFound);
    given::<Ticket>([]).when(&spend(1, 0)).then_rejected(&Rejection::NotFound);
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..10)) {
        laws::hold::<Ticket>(&commands);
    }
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        (0..4_u128).prop_map(|which| {
            let id = Uuid::from_u128(which);
            let session = |via| Credential::Session { via, user: user(1), workspace: workspace() };
            let credential = match which {
                0 => Credential::AgentToken { id: token(1) },
                1 => Credential::SessionToken { id: SessionTokenId::from_uuid(id) },
                2 => session(Via::Login(LoginId::from_uuid(id))),
                _ => session(Via::Family(FamilyId::from_uuid(id))),
            };
            Command::Issue(Issued { credential, ..facts() })
        }),
        (hashes(), times()).prop_map(|(presented, at)| Command::Spend(Spend { presented, at })),
    ]
}

fn facts() -> Issued {
    Issued {
        credential: Credential::AgentToken { id: token(1) },
        secret_sha256: hash(1),
        expires_at: after(30),
    }
}

fn issued() -> Event {
    Event::Issued(facts())
}

fn spend(secret: u8, seconds: i64) -> Command {
    Command::Spend(Spend { presented: hash(secret), at: after(seconds) })
}
