//! A workspace and a day: `{uuid}.{yyyy-mm-dd}`.

use std::{fmt, str::FromStr};

use chrono::NaiveDate;

use crate::id::{InvalidId, WorkspaceId};

/// Whose history was read, and on which day (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AuditAccessId {
    /// `None` where an operator read everybody's; printed as `all`.
    pub workspace: Option<WorkspaceId>,
    pub day: NaiveDate,
}

impl fmt::Display for AuditAccessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.workspace {
            Some(workspace) => write!(f, "{workspace}.{}", self.day),
            None => write!(f, "all.{}", self.day),
        }
    }
}

impl FromStr for AuditAccessId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (workspace, day) = text.split_once('.').ok_or(InvalidId)?;
        let workspace = if workspace == "all" { None } else { Some(workspace.parse()?) };
        let day = day.parse().map_err(|_| InvalidId)?;
        Ok(Self { workspace, day })
    }
}
