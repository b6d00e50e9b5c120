//! Pairing: a short code in a dashboard becomes an agent token on a device.
//!
//! The code is drawn here, told once and kept nowhere; the log has an HMAC of it, as the name of
//! its reservation. Guessing is bounded per network, and for all nodes together by [`guard`].
//!
//! Read in this order: [`generate`], [`exchange`], [`guard`], `live_codes`.

mod exchange;
mod generate;
mod guard;
mod live_codes;

use domain::{
    Sealed,
    id::SubjectId,
    pairing::{Command, PairerId, Pairing, PairingId},
    pairing_code::{Code, PairingCodeId},
    role::Permission,
};
use serde::{Serialize, de::DeserializeOwned};
use store::Position;

pub use self::{
    exchange::{ExchangeCode, ExchangedCode},
    generate::{GeneratePairingCode, GeneratedCode},
    guard::{Guesses, Turns},
    live_codes::{LiveCodes, REACTOR},
};
use super::{App, Request, request::stream_of};
use crate::error::Error;

impl App {
    /// Makes a code worthless before anybody used it; again, it changes nothing.
    ///
    /// # Errors
    ///
    /// `PAIRING_CODE_USED`.
    pub async fn cancel_pairing_code(
        &self,
        request: &Request,
        id: PairingId,
    ) -> Result<Option<Position>, Error> {
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move {
            let workspace = id.by.workspace;
            app.access(request.caller()?, workspace, Permission::TokensManage).await?;
            let undertaking =
                app.undertake(&request, "CancelPairingCode", Some(workspace))?.afresh();
            let context = undertaking.on::<Pairing>(id.by).await?;
            let cancel = Command::Cancel { number: id.number };
            let cancelled = app.log.execute::<Pairing>(id.by, &cancel, &context).await?;
            Ok(cancelled.position)
        })
        .await
    }

    /// Returns a pairing, if it is the last one of its person; whoever calls this may read it.
    pub async fn pairing(&self, id: PairingId) -> Result<Option<domain::pairing::Code>, Error> {
        let pairing = self.log.load::<Pairing>(id.by).await?.state;
        Ok(pairing.numbered(id.number).cloned())
    }

    /// Seals what is said of a pairing to its workspace.
    async fn seal_for_pairing<T: Serialize + DeserializeOwned + Sync>(
        &self,
        by: PairerId,
        field: &str,
        value: &T,
    ) -> Result<Sealed<T>, Error> {
        let (subject, stream) = (SubjectId::from(by.workspace), stream_of::<Pairing>(by));
        Ok(self.vault.seal(subject, &stream, field, value).await?)
    }

    /// The stream that reserves a code: whoever lacks the pepper cannot tell which code it is.
    fn reservation_of(&self, code: &Code) -> PairingCodeId {
        let mac = self.vault.hmac("pairing_code", &[code.text().expose().as_bytes()]);
        PairingCodeId::from_bytes(*mac.first_chunk().expect("32 bytes are more than 16"))
    }
}
