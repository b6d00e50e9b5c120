//! What an operator may ask of a service: one list, for the command line and for the socket.
//!
//! Each struct is both the arguments of a command and, as JSON, a line on the socket. What needs
//! the log to be understood (a name, a workspace) stays as it was typed until it gets there.

mod audit;
mod client;
mod key;
mod moment;
mod projections;
mod service_credential;
mod token;
mod vault;
mod workspace;

use serde::{Deserialize, Serialize};

pub use audit::{AuditFilter, AuditOperation, Export, Replay, StateAt};
pub use client::{
    ApplyClients, ClientOperation, ClientRef, DeclaredClient, RotateClientSecret, SuspendClient,
    UpdateClient,
};
pub use key::{KeyOperation, RotateKey};
pub use moment::{InvalidMoment, Moment};
pub use projections::{ProjectionsOperation, Rebuild, RowsAt};
pub use service_credential::{
    CreateServiceCredential, RevokeServiceCredential, ServiceCredentialOperation,
};
pub use token::{CreateToken, ListTokens, RevokeToken, RevokeUnused, TokenOperation};
pub use vault::VaultOperation;
pub use workspace::{MemberOperation, Membership, SetPlan};

/// One request of an operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    Token(TokenOperation),
    SetPlan(SetPlan),
    Member(MemberOperation),
    ServiceCredential(ServiceCredentialOperation),
    Client(ClientOperation),
    Key(KeyOperation),
    Projections(ProjectionsOperation),
    Vault(VaultOperation),
    State(StateAt),
    Audit(AuditOperation),
}
