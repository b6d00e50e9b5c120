use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    laws,
    samples::{times, workspace},
    testing::{given, noon},
};

#[test]
fn every_look_is_recorded() {
    let read = Command::RecordRead { filter_hash: Digest::of("all"), count: 50 };
    let was_read = Event::Read { filter_hash: Digest::of("all"), count: 50 };
    given::<AuditAccess>([]).when(&read).then([was_read.clone()]);
    given::<AuditAccess>([was_read.clone()]).when(&read).then([was_read]);
}

#[test]
fn every_export_is_recorded() {
    let (range, sha256) = (Range { from: Some("a10".into()), to: None }, Digest::of("file"));
    let export = Command::RecordExport { range: range.clone(), sha256 };
    given::<AuditAccess>([]).when(&export).then([Event::Exported { range, sha256 }]);
}

#[test]
fn a_stream_is_named_after_a_workspace_and_a_day() {
    let day = noon().date_naive();
    for workspace in [Some(workspace()), None] {
        let id = AuditAccessId { workspace, day };
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(id.to_string().ends_with(".2026-01-01"));
    }
    for wrong in ["", "all", "all.yesterday", "tok.2026-01-01"] {
        assert!(wrong.parse::<AuditAccessId>().is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..20)) {
        laws::hold::<AuditAccess>(&commands);
    }
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        (0..9_u64).prop_map(|count| Command::RecordRead { filter_hash: Digest::of("all"), count }),
        Just(Command::RecordExport { range: Range::default(), sha256: Digest::of("file") }),
    ]
}
