use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{laws, samples::times, testing::given};

#[test]
fn guesses_are_counted_and_at_a_hundredth_the_breaker_trips_once() {
    given::<PairingGuard>([]).when(&count(50, 1_000)).then([counted(50, 1_000)]);
    let before = vec![counted(450, 9_000)];
    let tripped = Event::BreakerTripped { risk: 10_000 };
    given::<PairingGuard>(&before).when(&count(49, 999)).then([counted(49, 999)]);
    given::<PairingGuard>(&before)
        .when(&count(50, 1_000))
        .then([counted(50, 1_000), tripped.clone()]);
    let after = [before, vec![counted(50, 1_000), tripped]].concat();
    given::<PairingGuard>(after).when(&count(50, 1_000)).then([counted(50, 1_000)]);
}

#[test]
fn nothing_to_count_is_nothing_to_say() {
    given::<PairingGuard>([]).when(&count(0, 0)).then_nothing();
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec(((any::<u64>(), any::<u64>()), times()), 0..20)) {
        let commands: Vec<_> =
            commands.into_iter().map(|((wrong, risk), at)| (count(wrong, risk), at)).collect();
        laws::hold::<PairingGuard>(&commands);
    }
}

fn count(wrong: u64, risk: u64) -> Count {
    Count { node: "node-1".into(), wrong, risk }
}

fn counted(wrong: u64, risk: u64) -> Event {
    Event::GuessesCounted { node: "node-1".into(), wrong, risk }
}
