use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    laws,
    pairing::PairerId,
    samples::{MINUTE, after, times, user, users, workspace},
    testing::{given, noon},
};

#[test]
fn a_code_stands_for_one_pairing_at_a_time() {
    given::<PairingCode>([]).when(&reserve(1, 0)).then([reserved(1, 0)]);
    given::<PairingCode>([reserved(1, 0)]).when(&reserve(1, 0)).then_nothing();
    given::<PairingCode>([reserved(1, 0)]).when(&reserve(2, 0)).then_rejected(&Taken);
    given::<PairingCode>([reserved(1, 0)]).when(&reserve(2, 5 * MINUTE - 1)).then_rejected(&Taken);
}

#[test]
fn an_expired_code_is_free_again() {
    given::<PairingCode>([reserved(1, 0)])
        .when(&reserve(2, 5 * MINUTE))
        .then([reserved(2, 5 * MINUTE)]);
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec(((users(), times()), times()), 0..20)) {
        let commands: Vec<_> = commands
            .into_iter()
            .map(|((user, expires_at), at)| {
                let by = PairerId { workspace: workspace(), user };
                (Reserve { pairing_id: PairingId { by, number: 3 }, expires_at, at }, at)
            })
            .collect();
        laws::hold::<PairingCode>(&commands);
    }
}

fn pairing(number: u64) -> PairingId {
    PairingId { by: PairerId { workspace: workspace(), user: user(1) }, number }
}

fn reserve(number: u64, seconds: i64) -> Reserve {
    let (at, expires_at) = (after(seconds), after(seconds + 5 * MINUTE));
    assert!(at >= noon());
    Reserve { pairing_id: pairing(number), expires_at, at }
}

fn reserved(number: u64, seconds: i64) -> Event {
    Event::Reserved { pairing_id: pairing(number), expires_at: after(seconds + 5 * MINUTE) }
}
