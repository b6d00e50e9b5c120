//! Plans of workspaces, and what each allows.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// FREE < PRO < TEAM < ENTERPRISE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plan {
    Free,
    Pro,
    Team,
    Enterprise,
}

/// No plan is called that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a plan is one of free, pro, team and enterprise")]
pub struct UnknownPlan;

/// How much of a thing a plan allows; configuration may replace what [`Plan::limits`] proposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanLimits {
    /// Active agent tokens of the workspace; 0 where the plan has none.
    pub agent_tokens: u32,
    /// Open sockets of one token, over all nodes' own counts.
    pub sockets_per_token: u32,
    /// Connected accounts of the workspace.
    pub connected_accounts: u32,
    /// Days of history the dashboard shows; `None` for all. The log keeps everything.
    pub audit_days: Option<u32>,
}

impl Plan {
    pub const ALL: [Self; 4] = [Self::Free, Self::Pro, Self::Team, Self::Enterprise];

    /// The lowest plan with agent tokens.
    pub const LOWEST_WITH_TOKENS: Self = Self::Pro;

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Pro => "pro",
            Self::Team => "team",
            Self::Enterprise => "enterprise",
        }
    }

    /// 0 for the lowest; a column that sorts.
    pub const fn rank(self) -> u8 {
        self as u8
    }

    pub const fn limits(self) -> PlanLimits {
        let (agent_tokens, sockets_per_token, connected_accounts, audit_days) = match self {
            Self::Free => (0, 0, 2, Some(7)),
            Self::Pro => (10, 5, 10, Some(30)),
            Self::Team => (50, 20, 50, Some(365)),
            Self::Enterprise => (500, 100, 500, None),
        };
        PlanLimits { agent_tokens, sockets_per_token, connected_accounts, audit_days }
    }
}

impl FromStr for Plan {
    type Err = UnknownPlan;

    fn from_str(text: &str) -> Result<Self, UnknownPlan> {
        Self::ALL.into_iter().find(|plan| plan.as_str() == text).ok_or(UnknownPlan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_plan_allows_no_less() {
        for pair in Plan::ALL.windows(2) {
            let (lower, higher) = (pair[0].limits(), pair[1].limits());
            assert!(pair[0] < pair[1] && pair[0].rank() < pair[1].rank());
            assert!(lower.agent_tokens < higher.agent_tokens);
            assert!(lower.sockets_per_token < higher.sockets_per_token);
        }
    }

    #[test]
    fn tokens_begin_with_pro() {
        for plan in Plan::ALL {
            let has_tokens = plan.limits().agent_tokens > 0;
            assert_eq!(has_tokens, plan >= Plan::LOWEST_WITH_TOKENS);
        }
    }

    #[test]
    fn a_plan_is_written_as_it_is_read() {
        for plan in Plan::ALL {
            assert_eq!(plan.as_str().parse(), Ok(plan));
            assert_eq!(serde_json::to_value(plan).unwrap(), plan.as_str());
        }
    }
}
