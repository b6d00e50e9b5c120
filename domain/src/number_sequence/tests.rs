use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    laws,
    samples::times,
    testing::{given, noon},
};

#[test]
fn blocks_follow_one_another_from_one() {
    given::<NumberSequence>([]).when(&take(100)).then([block(1, 100)]);
    given::<NumberSequence>([block(1, 100)]).when(&take(1)).then([block(101, 101)]);
}

#[test]
fn a_block_is_not_empty() {
    given::<NumberSequence>([]).when(&take(0)).then_rejected(&Rejection::Empty);
}

#[test]
fn numbers_end_without_starting_over() {
    given::<NumberSequence>([block(1, u64::MAX - 1)])
        .when(&take(1))
        .then([block(u64::MAX, u64::MAX)]);
    for last in [u64::MAX - 1, u64::MAX] {
        given::<NumberSequence>([block(1, last)])
            .when(&take(2))
            .then_rejected(&Rejection::Exhausted);
    }
}

#[test]
fn the_newest_block_says_all() {
    let whole = NumberSequence::fold([(&block(1, 10), noon()), (&block(11, 20), noon())]);
    assert_eq!(whole, NumberSequence::fold([(&block(11, 20), noon())]));
}

#[test]
fn a_sequence_is_written_as_it_is_read() {
    for sequence in [Sequence::User, Sequence::Application] {
        assert_eq!(sequence.to_string().parse(), Ok(sequence));
    }
    assert!("token".parse::<Sequence>().is_err());
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec(((0..5_u32).prop_map(take), times()), 0..20)) {
        laws::hold::<NumberSequence>(&commands);
    }
}

fn take(size: u32) -> Command {
    Command::TakeBlock { size }
}

fn block(from: u64, to: u64) -> Event {
    Event::BlockTaken { from, to }
}
