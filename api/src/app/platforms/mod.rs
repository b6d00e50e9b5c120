//! Platforms: those that accounts can be connected to, and who the service is at each of them.
//!
//! A platform is a [`Description`] and a client's id and secret; one without the latter two is not
//! there. `twitch` and `discord` are described here, any other by a file of a folder.

mod answer;
mod ask;
mod description;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use anyhow::{Context as _, anyhow, bail};
use domain::{
    Secret,
    platform::{PlatformName, PlatformScopes},
};

pub use self::{
    answer::{Identity, Tokens},
    ask::ProviderFailure,
    description::{ClientAuth, Description, Revoked, Rotation},
};
use super::outbound::Outbound;

const BUILT_IN: [(&str, &str); 2] = [
    ("twitch", include_str!("builtin/twitch.toml")),
    ("discord", include_str!("builtin/discord.toml")),
];

/// Who the service is at platforms, by their names: `TWITCH_CLIENT_ID` and the like.
pub type Credentials = BTreeMap<String, Secret<String>>;

/// One platform that accounts can be connected to.
pub struct Platform {
    pub name: PlatformName,
    pub description: Description,
    pub scopes: PlatformScopes,
    pub(super) client_id: String,
    pub(super) client_secret: Secret<String>,
    outbound: Outbound,
}

/// All platforms that accounts can be connected to.
#[derive(Default)]
pub struct Platforms(BTreeMap<PlatformName, Arc<Platform>>);

impl Platforms {
    /// Reads the descriptions of `folder` beside those built in, and takes those that the service
    /// has credentials for.
    ///
    /// # Errors
    ///
    /// If a file is no description, or a credential is half given or of no platform.
    pub fn open(
        folder: Option<&Path>,
        mut credentials: Credentials,
        outbound: &Outbound,
    ) -> anyhow::Result<Self> {
        let mut platforms = BTreeMap::new();
        for (name, description) in descriptions(folder)? {
            let prefix = name.as_str().to_uppercase().replace('-', "_");
            let client_id = credentials.remove(&format!("{prefix}_CLIENT_ID"));
            let client_secret = credentials.remove(&format!("{prefix}_CLIENT_SECRET"));
            let (client_id, client_secret) = match (client_id, client_secret) {
                (Some(client_id), Some(client_secret)) => (client_id, client_secret),
                (None, None) => continue,
                _ => {
                    bail!("KEYLEDGER_PROVIDER_{prefix}_CLIENT_ID and _CLIENT_SECRET come together")
                }
            };
            let scopes = PlatformScopes::parse(description.scopes.iter().map(String::as_str))?;
            let platform = Platform {
                name: name.clone(),
                description,
                scopes,
                client_id: client_id.expose().clone(),
                client_secret,
                outbound: outbound.clone(),
            };
            platforms.insert(name, Arc::new(platform));
        }
        match credentials.into_keys().next() {
            Some(name) => Err(anyhow!("KEYLEDGER_PROVIDER_{name} is of no platform")),
            None => Ok(Self(platforms)),
        }
    }

    pub fn get(&self, name: &PlatformName) -> Option<Arc<Platform>> {
        self.0.get(name).cloned()
    }

    /// In the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Platform>> {
        self.0.values()
    }
}

/// Every description by its name; one of the folder goes before one built in.
fn descriptions(folder: Option<&Path>) -> anyhow::Result<BTreeMap<PlatformName, Description>> {
    let mut found = BTreeMap::new();
    for (name, text) in BUILT_IN {
        let description = Description::parse(text).map_err(|error| anyhow!("{name}: {error}"))?;
        found.insert(name.parse()?, description);
    }
    let Some(folder) = folder else { return Ok(found) };
    let entries = fs::read_dir(folder)
        .with_context(|| format!("KEYLEDGER_PROVIDERS: {}", folder.display()))?;
    for entry in entries {
        let file = entry?.path();
        if file.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let shown = file.display();
        let name = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let name: PlatformName = name.parse().with_context(|| shown.to_string())?;
        let text = fs::read_to_string(&file).with_context(|| shown.to_string())?;
        let description = Description::parse(&text).map_err(|error| anyhow!("{shown}: {error}"))?;
        found.insert(name, description);
    }
    Ok(found)
}
