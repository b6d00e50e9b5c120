//! The catalog of nouns: every kind of stream and of event that this release knows.
//!
//! One list; what else is to be known of a noun is asked of its types.

use std::{collections::BTreeMap, sync::LazyLock};

pub use crate::event_types::event_types;
use serde_json::Value;

use crate::{Aggregate, StoredEvent, event};

macro_rules! nouns {
    ($($noun:ty),* $(,)?) => {
        /// The first parts of all stream names.
        pub const CATEGORIES: &[&str] = &[$(<$noun>::CATEGORY),*];

        /// Shows every noun to `visitor`.
        pub fn visit(visitor: &mut impl Visitor) {
            $(visitor.noun::<$noun>();)*
        }
    };
}

nouns! {
    crate::subject::Subject,
    crate::user::User,
    crate::clerk_user::ClerkUser,
    crate::clerk_org::ClerkOrg,
    crate::clerk_member::ClerkMember,
    crate::user_handle::UserHandle,
    crate::workspace::Workspace,
    crate::agent_token::AgentToken,
    crate::service_credential::ServiceCredential,
    crate::token_family::TokenFamily,
    crate::login::Login,
    crate::session_token::SessionToken,
    crate::ticket::Ticket,
    crate::pairing::Pairing,
    crate::pairing_code::PairingCode,
    crate::pairing_guard::PairingGuard,
    crate::workspace_quota::WorkspaceQuota,
    crate::oauth_client::OauthClient,
    crate::oauth_grant::OauthGrant,
    crate::auth_code::AuthCode,
    crate::issuer::PinnedIssuer,
    crate::account_quota::AccountQuota,
    crate::connect_attempt::ConnectAttempt,
    crate::connected_account::ConnectedAccount,
    crate::platform_identity::PlatformIdentity,
    crate::audit_access::AuditAccess,
    crate::keyring::Keyring,
    crate::number_sequence::NumberSequence,
    crate::reactor_cursor::ReactorCursor,
}

/// Something to be done for each noun, whatever its types.
pub trait Visitor {
    fn noun<A: Aggregate>(&mut self);
}

/// What is known of events of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    pub category: &'static str,
    /// The schema that this release writes; those before it are read too.
    pub schema: usize,
    /// Whether it repeats what is known already, so that an auditor may skip it.
    pub is_summary: bool,
}

/// Returns every type of event, by its name in the log.
pub fn kinds() -> &'static BTreeMap<&'static str, Kind> {
    static KINDS: LazyLock<BTreeMap<&'static str, Kind>> = LazyLock::new(|| {
        let mut kinds = Kinds::default();
        visit(&mut kinds);
        kinds.0
    });
    &KINDS
}

/// Tells whether this release can read an event of that type and schema.
pub fn is_known(event_type: &str, schema: usize) -> bool {
    kinds().get(event_type).is_some_and(|kind| {
        // A summary of another schema is read past instead.
        if kind.is_summary { schema == kind.schema } else { (1..=kind.schema).contains(&schema) }
    })
}

/// Tells whether this release can make sense of an event of `category`; `None` if it knows no such
/// noun.
pub fn can_read(category: &str, event_type: &str, schema: usize, data: &Value) -> Option<bool> {
    let mut reading = Reading { category, event_type, schema, data, outcome: None };
    visit(&mut reading);
    reading.outcome
}

struct Reading<'a> {
    category: &'a str,
    event_type: &'a str,
    schema: usize,
    data: &'a Value,
    outcome: Option<bool>,
}

impl Visitor for Reading<'_> {
    fn noun<A: Aggregate>(&mut self) {
        if A::CATEGORY == self.category {
            let event_type = self.event_type;
            let known = event::schema_of::<A::Event>(event_type);
            let summary = A::Event::SUMMARY.is_some_and(|it| it.event_type == event_type);
            // A summary of another release repeats what was said before it.
            let read_past = summary && self.schema != known;
            let readable =
                read_past || event::read::<A::Event>(event_type, self.schema, self.data).is_ok();
            self.outcome = Some(readable);
        }
    }
}

#[derive(Default)]
struct Kinds(BTreeMap<&'static str, Kind>);

impl Visitor for Kinds {
    fn noun<A: Aggregate>(&mut self) {
        for event_type in event_types::<A::Event>() {
            let kind = Kind {
                category: A::CATEGORY,
                schema: event::schema_of::<A::Event>(event_type),
                is_summary: event_type.ends_with(".summarised"),
            };
            self.0.insert(event_type, kind);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    #[test]
    fn every_noun_is_in_the_catalog() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let folders = fs::read_dir(source).unwrap().map(|entry| entry.unwrap().path());
        let nouns: BTreeSet<String> = folders
            .filter_map(|folder| fs::read_to_string(folder.join("mod.rs")).ok())
            .filter_map(|text| {
                let name = text.split_once("const CATEGORY: &'static str = \"")?.1;
                Some(name.split_once('"')?.0.to_owned())
            })
            .collect();
        assert!(nouns.iter().map(String::as_str).eq(BTreeSet::from_iter(CATEGORIES.to_vec())));
    }

    #[test]
    fn no_two_nouns_share_a_stream_or_an_event() {
        struct Count(usize);
        impl Visitor for Count {
            fn noun<A: Aggregate>(&mut self) {
                self.0 += event_types::<A::Event>().len();
            }
        }
        let mut count = Count(0);
        visit(&mut count);
        assert_eq!(count.0, kinds().len());
        assert_eq!(BTreeSet::from_iter(CATEGORIES).len(), CATEGORIES.len());
    }

    #[test]
    fn a_category_has_no_dash_since_the_first_one_ends_it() {
        assert!(CATEGORIES.iter().all(|category| !category.contains('-')));
    }

    #[test]
    fn a_type_of_another_release_is_not_known() {
        assert!(is_known("agent_token.revoked", 1));
        assert!(!is_known("agent_token.revoked", 2) && !is_known("agent_token.revoked", 0));
        assert!(!is_known("agent_token.exploded", 1));
    }

    #[test]
    fn what_makes_no_sense_is_told_from_what_is_nobody_s() {
        let read = |category, event_type: &str, schema, data| {
            can_read(category, event_type, schema, &data)
        };
        let renamed = serde_json::json!({ "name": null });
        assert_eq!(
            read("agent_token", "agent_token.abandoned", 1, serde_json::json!({})),
            Some(true)
        );
        assert_eq!(
            read("agent_token", "agent_token.renamed", 1, serde_json::json!(7)),
            Some(false)
        );
        assert_eq!(read("agent_token", "agent_token.renamed", 2, renamed.clone()), Some(false));
        assert_eq!(read("agent_token", "agent_token.exploded", 1, renamed.clone()), Some(false));
        assert_eq!(read("agent_token", "agent_token.summarised", 99, renamed.clone()), Some(true));
        assert_eq!(read("dragon", "dragon.slain", 1, renamed), None);
    }

    #[test]
    fn each_summary_is_named_as_its_noun_says() {
        struct Names;
        impl Visitor for Names {
            fn noun<A: Aggregate>(&mut self) {
                let named = A::Event::SUMMARY.map(|summary| summary.event_type);
                assert!(named.is_none_or(|name| event_types::<A::Event>().contains(&name)));
                let summary =
                    event_types::<A::Event>().iter().find(|name| name.ends_with(".summarised"));
                assert!(summary.is_none_or(|name| named == Some(*name)), "{summary:?}");
            }
        }
        visit(&mut Names);
    }
}
