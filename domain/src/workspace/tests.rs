use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    cidr::Cidrs,
    laws,
    plan::Plan,
    role::Role,
    samples::{sealed, sealed_texts, times, user, users},
    testing::{given, noon},
};

const OWNER: u128 = 1;
const ADMIN: u128 = 2;
const VIEWER: u128 = 3;
const AUDITOR: u128 = 4;
const STRANGER: u128 = 9;

#[test]
fn a_workspace_begins_with_its_owner() {
    given::<Workspace>([]).when(&create()).then([created()]);
    given::<Workspace>([created()]).when(&create()).then_rejected(&Rejection::AlreadyCreated);
    let workspace = Workspace::fold([(&created(), noon())]);
    assert_eq!(workspace.role_of(user(OWNER)), Some(Role::Owner));
    assert_eq!(workspace.role_of(user(STRANGER)), None);
}

#[test]
fn nothing_is_asked_of_a_workspace_that_is_not_there() {
    for command in [rename(OWNER), add(OWNER, STRANGER, Role::Viewer), remove(OWNER, ADMIN)] {
        given::<Workspace>([]).when(&command).then_rejected(&Rejection::NotFound);
    }
}

#[test]
fn an_owner_may_lower_the_plan_and_not_raise_it() {
    let lowered = changed_plan(Plan::Pro, Plan::Free, PlanSource::Owner);
    given::<Workspace>([created()]).when(&plan(member(OWNER), Plan::Free)).then([lowered]);
    given::<Workspace>([created()]).when(&plan(member(OWNER), Plan::Pro)).then_nothing();
    given::<Workspace>([created()])
        .when(&plan(member(OWNER), Plan::Team))
        .then_rejected(&Rejection::PlanRaiseRefused);
    given::<Workspace>(staffed())
        .when(&plan(member(ADMIN), Plan::Free))
        .then_rejected(&Rejection::Forbidden);
}

#[test]
fn the_operator_and_billing_set_any_plan() {
    for (by, source) in
        [(Authority::Operator, PlanSource::Operator), (Authority::Billing, PlanSource::Billing)]
    {
        let raised = changed_plan(Plan::Pro, Plan::Enterprise, source);
        given::<Workspace>([created()]).when(&plan(by, Plan::Enterprise)).then([raised]);
        given::<Workspace>([created()]).when(&plan(by, Plan::Pro)).then_nothing();
    }
}

#[test]
fn billing_sets_plans_and_nothing_else() {
    let by = Authority::Billing;
    let add = Command::AddMember(AddMember { user: user(STRANGER), role: Role::Viewer, by });
    let rename = Command::Rename(Rename { name: sealed("new"), by });
    for command in [add, rename] {
        given::<Workspace>([created()]).when(&command).then_rejected(&Rejection::Forbidden);
    }
}

#[test]
fn a_person_is_added_once() {
    given::<Workspace>([created()])
        .when(&add(OWNER, ADMIN, Role::Admin))
        .then([added(ADMIN, Role::Admin)]);
    given::<Workspace>(staffed())
        .when(&add(OWNER, ADMIN, Role::Admin))
        .then_rejected(&Rejection::AlreadyMember);
}

#[test]
fn nobody_gives_what_they_do_not_govern() {
    for role in [Role::Viewer, Role::Member, Role::Admin] {
        given::<Workspace>(staffed())
            .when(&add(ADMIN, STRANGER, role))
            .then([added(STRANGER, role)]);
    }
    for role in [Role::Owner, Role::Auditor] {
        given::<Workspace>(staffed())
            .when(&add(ADMIN, STRANGER, role))
            .then_rejected(&Rejection::Forbidden);
        given::<Workspace>(staffed())
            .when(&add(OWNER, STRANGER, role))
            .then([added(STRANGER, role)]);
    }
    for powerless in [VIEWER, AUDITOR, STRANGER] {
        given::<Workspace>(staffed())
            .when(&add(powerless, 8, Role::Viewer))
            .then_rejected(&Rejection::Forbidden);
    }
}

#[test]
fn nobody_rises_by_their_own_hand() {
    for (who, role) in [(ADMIN, Role::Owner), (VIEWER, Role::Admin), (AUDITOR, Role::Owner)] {
        given::<Workspace>(staffed())
            .when(&change(who, who, role))
            .then_rejected(&Rejection::Forbidden);
    }
}

#[test]
fn an_admin_touches_neither_owners_nor_auditors() {
    for other in [OWNER, AUDITOR] {
        given::<Workspace>(staffed())
            .when(&change(ADMIN, other, Role::Viewer))
            .then_rejected(&Rejection::Forbidden);
        given::<Workspace>(staffed())
            .when(&remove(ADMIN, other))
            .then_rejected(&Rejection::Forbidden);
    }
}

#[test]
fn a_role_is_changed_where_it_differs() {
    let changed =
        Event::MemberRoleChanged { user: user(VIEWER), from: Role::Viewer, to: Role::Member };
    given::<Workspace>(staffed()).when(&change(ADMIN, VIEWER, Role::Member)).then([changed]);
    given::<Workspace>(staffed()).when(&change(ADMIN, VIEWER, Role::Viewer)).then_nothing();
    given::<Workspace>(staffed())
        .when(&change(ADMIN, STRANGER, Role::Viewer))
        .then_rejected(&Rejection::UserNotFound);
}

#[test]
fn a_workspace_is_never_without_an_owner() {
    for by in [member(OWNER), Authority::Operator] {
        let demote = ChangeMemberRole { user: user(OWNER), role: Role::Admin, by };
        let remove = RemoveMember { user: user(OWNER), by };
        for command in [Command::ChangeMemberRole(demote), Command::RemoveMember(remove)] {
            given::<Workspace>(staffed()).when(&command).then_rejected(&Rejection::LastOwner);
        }
    }
    let mut two_owners = staffed();
    two_owners.push(added(STRANGER, Role::Owner));
    given::<Workspace>(two_owners).when(&remove(STRANGER, OWNER)).then([removed(OWNER)]);
}

#[test]
fn a_member_is_removed_once() {
    given::<Workspace>(staffed()).when(&remove(ADMIN, VIEWER)).then([removed(VIEWER)]);
    let mut history = staffed();
    history.push(removed(VIEWER));
    given::<Workspace>(history)
        .when(&remove(ADMIN, VIEWER))
        .then_rejected(&Rejection::UserNotFound);
}

#[test]
fn name_and_policy_are_the_owners() {
    given::<Workspace>([created()])
        .when(&rename(OWNER))
        .then([Event::Renamed { name: sealed("new") }]);
    given::<Workspace>(staffed()).when(&rename(ADMIN)).then_rejected(&Rejection::Forbidden);

    let policy = Policy { require_expiry: true, ..Policy::default() };
    let change = PolicyChange { require_expiry: Some(true), ..PolicyChange::default() };
    let strict =
        |who| Command::ChangePolicy(ChangePolicy { change: change.clone(), by: member(who) });
    let changed = Event::PolicyChanged(policy);
    given::<Workspace>([created()]).when(&strict(OWNER)).then([changed.clone()]);
    given::<Workspace>([created(), changed]).when(&strict(OWNER)).then_nothing();
    given::<Workspace>(staffed()).when(&strict(ADMIN)).then_rejected(&Rejection::Forbidden);
}

#[test]
fn what_is_not_said_of_a_policy_stays_as_it_is() {
    let change = |change| Command::ChangePolicy(ChangePolicy { change, by: member(OWNER) });
    let before = Policy {
        max_token_ttl_s: Some(3_600),
        require_expiry: true,
        allowed_cidrs: Cidrs::parse(["10.0.0.0/8"]).unwrap(),
        auditor_reads_tokens: false,
    };
    let history = [created(), Event::PolicyChanged(before.clone())];
    let shown = PolicyChange { auditor_reads_tokens: Some(true), ..PolicyChange::default() };
    given::<Workspace>(history.clone())
        .when(&change(shown))
        .then([Event::PolicyChanged(Policy { auditor_reads_tokens: true, ..before.clone() })]);
    let longer = PolicyChange { token_life: Some(TokenLife::Unbounded), ..PolicyChange::default() };
    given::<Workspace>(history.clone())
        .when(&change(longer))
        .then([Event::PolicyChanged(Policy { max_token_ttl_s: None, ..before })]);
    given::<Workspace>(history).when(&change(PolicyChange::default())).then_nothing();
}

#[test]
fn an_id_given_up_is_never_used() {
    given::<Workspace>([]).when(&Command::Abandon).then([Event::Abandoned {}]);
    given::<Workspace>([Event::Abandoned {}]).when(&Command::Abandon).then_nothing();
    given::<Workspace>([Event::Abandoned {}]).when(&create()).then_rejected(&Rejection::Abandoned);
    given::<Workspace>([created()])
        .when(&Command::Abandon)
        .then_rejected(&Rejection::AlreadyCreated);
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..40)) {
        laws::hold::<Workspace>(&commands);
    }

    #[test]
    fn an_owner_is_left_whatever_is_done(commands in vec(commands(), 0..40)) {
        let mut workspace = Workspace::fold([(&created(), noon())]);
        for command in commands {
            for event in workspace.decide(&command).unwrap_or_default() {
                workspace = workspace.evolve(&event, noon());
            }
            let open = workspace.open().unwrap();
            prop_assert!(open.members.values().any(|member| member.role == Role::Owner));
        }
    }
}

fn commands() -> impl Strategy<Value = Command> {
    let authority = || {
        prop_oneof![6 => users().prop_map(Authority::Member), 1 => Just(Authority::Operator),
            1 => Just(Authority::Billing)]
    };
    let role = || proptest::sample::select(Role::ALL.to_vec());
    prop_oneof![
        2 => (users(), sealed_texts()).prop_map(|(owner, name)| {
            Command::Create(Create { owner, name, plan: Plan::Pro })
        }),
        1 => (sealed_texts(), authority())
            .prop_map(|(name, by)| Command::Rename(Rename { name, by })),
        1 => (proptest::sample::select(Plan::ALL.to_vec()), authority(), times())
            .prop_map(|(to, by, at)| Command::ChangePlan(ChangePlan { to, by, at })),
        1 => (any::<bool>(), authority()).prop_map(|(require_expiry, by)| {
            let require_expiry = Some(require_expiry);
            let change = PolicyChange { require_expiry, ..PolicyChange::default() };
            Command::ChangePolicy(ChangePolicy { change, by })
        }),
        4 => (users(), role(), authority())
            .prop_map(|(user, role, by)| Command::AddMember(AddMember { user, role, by })),
        4 => (users(), role(), authority()).prop_map(|(user, role, by)| {
            Command::ChangeMemberRole(ChangeMemberRole { user, role, by })
        }),
        2 => (users(), authority())
            .prop_map(|(user, by)| Command::RemoveMember(RemoveMember { user, by })),
        1 => Just(Command::Abandon),
    ]
}

fn member(number: u128) -> Authority {
    Authority::Member(user(number))
}

fn create() -> Command {
    Command::Create(Create { owner: user(OWNER), name: sealed("lab"), plan: Plan::Pro })
}

fn created() -> Event {
    Event::Created { owner: user(OWNER), name: sealed("lab"), plan: Plan::Pro }
}

/// A workspace with one member in each of four roles.
fn staffed() -> Vec<Event> {
    let staff = [(ADMIN, Role::Admin), (VIEWER, Role::Viewer), (AUDITOR, Role::Auditor)];
    [created()].into_iter().chain(staff.map(|(who, role)| added(who, role))).collect()
}

fn rename(by: u128) -> Command {
    Command::Rename(Rename { name: sealed("new"), by: member(by) })
}

fn plan(by: Authority, to: Plan) -> Command {
    Command::ChangePlan(ChangePlan { to, by, at: noon() })
}

fn changed_plan(from: Plan, to: Plan, source: PlanSource) -> Event {
    Event::PlanChanged { from, to, effective_at: noon(), source }
}

fn add(by: u128, who: u128, role: Role) -> Command {
    Command::AddMember(AddMember { user: user(who), role, by: member(by) })
}

fn added(who: u128, role: Role) -> Event {
    Event::MemberAdded { user: user(who), role }
}

fn change(by: u128, who: u128, role: Role) -> Command {
    Command::ChangeMemberRole(ChangeMemberRole { user: user(who), role, by: member(by) })
}

fn remove(by: u128, who: u128) -> Command {
    Command::RemoveMember(RemoveMember { user: user(who), by: member(by) })
}

fn removed(who: u128) -> Event {
    Event::MemberRemoved { user: user(who) }
}
