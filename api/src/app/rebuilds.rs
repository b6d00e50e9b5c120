//! Rebuilds of read models, for operators and their services with `projections:manage`.

use domain::scope::ServiceScope;
use projections::{RebuildError, Rebuilder, Rebuilt};

use super::{App, Request};
use crate::error::Error;

impl App {
    /// Rebuilds a read model beside the live one, and puts it in its place. Goes on when the caller
    /// hangs up: half a rebuild is of no use to anyone.
    ///
    /// At most `compare` rows of each table that differ are returned; with 0 nothing is compared.
    /// `progress` hears, from 0 to 1, how much of the log is done.
    ///
    /// # Errors
    ///
    /// [`Error::Forbidden`]; [`Error::Invalid`] where there is no such read model; `REBUILD_REFUSED`
    /// while somebody else rebuilds it, or where what was to be compared is not live.
    pub async fn rebuild_projection(
        &self,
        request: &Request,
        read_model: String,
        compare: u32,
        progress: impl FnMut(f64) + Send + 'static,
    ) -> Result<Rebuilt, Error> {
        request.caller()?.require_operator(ServiceScope::ProjectionsManage)?;
        let rebuilder = self.rebuilder();
        let work = async move { Ok(rebuilder.rebuild(&read_model, compare, progress).await?) };
        self.uncancelled(work).await
    }

    pub(crate) fn rebuilder(&self) -> Rebuilder {
        Rebuilder::new(&self.db, &self.log, &self.vault)
    }
}

impl From<RebuildError> for Error {
    fn from(error: RebuildError) -> Self {
        match error {
            RebuildError::Unknown => {
                let names: Vec<&str> = projections::names().collect();
                let names = names.join(", ");
                Self::invalid(format!("there is no such read model; there are {names}"))
            }
            RebuildError::Ahead => Self::invalid(error.to_string()),
            RebuildError::Busy | RebuildError::NotLive => {
                Self::Rejected { code: "REBUILD_REFUSED", message: error.to_string() }
            }
            RebuildError::Log(error) => error.into(),
            RebuildError::Apply(_) => Self::Internal(error.into()),
            RebuildError::Database(_) => Self::Unavailable(error.into()),
        }
    }
}
