//! Who pairs where, and which of their pairings: `{workspace}.{user}` and `{…}.{number}`.

use std::{fmt, str::FromStr};

use crate::{
    base62,
    id::{InvalidId, UserId, WorkspaceId},
};

/// The pairings of one person in one workspace: one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PairerId {
    pub workspace: WorkspaceId,
    pub user: UserId,
}

impl fmt::Display for PairerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.workspace, self.user)
    }
}

impl FromStr for PairerId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (workspace, user) = text.split_once('.').ok_or(InvalidId)?;
        Ok(Self { workspace: workspace.parse()?, user: user.parse()? })
    }
}

/// One pairing. Not secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PairingId {
    pub by: PairerId,
    /// Grows, with gaps; never given twice.
    pub number: u64,
}

impl PairingId {
    const PREFIX: &'static str = "prc";

    /// Returns the form shown outside: `prc_`, workspace, person and number in base62.
    pub fn public(self) -> String {
        let (workspace, user) = (self.by.workspace.as_uuid(), self.by.user.as_uuid());
        let (workspace, user) = (base62::encode_uuid(workspace), base62::encode_uuid(user));
        format!("{}_{workspace}_{user}_{}", Self::PREFIX, self.number)
    }

    /// Reads the form shown outside.
    pub fn from_public(text: &str) -> Result<Self, InvalidId> {
        let mut parts = text.split('_');
        let mut next = || parts.next().ok_or(InvalidId);
        if next()? != Self::PREFIX {
            return Err(InvalidId);
        }
        let workspace = base62::decode_uuid(next()?).map(WorkspaceId::from_uuid);
        let user = base62::decode_uuid(next()?).map(UserId::from_uuid);
        let number = read_number(next()?)?;
        let by = PairerId { workspace: workspace.ok_or(InvalidId)?, user: user.ok_or(InvalidId)? };
        if parts.next().is_some() { Err(InvalidId) } else { Ok(Self { by, number }) }
    }
}

impl fmt::Display for PairingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.by, self.number)
    }
}

impl FromStr for PairingId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (by, number) = text.rsplit_once('.').ok_or(InvalidId)?;
        Ok(Self { by: by.parse()?, number: read_number(number)? })
    }
}

/// Digits and nothing else: each number has one spelling.
fn read_number(text: &str) -> Result<u64, InvalidId> {
    let number: u64 = text.parse().map_err(|_| InvalidId)?;
    if number.to_string() == text { Ok(number) } else { Err(InvalidId) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{user, workspace};

    #[test]
    fn an_id_survives_both_its_forms() {
        let by = PairerId { workspace: workspace(), user: user(7) };
        let id = PairingId { by, number: 42 };
        assert_eq!(by.to_string().parse(), Ok(by));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(PairingId::from_public(&id.public()), Ok(id));
    }

    #[test]
    fn anything_else_is_no_id() {
        let public =
            PairingId { by: PairerId { workspace: workspace(), user: user(7) }, number: 1 };
        let public = public.public();
        for wrong in [
            "",
            "prc_",
            "prc_1_2_3",
            &format!("{public}_1"),
            &public.replacen("prc", "tok", 1),
            &public.replace("_1", "_+1"),
            &public.replace("_1", "_01"),
        ] {
            if *wrong != public {
                assert_eq!(PairingId::from_public(wrong), Err(InvalidId), "{wrong}");
            }
        }
    }
}
