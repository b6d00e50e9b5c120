//! Configuration: everything that can be set, read once from the environment.
//!
//! [`Config::from_pairs`] is a pure function of name and value; where a name comes twice the
//! later one holds, so flags go after the environment. All that is wrong is said at once.

mod leaks;
mod pairing;
mod reader;
#[cfg(test)]
mod tests;

use std::{env, net::SocketAddr, path::PathBuf, time::Duration};

use domain::{
    Secret,
    issuer::Issuer,
    plan::{Plan, PlanLimits},
};
use ipnet::IpNet;
use store::MasterKeys;
use url::Url;

use self::reader::Reader;
pub use self::{
    leaks::ReporterKey,
    pairing::{PairingSettings, Scheme},
    reader::{Problem, Problems},
};
use crate::app::{
    folds::FoldsConfig, identity::IdentityConfig, platforms::Credentials, throttle::Limits,
};

/// What `serve` needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where HTTP is served; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Where `/healthz`, `/readyz` and `/metrics` are served, if not beside everything else.
    pub ops_listen: Option<SocketAddr>,
    /// The folder of everything this node keeps.
    pub data: PathBuf,
    /// The log; none for the embedded one.
    pub eventstore: Option<Secret<String>>,
    /// Postgres; none for PGlite.
    pub database_url: Option<Secret<String>>,
    /// Connections for queries.
    pub database_connections: u32,
    /// Newest first; may be left out for an empty embedded log only.
    pub master_keys: Option<MasterKeys>,
    /// This node's name in the metadata of events.
    pub node: String,
    pub log: LogConfig,
    pub http: HttpConfig,
    pub folds: FoldsConfig,
    pub providers: ProviderConfig,
    pub identity: IdentityConfig,
    pub settings: Settings,
    /// Whether tokens may be signed as another issuer than before.
    pub accept_issuer_change: bool,
}

/// How the service speaks of itself.
#[derive(Clone, Debug)]
pub struct LogConfig {
    pub format: LogFormat,
    /// `tracing`'s directives, e.g. `info,api=debug`.
    pub filter: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// What the listener tolerates.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Connections open at once; more wait to be accepted.
    pub connections: usize,
    /// How long requests may wait for their turn, before others are put off.
    pub longest_wait: Duration,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
}

/// The platforms that accounts can be connected to.
#[derive(Clone, Debug, Default)]
pub struct ProviderConfig {
    /// Descriptions beside those built in.
    pub folder: Option<PathBuf>,
    /// Who the service is at each of them, e.g. `TWITCH_CLIENT_ID`.
    pub credentials: Credentials,
}

/// What the rules of the service are set to.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the service is reached from outside; without it, links name the listener.
    pub public_url: Option<Url>,
    /// The same, byte for byte as it was written: what tokens are signed as.
    pub issuer: Option<Issuer>,
    /// The plan of a new workspace.
    pub default_plan: Plan,
    pub registration: Registration,
    /// What each plan allows, by rank.
    pub plans: [PlanLimits; 4],
    pub tokens: TokenSettings,
    pub session_token_ttl: Duration,
    /// How long a login with a browser lasts.
    pub login_ttl: Duration,
    pub pairing: PairingSettings,
    /// Whose reports of leaked tokens are believed.
    pub leak_reporters: Vec<ReporterKey>,
    pub limits: Limits,
    pub graphql: GraphqlSettings,
    /// How old this node's knowledge may be before verification reads the log or refuses.
    pub max_staleness: Duration,
}

impl Settings {
    /// What tokens are signed as; of a service that is not served, nothing anybody could reach.
    pub fn issuer(&self) -> &str {
        self.issuer.as_ref().map_or("http://localhost", Issuer::as_str)
    }
}

/// Who may register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    Open,
    /// Only with an account at the identity provider.
    Linked,
    Closed,
}

/// Access and refresh tokens of `/authenticate`.
#[derive(Clone, Debug)]
pub struct TokenSettings {
    /// `iss` of the access token's `compat` profile.
    pub issuer: String,
    /// `aud` of the access token.
    pub audience: String,
    pub access_ttl: AccessTtl,
    /// How long a login lasts, whatever its use.
    pub refresh_absolute: Duration,
    /// How long a login lasts unused.
    pub refresh_idle: Duration,
    /// Bits of a new signing key: 2048 or 3072.
    pub rsa_bits: RsaBits,
    /// How long a copy of the key set may be kept.
    pub jwks_max_age: Duration,
}

/// How long an access token lives: at most the hour that its readers were promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessTtl(Duration);

impl AccessTtl {
    const CEILING: Duration = Duration::from_hours(1);

    /// Returns `None` for less than a minute and for more than an hour.
    pub fn new(ttl: Duration) -> Option<Self> {
        (Duration::from_mins(1)..=Self::CEILING).contains(&ttl).then_some(Self(ttl))
    }

    pub const fn get(self) -> Duration {
        self.0
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RsaBits {
    Rsa2048,
    Rsa3072,
}

#[derive(Clone, Debug)]
pub struct GraphqlSettings {
    /// Whether callers without a credential may introspect the schema.
    pub introspection: bool,
    /// Origins of web pages that may open sockets, besides the public URL's own.
    pub origins: Vec<Url>,
}

/// What the command line says; it goes before the environment.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub listen: Option<SocketAddr>,
    pub data: Option<PathBuf>,
    /// Whether tokens may be signed as another issuer than before.
    pub accept_issuer_change: bool,
}

impl Config {
    /// Reads the configuration from the process's environment and `flags`.
    pub fn from_env(flags: Flags) -> Result<Self, Problems> {
        let environment = env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
        });
        let accept_issuer_change = flags.accept_issuer_change;
        let data = flags.data.map(|data| data.to_string_lossy().into_owned());
        let flags = [
            ("KEYLEDGER_LISTEN", flags.listen.map(|listen| listen.to_string())),
            ("KEYLEDGER_DATA", data),
        ];
        let flags = flags.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let config = Self::from_pairs(environment.chain(flags))?;
        Ok(Self { accept_issuer_change, ..config })
    }

    /// Reads the configuration from names and values; names that are not ours are ignored, ours
    /// that are unknown are refused.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, Problems> {
        let mut reader = Reader::new(pairs);
        let config = Self {
            listen: reader.parse("LISTEN", SocketAddr::from(([127, 0, 0, 1], 8080))),
            ops_listen: reader.optional("OPS_LISTEN"),
            data: reader.parse("DATA", PathBuf::from("./data")),
            eventstore: reader.secret("EVENTSTORE"),
            database_url: reader.secret("DATABASE_URL"),
            database_connections: reader.within("DATABASE_CONNECTIONS", 16, 1..=1000),
            master_keys: reader.master_keys("MASTER_KEY"),
            node: reader.parse("NODE", format!("node-{}", std::process::id())),
            log: LogConfig {
                format: reader
                    .choice("LOG_FORMAT", &[("text", LogFormat::Text), ("json", LogFormat::Json)]),
                filter: reader.parse("LOG", "info".to_owned()),
            },
            http: HttpConfig {
                connections: reader.within("CONNECTIONS", 10_000, 1..=1_000_000),
                longest_wait: Duration::from_millis(reader.within(
                    "LONGEST_WAIT_MS",
                    100,
                    10..=60_000,
                )),
                trusted_proxies: reader.list("TRUSTED_PROXIES"),
            },
            folds: folds(&mut reader),
            providers: ProviderConfig {
                folder: reader.optional("PROVIDERS"),
                credentials: reader.secrets("PROVIDER_"),
            },
            identity: IdentityConfig {
                issuer: reader.optional("CLERK_ISSUER"),
                jwks: reader.optional("CLERK_JWKS"),
                audience: reader.optional("CLERK_AUDIENCE"),
                authorized_parties: reader.list("CLERK_AUTHORIZED_PARTIES"),
                webhook_secret: reader.secret("CLERK_WEBHOOK_SECRET"),
                sign_in: reader.optional("CLERK_SIGN_IN_URL"),
                orgs: reader.choice("CLERK_ORGS", &[("off", false), ("on", true)]),
            },
            settings: settings(&mut reader),
            accept_issuer_change: false,
        };
        reader.finish(config)
    }
}

fn folds(reader: &mut Reader) -> FoldsConfig {
    let default = FoldsConfig::default();
    let sizes = 0..=100_000_000;
    FoldsConfig {
        users: reader.within("CACHE_USERS", default.users, sizes.clone()),
        workspaces: reader.within("CACHE_WORKSPACES", default.workspaces, sizes.clone()),
        agent_tokens: reader.within("CACHE_AGENT_TOKENS", default.agent_tokens, sizes.clone()),
        token_families: reader.within("CACHE_LOGINS", default.token_families, sizes.clone()),
        session_tokens: reader.within(
            "CACHE_SESSION_TOKENS",
            default.session_tokens,
            sizes.clone(),
        ),
        clerk_users: reader.within("CACHE_CLERK_USERS", default.clerk_users, sizes.clone()),
        logins: reader.within("CACHE_BROWSERS", default.logins, sizes.clone()),
        service_credentials: reader.within(
            "CACHE_SERVICE_CREDENTIALS",
            default.service_credentials,
            sizes.clone(),
        ),
        oauth_clients: reader.within("CACHE_OAUTH_CLIENTS", default.oauth_clients, sizes.clone()),
        oauth_grants: reader.within("CACHE_OAUTH_GRANTS", default.oauth_grants, sizes),
    }
}

fn settings(reader: &mut Reader) -> Settings {
    let limits = Limits::default();
    let issuer: Option<Issuer> = reader.optional("PUBLIC_URL");
    Settings {
        public_url: issuer.as_ref().and_then(|issuer| Url::parse(issuer.as_str()).ok()),
        issuer,
        default_plan: reader.parse("DEFAULT_PLAN", Plan::Free),
        registration: reader.choice(
            "REGISTRATION",
            &[
                ("open", Registration::Open),
                ("linked", Registration::Linked),
                ("closed", Registration::Closed),
            ],
        ),
        plans: Plan::ALL.map(|plan| plan_limits(reader, plan)),
        tokens: token_settings(reader),
        session_token_ttl: reader.seconds("SESSION_TOKEN_TTL", 300, 5..=900),
        // Less than the log keeps a login.
        login_ttl: reader.seconds("LOGIN_TTL", 14 * DAY, 60..=89 * DAY),
        pairing: pairing::read(reader),
        leak_reporters: reader.list("LEAK_REPORTERS"),
        limits: Limits {
            authentications_a_minute: reader.within(
                "AUTHENTICATIONS_PER_MINUTE",
                limits.authentications_a_minute,
                1..=1_000_000,
            ),
            registrations_an_hour: reader.within(
                "REGISTRATIONS_PER_HOUR",
                limits.registrations_an_hour,
                1..=1_000_000,
            ),
            refusals_a_minute: reader.within(
                "REFUSED_REFRESHES_PER_MINUTE",
                limits.refusals_a_minute,
                1..=1_000_000,
            ),
            wrong_codes_in_ten_minutes: reader.within(
                "PAIRING_WRONG_CODES",
                limits.wrong_codes_in_ten_minutes,
                1..=1_000,
            ),
            sessions_a_minute: reader.within(
                "SESSION_TOKENS_PER_MINUTE",
                limits.sessions_a_minute,
                1..=1_000_000,
            ),
            networks: reader.within("CACHE_NETWORKS", limits.networks, 1_000..=100_000_000),
        },
        graphql: GraphqlSettings {
            introspection: reader.choice("GRAPHQL_INTROSPECTION", &[("off", false), ("on", true)]),
            origins: reader.list("ORIGINS"),
        },
        max_staleness: reader.seconds("MAX_STALENESS", 5, 1..=60),
    }
}

/// Reads e.g. `KEYLEDGER_PLAN_PRO_TOKENS` and `KEYLEDGER_PLAN_PRO_SOCKETS`.
fn plan_limits(reader: &mut Reader, plan: Plan) -> PlanLimits {
    let (limits, name) = (plan.limits(), plan.as_str().to_uppercase());
    // What a plan does not have at all is decided by its rank, not by a number.
    if plan < Plan::LOWEST_WITH_TOKENS {
        return limits;
    }
    PlanLimits {
        agent_tokens: reader.within(
            &format!("PLAN_{name}_TOKENS"),
            limits.agent_tokens,
            1..=100_000,
        ),
        sockets_per_token: reader.within(
            &format!("PLAN_{name}_SOCKETS"),
            limits.sockets_per_token,
            1..=100_000,
        ),
        connected_accounts: reader.within(
            &format!("PLAN_{name}_ACCOUNTS"),
            limits.connected_accounts,
            1..=100_000,
        ),
        ..limits
    }
}

const DAY: u64 = 24 * 3600;

fn token_settings(reader: &mut Reader) -> TokenSettings {
    let access_ttl = reader.seconds("ACCESS_TOKEN_TTL", 3600, 60..=3600);
    TokenSettings {
        issuer: reader.parse("COMPAT_ISS", "nexus-user-service".to_owned()),
        audience: reader.parse("AUDIENCE", "nexushub".to_owned()),
        access_ttl: AccessTtl::new(access_ttl).unwrap_or(AccessTtl(AccessTtl::CEILING)),
        refresh_absolute: reader.seconds("REFRESH_TOKEN_TTL", 90 * DAY, 60..=10 * 366 * DAY),
        refresh_idle: reader.seconds("REFRESH_TOKEN_IDLE", 30 * DAY, 60..=10 * 366 * DAY),
        rsa_bits: reader
            .choice("RSA_BITS", &[("2048", RsaBits::Rsa2048), ("3072", RsaBits::Rsa3072)]),
        jwks_max_age: reader.seconds("JWKS_MAX_AGE", 300, 0..=DAY),
    }
}
