//! What has happened to pairings, in the words the log keeps.

use serde::{Deserialize, Serialize};

use crate::{
    Sealed, StoredEvent, Time,
    id::{TokenId, UserId},
    pairing_code::Alphabet,
    secret::SecretHash,
    text::{DeviceName, TokenName},
};

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "pairing.code_generated")]
    CodeGenerated(Box<Generated>),
    /// By the code that the very next event generates.
    #[serde(rename = "pairing.code_superseded")]
    CodeSuperseded {},
    #[serde(rename = "pairing.code_cancelled")]
    CodeCancelled {},
    #[serde(rename = "pairing.code_exchanged")]
    CodeExchanged(Box<Exchanged>),
    /// Closes the exchange: its token exists.
    #[serde(rename = "pairing.token_issued")]
    TokenIssued { token_id: TokenId },
    /// Closes the exchange: nobody holds its token, and nobody ever will.
    #[serde(rename = "pairing.exchange_abandoned")]
    ExchangeAbandoned { token_id: TokenId },
}

/// All that is said of a code, save the code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generated {
    /// Which pairing of its person in this workspace it is.
    pub number: u64,
    pub created_by: UserId,
    pub alphabet: Alphabet,
    pub expires_at: Time,
    /// What the token will be called; sealed to the workspace.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub token_name: Option<Sealed<TokenName>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub token_expires_at: Option<Time>,
}

/// What a device was promised for the code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exchanged {
    pub token_id: TokenId,
    pub secret_sha256: SecretHash,
    /// What the device says it is called; sealed to the workspace.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub device_name: Option<Sealed<DeviceName>>,
}

impl StoredEvent for Event {}
