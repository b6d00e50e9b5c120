//! Commands: carried out once, whoever sends them however often.

use chrono::TimeDelta;
use store::{Context, ExecuteError};

use crate::support::{
    Command, Event, Refused, Tally, connect, context, eventually, fresh, new_id, noon,
};

#[tokio::test]
async fn a_command_appends_what_was_decided() {
    let (_store, log) = fresh().await;
    let id = new_id();
    let done = log.execute::<Tally>(id, &Command::Add(3), &context()).await.unwrap();
    assert_eq!(done.events, [Event::added(3)]);
    assert_eq!((done.state.sum, done.revision, done.repeated), (3, Some(0), false));

    let loaded = log.load::<Tally>(id).await.unwrap();
    assert_eq!((loaded.state, loaded.revision), (done.state, done.revision));
    assert_eq!(loaded.position, done.position);
    assert_eq!(log.head().await.unwrap(), done.position);
}

#[tokio::test]
async fn a_refused_command_appends_nothing() {
    let (_store, log) = fresh().await;
    let id = new_id();
    let refused = log.execute::<Tally>(id, &Command::Add(1_001), &context()).await;
    assert!(matches!(refused, Err(ExecuteError::Rejected(Refused::TooMuch))));
    assert_eq!(log.load::<Tally>(id).await.unwrap().revision, None);
}

#[tokio::test]
async fn nothing_to_do_is_done_without_an_event() {
    let (_store, log) = fresh().await;
    let id = new_id();
    let done = log.execute::<Tally>(id, &Command::Add(0), &context()).await.unwrap();
    assert_eq!((done.events.len(), done.revision, done.position), (0, None, None));
}

#[tokio::test]
async fn the_same_command_again_is_answered_with_what_it_did() {
    let (_store, log) = fresh().await;
    let (id, context) = (new_id(), context());
    let first = log.execute::<Tally>(id, &Command::AddEach(vec![1, 2]), &context).await.unwrap();
    let other = crate::support::context();
    log.execute::<Tally>(id, &Command::Add(4), &other).await.unwrap();

    let again = log.execute::<Tally>(id, &Command::AddEach(vec![1, 2]), &context).await.unwrap();
    assert!(again.repeated && !first.repeated);
    assert_eq!(again.events, first.events);
    assert_eq!((again.state.sum, again.revision), (7, Some(2)));
    assert_eq!(log.load::<Tally>(id).await.unwrap().revision, Some(2));
}

#[tokio::test]
async fn a_repeated_command_is_not_refused_for_what_it_did_itself() {
    let (_store, log) = fresh().await;
    let (id, context) = (new_id(), context());
    log.execute::<Tally>(id, &Command::Open, &context).await.unwrap();
    let again = log.execute::<Tally>(id, &Command::Open, &context).await.unwrap();
    assert!(again.repeated);
    let other = log.execute::<Tally>(id, &Command::Open, &crate::support::context()).await;
    assert!(matches!(other, Err(ExecuteError::Rejected(Refused::Open))));
}

#[tokio::test]
async fn each_step_of_a_saga_is_a_command_of_its_own() {
    let (_store, log) = fresh().await;
    let (id, context) = (new_id(), context());
    for step in ["take", "give", "take"] {
        log.execute::<Tally>(id, &Command::Add(1), &context.step(step)).await.unwrap();
    }
    assert_eq!(log.load::<Tally>(id).await.unwrap().state.sum, 2);
}

#[tokio::test]
async fn a_caller_who_looked_at_an_older_stream_is_told_so() {
    let (_store, log) = fresh().await;
    let id = new_id();
    log.execute_at::<Tally>(id, &Command::Add(1), &context(), None).await.unwrap();
    let late = log.execute_at::<Tally>(id, &Command::Add(1), &context(), None).await;
    assert!(matches!(late, Err(ExecuteError::VersionConflict { current: Some(0) })));
    log.execute_at::<Tally>(id, &Command::Add(1), &context(), Some(0)).await.unwrap();
    assert_eq!(log.load::<Tally>(id).await.unwrap().revision, Some(1));
}

#[tokio::test]
async fn a_repeated_command_wins_over_the_revision_its_caller_saw() {
    let (_store, log) = fresh().await;
    let (id, context) = (new_id(), context());
    log.execute_at::<Tally>(id, &Command::Add(1), &context, None).await.unwrap();
    let again = log.execute_at::<Tally>(id, &Command::Add(1), &context, None).await.unwrap();
    assert!(again.repeated);
}

#[tokio::test]
async fn writers_on_two_nodes_lose_nothing_to_each_other() {
    let (store, log) = fresh().await;
    let nodes = [log.clone(), connect(&store).await];
    let id = new_id();
    let writers = (0..40).map(|n| {
        let log = nodes[n % 2].clone();
        tokio::spawn(async move {
            let context = context();
            // A slow machine may run out of time or tries; the same command is sent again then.
            eventually(async || log.execute::<Tally>(id, &Command::Add(1), &context).await.ok())
                .await
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    assert_eq!(log.load::<Tally>(id).await.unwrap().state.sum, 40);
}

#[tokio::test]
async fn time_never_runs_backwards_within_a_stream() {
    let (_store, log) = fresh().await;
    let id = new_id();
    let at = |seconds| Context {
        occurred_at: noon() + TimeDelta::seconds(seconds) + TimeDelta::microseconds(1_500),
        ..context()
    };
    log.execute::<Tally>(id, &Command::Add(1), &at(10)).await.unwrap();
    let earlier = log.execute::<Tally>(id, &Command::Add(1), &at(0)).await.unwrap();
    let millisecond = noon() + TimeDelta::milliseconds(10_001);
    assert_eq!(earlier.state.last_at, Some(millisecond));
    assert_eq!(log.load::<Tally>(id).await.unwrap().last_at, Some(millisecond));
}

#[tokio::test]
async fn who_asked_lies_beside_the_event() {
    let (_store, log) = fresh().await;
    let (id, context) = (new_id(), context());
    log.execute::<Tally>(id, &Command::Add(1), &context).await.unwrap();
    let events = log.read_stream(&format!("tally-{id}"), 0, 10).await.unwrap();
    let metadata = &events[0].metadata;
    assert_eq!(metadata.command_id, context.command_id);
    assert_eq!(metadata.correlation_id, context.correlation_id);
    assert_eq!((&metadata.actor, &*metadata.command), (&context.actor, "Add"));
    assert_eq!((&*metadata.node, &*metadata.build), ("node-1", "test"));
    assert_eq!((metadata.schema, &metadata.prev), (1, &None));
}

#[tokio::test]
async fn what_another_node_wrote_is_never_overlooked() {
    let (store, one) = fresh().await;
    let two = connect(&store).await;
    let id = new_id();
    let many = Command::AddEach(vec![1; 20]);
    one.execute::<Tally>(id, &many, &context()).await.unwrap();
    // Each remembers a stream that the other moves on: an append, nothing to do, a caller who saw
    // the newest revision, and one who did not.
    let done = two.execute::<Tally>(id, &Command::Add(2), &context()).await.unwrap();
    assert_eq!((done.state.sum, done.revision), (22, Some(20)));
    let done = one.execute::<Tally>(id, &Command::Add(4), &context()).await.unwrap();
    assert_eq!((done.state.sum, done.revision), (26, Some(21)));
    let nothing = two.execute::<Tally>(id, &Command::Add(0), &context()).await.unwrap();
    assert_eq!((nothing.state.sum, nothing.revision), (26, Some(21)));
    let done = two.execute_at::<Tally>(id, &Command::Add(1), &context(), Some(21)).await.unwrap();
    assert_eq!(done.state.sum, 27);
    let late = one.execute_at::<Tally>(id, &Command::Add(1), &context(), Some(21)).await;
    assert!(matches!(late, Err(ExecuteError::VersionConflict { current: Some(22) })));
    assert_eq!(one.load::<Tally>(id).await.unwrap().state.sum, 27);
}

#[tokio::test]
async fn a_command_repeated_on_another_node_is_found_there() {
    let (store, one) = fresh().await;
    let two = connect(&store).await;
    let (id, context) = (new_id(), context());
    let many = Command::AddEach(vec![1; 20]);
    two.execute::<Tally>(id, &many, &crate::support::context()).await.unwrap();
    one.execute::<Tally>(id, &Command::Add(1), &context).await.unwrap();
    one.execute::<Tally>(id, &Command::Add(1), &crate::support::context()).await.unwrap();
    let again = two.execute::<Tally>(id, &Command::Add(1), &context).await.unwrap();
    assert!(again.repeated);
    assert_eq!((again.state.sum, again.revision), (22, Some(21)));
}

#[tokio::test]
async fn a_summary_behind_a_command_does_not_hide_it() {
    let (store, log) = fresh().await;
    let (id, context) = (new_id(), context());
    let fill = Command::AddEach(vec![1; 99]);
    log.execute::<Tally>(id, &fill, &crate::support::context()).await.unwrap();
    let done = log.execute::<Tally>(id, &Command::Add(5), &context).await.unwrap();
    assert_eq!(done.revision, Some(100), "a summary follows");
    for node in [log, connect(&store).await] {
        let again = node.execute::<Tally>(id, &Command::Add(5), &context).await.unwrap();
        assert!(again.repeated);
        assert_eq!((again.events, again.state.sum), (vec![Event::added(5)], 104));
    }
}

#[tokio::test]
async fn what_this_node_remembers_of_a_stream_refuses_nothing_by_itself() {
    let (store, log) = fresh().await;
    let (other, id) = (connect(&store).await, new_id());
    let once = async |command| log.execute_once::<Tally>(id, &command, &context()).await;
    // Long enough to be remembered.
    for _ in 0..12 {
        once(Command::Add(1)).await.unwrap();
    }
    other.execute::<Tally>(id, &Command::Add(1), &context()).await.unwrap();
    let refused = once(Command::Open).await;
    assert!(matches!(refused, Err(ExecuteError::Rejected(Refused::Open))));
    other.execute::<Tally>(id, &Command::Add(1), &context()).await.unwrap();
    let nothing = once(Command::Add(0)).await.unwrap();
    assert_eq!((nothing.state.sum, nothing.revision), (14, Some(13)));
    other.execute::<Tally>(id, &Command::Add(1), &context()).await.unwrap();
    let done = once(Command::Add(1)).await.unwrap();
    assert_eq!((done.state.sum, done.revision), (16, Some(15)));
}

#[tokio::test]
async fn a_stream_thought_new_is_read_where_it_is_not() {
    let (_store, log) = fresh().await;
    let (id, context) = (new_id(), context());
    let first = log.execute_new::<Tally>(id, &Command::Open, &context).await.unwrap();
    assert_eq!((first.revision, first.repeated), (Some(0), false));
    let refused = log.execute_new::<Tally>(id, &Command::Open, &crate::support::context()).await;
    assert!(matches!(refused, Err(ExecuteError::Rejected(Refused::Open))));
    let more = Command::AddEach(vec![1, 2]);
    let second = log.execute_new::<Tally>(id, &more, &crate::support::context()).await.unwrap();
    assert_eq!((second.state.sum, second.revision), (4, Some(2)));
    // The same command that would now do something else, e.g. write another secret, is found.
    let again = log.execute_new::<Tally>(id, &Command::Add(7), &context).await.unwrap();
    assert!(again.repeated);
    assert_eq!((again.events.len(), again.state.sum), (1, 4));
    let refused = log.execute_new::<Tally>(new_id(), &Command::Add(1_001), &context).await;
    assert!(matches!(refused, Err(ExecuteError::Rejected(Refused::TooMuch))));
}
