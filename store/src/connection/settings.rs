//! Settings: the connection string, with the waits that suit a supervised client.

use domain::Secret;
use eventstore::ClientSettings;

use crate::ConnectError;

/// What the crate would wait before its first try, and for a seed that hangs, is longer than one
/// of our deadlines; a connection string that names its own values keeps them.
const DEFAULTS: [(&str, &str); 2] = [("discoveryInterval", "20"), ("gossipTimeout", "500")];

/// Reads the connection string.
///
/// The crate's own error repeats the string, password and all, so it ends here.
pub(crate) fn parse(url: &Secret<String>) -> Result<ClientSettings, ConnectError> {
    let mut text = Secret::new(url.expose().clone());
    for (name, value) in DEFAULTS {
        if !url.expose().to_lowercase().contains(&format!("{}=", name.to_lowercase())) {
            let separator = if text.expose().contains('?') { '&' } else { '?' };
            text = Secret::new(format!("{}{separator}{name}={value}", text.expose()));
        }
    }
    text.expose().parse().map_err(|_| ConnectError::Address)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn parse(url: &str) -> Result<ClientSettings, ConnectError> {
        super::parse(&Secret::new(url.to_owned()))
    }

    #[test]
    fn waits_are_short_unless_the_address_says_otherwise() {
        let ours = parse("esdb://ann:pw@localhost:2113?tls=false").unwrap();
        assert_eq!(ours.discovery_interval(), Duration::from_millis(20));
        assert_eq!(ours.gossip_timeout(), Duration::from_millis(500));
        let theirs = parse("esdb://one:1,two:2?GossipTimeout=900").unwrap();
        assert_eq!(theirs.gossip_timeout(), Duration::from_millis(900));
        assert_eq!(theirs.hosts().len(), 2);
    }

    #[test]
    fn an_address_that_is_none_is_not_repeated() {
        for url in ["esdb://ann:hunter2@", "http://ann:hunter2@host", "esdb://ann:hunter2@h/x"] {
            let error = parse(url).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
