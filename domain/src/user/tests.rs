use proptest::{collection::vec, option, prelude::*};

use super::*;
use crate::{
    digest::Digest,
    id::SubjectId,
    keyed_id::ClerkUserId,
    laws,
    samples::{HOUR, MINUTE, after, sealed, sealed_texts, times, user, vault_ref},
    testing::{given, noon},
};

#[test]
fn a_person_registers_once_with_their_credential() {
    let set = Event::CredentialSet(credential(1));
    given::<User>([]).when(&register(Some(credential(1)))).then([registered(), set]);
    given::<User>([]).when(&register(None)).then([registered()]);
    given::<User>([registered()])
        .when(&register(None))
        .then_rejected(&Rejection::AlreadyRegistered);
}

#[test]
fn nothing_is_asked_of_somebody_unknown() {
    for command in [Command::Unlock, deactivate(), Command::EndCredentials { cause: Cause::User }] {
        given::<User>([]).when(&command).then_rejected(&Rejection::NotFound);
        given::<User>([Event::Abandoned {}]).when(&command).then_rejected(&Rejection::NotFound);
    }
}

#[test]
fn a_credential_is_replaced_by_another_one() {
    let set = Command::SetCredential(credential(2));
    let is_set = Event::CredentialSet(credential(2));
    given::<User>([registered()]).when(&set).then([is_set.clone()]);
    given::<User>([registered(), is_set]).when(&set).then_nothing();
    given::<User>([registered(), deactivated()]).when(&set).then_rejected(&Rejection::Deactivated);
}

#[test]
fn a_membership_is_recorded_where_it_differs() {
    let lifetime = Membership {
        roles: [MembershipRole::Member, MembershipRole::LifetimePremium].into(),
        ..Membership::default()
    };
    let change = Command::ChangeMembership(lifetime.clone());
    let changed = Event::MembershipChanged(lifetime);
    given::<User>([registered()]).when(&change).then([changed.clone()]);
    given::<User>([registered(), changed]).when(&change).then_nothing();
}

#[test]
fn the_names_of_memberships_are_the_ones_in_tokens() {
    use MembershipRole::{LifetimePremium, Member, Premium, Supporter};
    for role in [Member, Supporter, Premium, LifetimePremium] {
        assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
    }
}

#[test]
fn a_lock_is_only_ever_made_longer() {
    given::<User>([registered()]).when(&lock(MINUTE)).then([locked(MINUTE)]);
    given::<User>([registered(), locked(HOUR)]).when(&lock(MINUTE)).then_nothing();
    given::<User>([registered(), locked(MINUTE)]).when(&lock(HOUR)).then([locked(HOUR)]);
    given::<User>([registered()]).when(&lock(0)).then_nothing();
}

#[test]
fn a_lock_ends_by_itself_or_by_being_opened() {
    let locked_for_a_minute = person(&[registered(), locked(MINUTE)]);
    assert!(locked_for_a_minute.is_locked(after(MINUTE - 1)));
    assert!(!locked_for_a_minute.is_locked(after(MINUTE)));

    given::<User>([registered(), locked(HOUR)]).when(&Command::Unlock).then([Event::Unlocked {}]);
    given::<User>([registered()]).when(&Command::Unlock).then_nothing();
}

#[test]
fn deactivating_twice_is_deactivating_once_and_can_be_undone() {
    let reactivate = Command::Reactivate { cause: Cause::Operator };
    let reactivated = Event::Reactivated { cause: Cause::Operator };
    given::<User>([registered()]).when(&deactivate()).then([deactivated()]);
    given::<User>([registered(), deactivated()]).when(&deactivate()).then_nothing();
    given::<User>([registered(), deactivated()]).when(&reactivate).then([reactivated]);
    given::<User>([registered()]).when(&reactivate).then_nothing();
}

#[test]
fn ended_credentials_void_what_was_decided_before_and_nothing_after() {
    let before = person(&[registered()]);
    assert!(before.accepts_credentials_of(before.revision));

    let after = person(&[registered(), ended()]);
    assert!(!after.accepts_credentials_of(before.revision));
    assert!(after.accepts_credentials_of(after.revision));

    let later = person(&[registered(), ended(), locked(HOUR), Event::Unlocked {}]);
    assert!(later.accepts_credentials_of(after.revision));
    assert!(!later.accepts_credentials_of(before.revision));
}

#[test]
fn credentials_can_be_ended_again_and_again() {
    let end = Command::EndCredentials { cause: Cause::User };
    given::<User>([registered(), ended()]).when(&end).then([ended()]);
    given::<User>([registered(), deactivated()]).when(&end).then_nothing();
}

#[test]
fn a_reactivated_person_must_sign_in_anew() {
    let before = person(&[registered()]);
    let gone = person(&[registered(), deactivated()]);
    assert!(!gone.accepts_credentials_of(before.revision));
    assert!(!gone.accepts_credentials_of(gone.revision));

    let back =
        person(&[registered(), deactivated(), Event::Reactivated { cause: Cause::Operator }]);
    assert!(!back.accepts_credentials_of(before.revision));
    assert!(back.accepts_credentials_of(back.revision));
}

#[test]
fn a_summary_does_not_shift_the_count_of_facts() {
    let state = User::fold([(&registered(), noon()), (&ended(), noon())]);
    let summary = state.summarise().unwrap();
    assert_eq!(User::default().evolve(&summary, noon()), state);
}

#[test]
fn an_id_given_up_is_never_used() {
    given::<User>([]).when(&Command::Abandon).then([Event::Abandoned {}]);
    given::<User>([Event::Abandoned {}]).when(&Command::Abandon).then_nothing();
    given::<User>([Event::Abandoned {}]).when(&register(None)).then_rejected(&Rejection::Abandoned);
    given::<User>([registered()])
        .when(&Command::Abandon)
        .then_rejected(&Rejection::AlreadyRegistered);
}

#[test]
fn a_person_is_linked_to_one_account_of_the_provider() {
    given::<User>([registered()]).when(&Command::LinkClerk(clerk_user(1))).then([linked(1)]);
    given::<User>([registered(), linked(1)])
        .when(&Command::LinkClerk(clerk_user(1)))
        .then_nothing();
    given::<User>([registered(), linked(1)])
        .when(&Command::LinkClerk(clerk_user(2)))
        .then_rejected(&Rejection::LinkedElsewhere);
}

#[test]
fn what_the_provider_said_later_holds_whenever_it_comes() {
    let known = [registered(), profile_changed(MINUTE)];
    given::<User>([registered()])
        .when(&change_profile(after(MINUTE), false))
        .then([profile_changed(MINUTE)]);
    given::<User>(known.clone()).when(&change_profile(after(MINUTE), false)).then_nothing();
    given::<User>(known.clone())
        .when(&change_profile(after(0), true))
        .then([ignored(0, IgnoredReason::Late)]);
    given::<User>(known).when(&change_profile(after(HOUR), false)).then([profile_changed(HOUR)]);
}

#[test]
fn a_ban_of_the_provider_comes_and_goes_with_what_it_says() {
    let banned = Event::Deactivated { cause: Cause::Clerk };
    given::<User>([registered()])
        .when(&change_profile(after(0), true))
        .then([profile_changed(0), banned.clone()]);
    given::<User>([registered(), banned])
        .when(&change_profile(after(0), false))
        .then([profile_changed(0), Event::Reactivated { cause: Cause::Clerk }]);
    // An operator's word is not the provider's to take back.
    given::<User>([registered(), deactivated()])
        .when(&change_profile(after(0), false))
        .then([profile_changed(0)]);
}

#[test]
fn who_is_to_be_erased_does_not_come_back() {
    let erasing = Event::Deactivated { cause: Cause::Erased };
    let banned = Event::Deactivated { cause: Cause::Clerk };
    let ask = Command::Deactivate { cause: Cause::Erased };
    given::<User>([registered(), banned.clone()]).when(&ask).then([erasing.clone()]);
    let history = [registered(), erasing];
    given::<User>(history.clone()).when(&ask).then_nothing();
    given::<User>(history.clone())
        .when(&Command::Reactivate { cause: Cause::Clerk })
        .then_rejected(&Rejection::Deactivated);
    given::<User>(history.clone())
        .when(&change_profile(after(0), false))
        .then([ignored(0, IgnoredReason::Erased)]);
    given::<User>(history.clone()).when(&erase()).then([erased()]);
    let [first, second] = history;
    given::<User>([first, second, erased()]).when(&erase()).then_nothing();
    given::<User>([registered()]).when(&erase()).then_rejected(&Rejection::NotErasing);
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..40)) {
        laws::hold::<User>(&commands);
    }
}

fn commands() -> impl Strategy<Value = Command> {
    let credential = || (1..4_u128).prop_map(credential);
    let cause = || prop_oneof![Just(Cause::User), Just(Cause::Clerk)];
    prop_oneof![
        4 => (sealed_texts(), option::of(credential())).prop_map(|(handle, credential)| {
            Command::Register(Register { handle, credential, ..registration() })
        }),
        2 => credential().prop_map(Command::SetCredential),
        2 => (1..3_u32, option::of(times())).prop_map(|(group_id, premium_expiry)| {
            let membership = Membership { premium_expiry, group_id, ..Membership::default() };
            Command::ChangeMembership(membership)
        }),
        4 => (times(), times()).prop_map(|(until, at)| {
            Command::Lock(Lock { until, cause: LockCause::Guessing, at })
        }),
        2 => Just(Command::Unlock),
        2 => cause().prop_map(|cause| Command::EndCredentials { cause }),
        2 => cause().prop_map(|cause| Command::Deactivate { cause }),
        2 => cause().prop_map(|cause| Command::Reactivate { cause }),
        2 => (1..3_u8).prop_map(|number| Command::LinkClerk(clerk_user(number))),
        3 => (times(), any::<bool>()).prop_map(|(at, banned)| change_profile(at, banned)),
        1 => Just(Command::Deactivate { cause: Cause::Erased }),
        1 => Just(erase()),
        1 => Just(Command::Abandon),
    ]
}

fn person(history: &[Event]) -> Person {
    User::fold(history.iter().map(|event| (event, noon()))).person().unwrap().clone()
}

fn registration() -> Register {
    Register {
        number: 12_345,
        handle: sealed("ada"),
        origin: Origin::Register,
        subject_key_id: SubjectId::from(user(1)),
        credential: None,
    }
}

fn register(credential: Option<Credential>) -> Command {
    Command::Register(Register { credential, ..registration() })
}

fn registered() -> Event {
    let Register { number, handle, origin, subject_key_id, .. } = registration();
    Event::Registered { number, handle, origin, subject_key_id }
}

fn credential(number: u128) -> Credential {
    Credential { vault_ref: vault_ref(number), kdf: "argon2id,m=19456,t=2,p=1".into() }
}

fn lock(seconds: i64) -> Command {
    Command::Lock(Lock { until: after(seconds), cause: LockCause::Guessing, at: noon() })
}

fn locked(seconds: i64) -> Event {
    Event::Locked { until: after(seconds), cause: LockCause::Guessing }
}

fn ended() -> Event {
    Event::CredentialsEnded { cause: Cause::User }
}

fn deactivate() -> Command {
    Command::Deactivate { cause: Cause::Operator }
}

fn deactivated() -> Event {
    Event::Deactivated { cause: Cause::Operator }
}

fn clerk_user(number: u8) -> ClerkUserId {
    ClerkUserId::of(&[number; 32])
}

fn linked(number: u8) -> Event {
    Event::ClerkLinked { clerk_user_id_hmac: clerk_user(number) }
}

fn change_profile(source_updated_at: Time, banned: bool) -> Command {
    let profile = sealed("profile");
    Command::ChangeProfile(ChangeProfile { profile, source_updated_at, banned })
}

fn profile_changed(seconds: i64) -> Event {
    Event::ProfileChanged { profile: sealed("profile"), source_updated_at: after(seconds) }
}

fn ignored(seconds: i64, reason: IgnoredReason) -> Event {
    Event::ProfileChangeIgnored { source_updated_at: after(seconds), reason }
}

fn erase() -> Command {
    Command::Erase { keys_destroyed: 2, receipt_hash: Digest::of("receipt") }
}

fn erased() -> Event {
    Event::Erased { keys_destroyed: 2, receipt_hash: Digest::of("receipt") }
}
