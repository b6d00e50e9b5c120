//! The policy of a workspace: what it asks of its tokens.

use async_graphql::SimpleObject;
use domain::workspace::Policy;

/// What a workspace asks of its tokens; those that do not fulfil it are suspended.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct WorkspacePolicy {
    /// The longest that a token may live; null lets tokens live for ever.
    max_token_ttl_seconds: Option<u32>,
    /// Whether tokens must expire.
    require_expiry: bool,
    /// Where tokens may be used from, beside what each says itself; anywhere, where it is empty.
    allowed_cidrs: Vec<String>,
    /// Whether auditors may list tokens.
    auditor_reads_tokens: bool,
}

impl From<Policy> for WorkspacePolicy {
    fn from(policy: Policy) -> Self {
        Self {
            max_token_ttl_seconds: policy.max_token_ttl_s,
            require_expiry: policy.require_expiry,
            allowed_cidrs: policy.allowed_cidrs.iter().map(|network| network.to_string()).collect(),
            auditor_reads_tokens: policy.auditor_reads_tokens,
        }
    }
}
