//! Generation: a code for whoever may create tokens, in place of the one they had.

use domain::{
    Secret, Time,
    agent_token::Create,
    id::{UserId, WorkspaceId},
    pairing::{Command, Event, Generate, PairerId, Pairing, PairingId},
    pairing_code::{Alphabet, Code, PairingCode, Reserve},
    plan::Plan,
    role::Permission,
    text::TokenName,
    user::User,
};
use store::{ExecuteError, Position, random};

use super::super::{Access, App, Request, Who, request::Undertaking};
use crate::{config::PairingSettings, error::Error};

/// Codes drawn before giving up: so many of a million are never in use that the second is one too
/// many already.
const DRAWS: u32 = 10;

/// A code that somebody asks for.
#[derive(Clone, Debug)]
pub struct GeneratePairingCode {
    pub workspace: WorkspaceId,
    /// What the token will be called; after its device, if left out.
    pub token_name: Option<TokenName>,
    /// Never, or as the workspace's policy has it, if left out.
    pub token_expires_at: Option<Time>,
}

/// A code, told once.
#[derive(Clone, Debug)]
pub struct GeneratedCode {
    pub id: PairingId,
    pub code: Secret<String>,
    /// `nexmod://pair?code=…`
    pub deep_link: Secret<String>,
    pub created_at: Time,
    pub expires_at: Time,
    pub position: Option<Position>,
}

impl App {
    /// Generates a pairing code; the caller's code before it in this workspace is superseded.
    ///
    /// # Errors
    ///
    /// [`Error::PlanRequired`]; `EXPIRES_IN_PAST`, `EXPIRES_TOO_FAR`.
    pub async fn generate_pairing_code(
        &self,
        request: &Request,
        generate: GeneratePairingCode,
    ) -> Result<GeneratedCode, Error> {
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move { app.generate(&request, generate).await }).await
    }

    async fn generate(
        &self,
        request: &Request,
        asked: GeneratePairingCode,
    ) -> Result<GeneratedCode, Error> {
        let (caller, workspace) = (request.caller()?, asked.workspace);
        let access = self.access(caller, workspace, Permission::TokensManage).await?;
        access.require_plan(Plan::LOWEST_WITH_TOKENS)?;
        // A device gets its token in somebody's name.
        let Who::User { id: user, .. } = caller.who else {
            return Err(Error::forbidden(Permission::TokensManage));
        };
        // A code whose answer was lost is generated again; it could not be told twice.
        let undertaking = self.undertake(request, "GeneratePairingCode", Some(workspace))?.afresh();
        let at = undertaking.at();
        self.require_unlocked(user, at).await?;
        require_life(&access, asked.token_expires_at, at)?;
        let by = PairerId { workspace, user };
        let alphabet = self.pairing_alphabet(at).await?;
        let expires_at = at + self.settings.pairing.code_ttl;
        let generate = Generate {
            created_by: user,
            alphabet,
            expires_at,
            token_name: match &asked.token_name {
                Some(name) => Some(self.seal_for_pairing(by, "token_name", name).await?),
                None => None,
            },
            token_expires_at: asked.token_expires_at,
            number_from: self.log.load::<Pairing>(by).await?.revision.map_or(0, |last| last + 1),
            at,
        };
        let context = undertaking.on::<Pairing>(by).await?;
        let generate = Command::Generate(generate);
        let generated = self.log.execute::<Pairing>(by, &generate, &context).await?;
        let number = number_of(&generated.events).ok_or(Error::Contended)?;
        let id = PairingId { by, number };
        let code = self.reserve(&undertaking, id, alphabet, expires_at).await?;
        let deep_link = deep_link(&self.settings.pairing, &code);
        let (code, position) = (code.text().clone(), generated.position);
        Ok(GeneratedCode { id, code, deep_link, created_at: at, expires_at, position })
    }

    /// Draws a code that stands for nothing else.
    async fn reserve(
        &self,
        undertaking: &Undertaking<'_>,
        pairing_id: PairingId,
        alphabet: Alphabet,
        expires_at: Time,
    ) -> Result<Code, Error> {
        let reserve = Reserve { pairing_id, expires_at, at: undertaking.at() };
        for _ in 0..DRAWS {
            let code = Code::draw(alphabet, &random::bytes());
            let id = self.reservation_of(&code);
            let context = undertaking.step("code").on::<PairingCode>(id).await?;
            match self.log.execute::<PairingCode>(id, &reserve, &context).await {
                Ok(_) => return Ok(code),
                Err(ExecuteError::Rejected(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Overloaded)
    }

    async fn require_unlocked(&self, user: UserId, at: Time) -> Result<(), Error> {
        let loaded = self.folds.get::<User>(user).await?;
        let locked = loaded.state.person().is_none_or(|person| person.is_locked(at));
        if locked { Err(Error::creator_not_allowed()) } else { Ok(()) }
    }

    /// Digits, unless they are forbidden or have been guessed at too much today.
    async fn pairing_alphabet(&self, at: Time) -> Result<Alphabet, Error> {
        match self.settings.pairing.alphabet {
            Alphabet::Digits if self.has_tripped(at.date_naive()).await? => Ok(Alphabet::Crockford),
            alphabet => Ok(alphabet),
        }
    }
}

/// Refuses an expiry that no token could be created with here and now.
fn require_life(access: &Access, asked: Option<Time>, at: Time) -> Result<(), Error> {
    let policy = &access.open().policy;
    let expires_at = asked.or_else(|| policy.max_token_ttl().map(|most| at + most));
    let refused = Create::check(expires_at, policy, at);
    refused.map_err(|refusal| Error::rejected(&refusal))
}

fn number_of(events: &[Event]) -> Option<u64> {
    events.iter().find_map(|event| match event {
        Event::CodeGenerated(generated) => Some(generated.number),
        _ => None,
    })
}

fn deep_link(settings: &PairingSettings, code: &Code) -> Secret<String> {
    Secret::new(format!("{}://pair?code={}", settings.scheme, code.text().expose()))
}
