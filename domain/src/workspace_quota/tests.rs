use proptest::{collection::vec, option, prelude::*};

use super::*;
use crate::{
    id::TokenId,
    laws,
    samples::{DAY, HOUR, MINUTE, after, times, token, tokens, user, users},
    testing::{given, noon},
};

#[test]
fn slots_are_taken_up_to_the_limit() {
    given::<WorkspaceQuota>([]).when(&take(1, 2)).then([taken(1)]);
    given::<WorkspaceQuota>([taken(1)]).when(&take(2, 2)).then([taken(2)]);
    given::<WorkspaceQuota>([taken(1), taken(2)])
        .when(&take(3, 2))
        .then_rejected(&Rejection::LimitReached);
}

#[test]
fn taking_a_slot_again_is_taking_it_once() {
    given::<WorkspaceQuota>([taken(1)]).when(&take(1, 1)).then_nothing();
}

#[test]
fn a_plan_without_tokens_has_no_slots() {
    given::<WorkspaceQuota>([]).when(&take(1, 0)).then_rejected(&Rejection::LimitReached);
}

#[test]
fn an_expired_token_does_not_count() {
    let short = Event::Taken { token_id: token(1), created_by: user(1), until: Some(after(DAY)) };
    let later = |at| {
        let (token_id, created_by) = (token(2), user(1));
        Command::TakeSlot(TakeSlot { token_id, created_by, until: None, limit: 1, at })
    };
    given::<WorkspaceQuota>([short.clone()])
        .when(&later(after(DAY - 1)))
        .then_rejected(&Rejection::LimitReached);
    given::<WorkspaceQuota>([short]).when(&later(after(DAY))).then([taken(2)]);
}

#[test]
fn a_rotation_is_in_the_fold_twice_and_counts_once() {
    given::<WorkspaceQuota>([taken(1)]).when(&pass(1, 2)).then([passed(1, 2)]);
    given::<WorkspaceQuota>([taken(1), passed(1, 2)]).when(&pass(1, 2)).then_nothing();

    let quota = fold(&[taken(1), passed(1, 2)]);
    assert_eq!(quota.counted(noon()), 1);
    assert_eq!(live(&quota, noon()), [token(1), token(2)]);
    assert_eq!(live(&quota, after(2 * HOUR)), [token(2)]);
}

#[test]
fn a_slot_is_passed_on_once() {
    given::<WorkspaceQuota>([taken(1), passed(1, 2)])
        .when(&pass(1, 3))
        .then_rejected(&Rejection::AlreadyPassed);
}

#[test]
fn an_expired_token_has_no_slot_to_pass_on() {
    let late = |limit| Command::PassSlot(PassSlot { at: after(DAY), limit, ..passing(1, 2) });
    let short = Event::Taken { token_id: token(1), created_by: user(1), until: Some(after(DAY)) };
    given::<WorkspaceQuota>([short.clone()]).when(&late(1)).then([taken(2)]);
    given::<WorkspaceQuota>([short, taken(3)])
        .when(&late(1))
        .then_rejected(&Rejection::LimitReached);
    given::<WorkspaceQuota>([taken(2)]).when(&late(1)).then_nothing();
}

#[test]
fn a_replacement_belongs_to_whoever_creates_it() {
    let by_other = PassSlot { created_by: user(2), ..passing(1, 2) };
    let quota = fold(&[taken(1)]);
    let events = quota.decide(&Command::PassSlot(by_other)).unwrap();
    let quota = quota.evolve(&events[0], noon());
    assert!(quota.live_of(user(2), noon()).map(|(id, _)| id).eq([token(2)]));
}

#[test]
fn a_replacement_that_never_appeared_gives_its_slot_back() {
    let quota = fold(&[taken(1), passed(1, 2), freed(2, FreedCause::Abandoned)]);
    assert_eq!((quota.counted(noon()), live(&quota, noon())), (1, vec![token(1)]));
}

#[test]
fn a_replacement_that_was_revoked_brings_nothing_back() {
    let quota = fold(&[taken(1), passed(1, 2), freed(2, FreedCause::Revoked)]);
    assert_eq!(quota.counted(noon()), 0);
}

#[test]
fn freeing_twice_is_freeing_once() {
    let free = |cause| Command::FreeSlot(FreeSlot { token_id: token(1), cause });
    given::<WorkspaceQuota>([taken(1)])
        .when(&free(FreedCause::Revoked))
        .then([freed(1, FreedCause::Revoked)]);
    given::<WorkspaceQuota>([]).when(&free(FreedCause::Abandoned)).then_nothing();
    given::<WorkspaceQuota>([taken(1), freed(1, FreedCause::Revoked)])
        .when(&take(2, 1))
        .then([taken(2)]);
}

#[test]
fn the_tokens_of_one_member_are_told_apart() {
    let other = Event::Taken { token_id: token(2), created_by: user(2), until: None };
    let quota = fold(&[taken(1), other]);
    assert!(quota.live_of(user(2), noon()).map(|(id, _)| id).eq([token(2)]));
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..40)) {
        laws::hold::<WorkspaceQuota>(&commands);
    }

    #[test]
    fn what_counts_is_counted(commands in vec((commands(), times()), 0..40), now in times()) {
        let mut quota = WorkspaceQuota::default();
        for (command, at) in commands {
            for event in quota.decide(&command).unwrap_or_default() {
                quota = quota.evolve(&event, at);
            }
            let counted = quota.slots.iter().filter(|(_, slot)| slot.counts(now)).count();
            prop_assert_eq!(quota.counted(now), counted);
        }
    }

    #[test]
    fn the_limit_holds_whatever_is_asked(commands in vec(commands(), 0..60)) {
        let mut quota = WorkspaceQuota::default();
        for command in commands {
            for event in quota.decide(&command).unwrap_or_default() {
                quota = quota.evolve(&event, noon());
            }
            prop_assert!(quota.counted(noon()) <= LIMIT as usize);
        }
    }
}

const LIMIT: u32 = 3;

fn commands() -> impl Strategy<Value = Command> {
    let until = || option::of(times());
    prop_oneof![
        4 => (tokens(), users(), until()).prop_map(|(token_id, created_by, until)| {
            Command::TakeSlot(TakeSlot { token_id, created_by, until, limit: LIMIT, at: noon() })
        }),
        2 => (tokens(), tokens(), times(), until()).prop_map(|(from, to, overlap_ends_at, until)| {
            let (created_by, limit, at) = (user(1), LIMIT, noon());
            Command::PassSlot(PassSlot { from, to, created_by, overlap_ends_at, until, limit, at })
        }),
        2 => (tokens(), any::<bool>()).prop_map(|(token_id, revoked)| {
            let cause = if revoked { FreedCause::Revoked } else { FreedCause::Abandoned };
            Command::FreeSlot(FreeSlot { token_id, cause })
        }),
    ]
}

fn fold(history: &[Event]) -> WorkspaceQuota {
    WorkspaceQuota::fold(history.iter().map(|event| (event, noon())))
}

fn live(quota: &WorkspaceQuota, at: Time) -> Vec<TokenId> {
    quota.live(at).map(|(id, _)| id).collect()
}

fn take(number: u128, limit: u32) -> Command {
    let (token_id, created_by, at) = (token(number), user(1), noon());
    Command::TakeSlot(TakeSlot { token_id, created_by, until: None, limit, at })
}

fn taken(number: u128) -> Event {
    Event::Taken { token_id: token(number), created_by: user(1), until: None }
}

fn passing(from: u128, to: u128) -> PassSlot {
    PassSlot {
        from: token(from),
        to: token(to),
        created_by: user(1),
        overlap_ends_at: after(MINUTE),
        until: None,
        limit: 1,
        at: noon(),
    }
}

fn pass(from: u128, to: u128) -> Command {
    Command::PassSlot(passing(from, to))
}

fn passed(from: u128, to: u128) -> Event {
    Event::Passed {
        from: token(from),
        to: token(to),
        created_by: user(1),
        overlap_ends_at: after(MINUTE),
        until: None,
    }
}

fn freed(number: u128, cause: FreedCause) -> Event {
    Event::Freed { token_id: token(number), cause }
}
