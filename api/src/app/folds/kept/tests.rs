use domain::{
    Sealed, Time,
    actor::Actor,
    id::{CommandId, UserId, WorkspaceId},
    plan::Plan,
    workspace::{Event, Workspace},
};
use store::{Metadata, Position};
use uuid::Uuid;

use super::*;

fn id() -> WorkspaceId {
    WorkspaceId::from_uuid(Uuid::from_u128(7))
}

fn noon() -> Time {
    "2026-01-01T12:00:00Z".parse().unwrap()
}

/// The event at `revision` of the workspace's stream: its creation, or a change of plan.
fn event(revision: u64, to: Plan) -> Recorded {
    let fact = Event::PlanChanged {
        from: Plan::Free,
        to,
        effective_at: noon(),
        source: domain::workspace::PlanSource::Operator,
    };
    let encoded = domain::event::encode(&fact).unwrap();
    Recorded {
        stream: format!("workspace-{}", id()),
        revision,
        position: Position::from_u64(100 + revision),
        event_id: Uuid::from_u128(revision.into()),
        event_type: encoded.event_type,
        metadata: Metadata {
            schema: encoded.schema,
            correlation_id: Uuid::nil(),
            causation_id: None,
            command_id: CommandId::from_uuid(Uuid::nil()),
            command: "ChangePlan".into(),
            actor: Actor::system("test"),
            on_behalf_of: None,
            workspace_id: Some(id()),
            occurred_at: noon(),
            client: None,
            auth: None,
            node: "test".into(),
            build: "test".into(),
            prev: None,
        },
        data: encoded.data,
    }
}

/// What a reader finds whose read ended with the event at `revision`.
fn loaded(revision: u64) -> Arc<Loaded<Workspace>> {
    let owner = UserId::from_uuid(Uuid::from_u128(1));
    let created = Event::Created { owner, name: Sealed::Blank, plan: Plan::Free };
    Arc::new(Loaded {
        state: Workspace::fold([(&created, noon())]),
        revision: Some(revision),
        position: Some(Position::from_u64(100 + revision)),
        last_at: Some(noon()),
    })
}

fn plan(kept: &Kept<Workspace>) -> Option<Plan> {
    kept.get(id())?.state.open().map(|open| open.plan)
}

#[test]
fn a_reader_who_raced_a_change_does_not_put_the_past_back() {
    let kept = Kept::new(10);
    let epoch = kept.epoch(id());
    let read = loaded(0); // Read before the change, but put back after the follower saw it.
    kept.follow(&event(1, Plan::Pro));
    kept.put_back(id(), epoch, &read);
    assert_eq!(plan(&kept), None);
}

#[test]
fn a_reader_who_raced_nothing_is_believed() {
    let kept = Kept::new(10);
    let epoch = kept.epoch(id());
    kept.put_back(id(), epoch, &loaded(0));
    assert_eq!(plan(&kept), Some(Plan::Free));
}

#[test]
fn the_next_event_is_folded_in() {
    let kept = Kept::new(10);
    kept.put_back(id(), kept.epoch(id()), &loaded(0));
    kept.follow(&event(1, Plan::Team));
    assert_eq!(plan(&kept), Some(Plan::Team));
    assert_eq!(kept.get(id()).unwrap().revision, Some(1));
}

#[test]
fn an_event_that_was_read_already_changes_nothing() {
    let kept = Kept::new(10);
    kept.put_back(id(), kept.epoch(id()), &loaded(3));
    kept.follow(&event(2, Plan::Team));
    kept.follow(&event(3, Plan::Team));
    assert_eq!(plan(&kept), Some(Plan::Free));
}

#[test]
fn what_this_node_wrote_is_known_before_it_is_followed() {
    let kept = Kept::new(10);
    kept.put_back(id(), kept.epoch(id()), &loaded(0));
    let before = kept.epoch(id());
    kept.advance(id(), loaded(2));
    assert_eq!(kept.get(id()).unwrap().revision, Some(2));
    assert!(!kept.stands(before), "what was concluded from the past is concluded anew");
    kept.follow(&event(1, Plan::Team));
    kept.follow(&event(2, Plan::Team));
    assert_eq!(plan(&kept), Some(Plan::Free), "it had both already");
}

#[test]
fn what_this_node_wrote_does_not_hide_what_was_followed_since() {
    let kept = Kept::new(10);
    kept.put_back(id(), kept.epoch(id()), &loaded(0));
    kept.follow(&event(1, Plan::Team));
    kept.follow(&event(2, Plan::Pro));
    kept.advance(id(), loaded(1));
    assert_eq!(plan(&kept), Some(Plan::Pro));

    kept.forget(id());
    let (epoch, read) = (kept.epoch(id()), loaded(0));
    kept.advance(id(), loaded(1));
    kept.put_back(id(), epoch, &read);
    assert_eq!(plan(&kept), None, "neither a write nor an older read says what came since");
}

#[test]
fn after_a_gap_the_stream_is_read_again() {
    let kept = Kept::new(10);
    kept.put_back(id(), kept.epoch(id()), &loaded(0));
    kept.follow(&event(2, Plan::Team));
    assert_eq!(plan(&kept), None);
}

#[test]
fn an_event_that_can_not_be_read_makes_its_stream_forgotten() {
    let kept = Kept::new(10);
    kept.put_back(id(), kept.epoch(id()), &loaded(0));
    let mut unreadable = event(1, Plan::Team);
    unreadable.data = serde_json::json!("nonsense");
    kept.follow(&unreadable);
    assert_eq!(plan(&kept), None);

    kept.put_back(id(), kept.epoch(id()), &loaded(0));
    kept.forget_stream(&format!("workspace-{}", id()));
    assert_eq!(plan(&kept), None);
}

#[test]
fn a_stream_of_another_kind_is_none_of_its_business() {
    let kept = Kept::new(10);
    kept.put_back(id(), kept.epoch(id()), &loaded(0));
    let mut other = event(1, Plan::Team);
    other.stream = format!("workspace_quota-{}", id());
    kept.follow(&other);
    kept.forget_stream("workspace_quota-1");
    assert_eq!(plan(&kept), Some(Plan::Free));
}

#[test]
fn what_this_node_changed_itself_is_forgotten_even_by_readers_under_way() {
    let kept = Kept::new(10);
    let epoch = kept.epoch(id());
    kept.forget(id());
    kept.put_back(id(), epoch, &loaded(0));
    assert_eq!(plan(&kept), None);
}

#[test]
fn a_conclusion_stands_until_something_happens_in_its_stream() {
    let kept = Kept::new(10);
    let epoch = kept.epoch(id());
    kept.put_back(id(), epoch, &loaded(0));
    assert!(kept.stands(epoch));
    kept.follow(&event(1, Plan::Pro));
    assert!(!kept.stands(epoch));
    let epoch = kept.epoch(id());
    kept.forget(id());
    assert!(!kept.stands(epoch));
}

#[test]
fn a_conclusion_falls_with_an_event_of_a_stream_that_made_room_for_others() {
    let kept = Kept::new(0);
    let epoch = kept.epoch(id());
    kept.put_back(id(), epoch, &loaded(0));
    assert_eq!(plan(&kept), None);
    kept.follow(&event(1, Plan::Pro));
    assert!(!kept.stands(epoch));
}
