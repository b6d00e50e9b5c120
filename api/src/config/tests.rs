use super::*;

fn read(pairs: &[(&str, &str)]) -> Result<Config, Problems> {
    Config::from_pairs(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())))
}

#[test]
fn nothing_needs_to_be_set() {
    let config = read(&[]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.settings.default_plan, Plan::Free);
    assert!(config.eventstore.is_none() && config.database_url.is_none());
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let problems = read(&[
        ("KEYLEDGER_LISTEN", "here"),
        ("KEYLEDGER_DEFAULT_PLAN", "gold"),
        ("KEYLEDGER_REGISTRATION", "maybe"),
        ("KEYLEDGER_ACCESS_TOKEN_TTL", "7200"),
        ("KEYLEDGER_PUBLIC_URL", "https://u:p@host/path"),
        ("KEYLEDGER_LISTNE", "127.0.0.1:0"),
    ])
    .unwrap_err();
    let names: Vec<_> = problems.0.iter().map(|problem| &*problem.name).collect();
    assert_eq!(
        names,
        [
            "KEYLEDGER_LISTEN",
            "KEYLEDGER_PUBLIC_URL",
            "KEYLEDGER_DEFAULT_PLAN",
            "KEYLEDGER_REGISTRATION",
            "KEYLEDGER_ACCESS_TOKEN_TTL",
            "KEYLEDGER_LISTNE",
        ]
    );
}

#[test]
fn a_problem_does_not_show_what_was_set() {
    let problems = read(&[("KEYLEDGER_MASTER_KEY", "hunter2")]).unwrap_err();
    assert!(!problems.to_string().contains("hunter2"));
}

#[test]
fn a_flag_goes_before_the_environment() {
    let config =
        read(&[("KEYLEDGER_LISTEN", "0.0.0.0:80"), ("KEYLEDGER_LISTEN", "127.0.0.1:0")]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:0");
}

#[test]
fn what_is_set_to_nothing_is_not_set() {
    assert!(read(&[("KEYLEDGER_EVENTSTORE", "")]).unwrap().eventstore.is_none());
}

#[test]
fn an_access_token_never_outlives_the_hour() {
    assert!(AccessTtl::new(Duration::from_secs(3601)).is_none());
    assert_eq!(read(&[]).unwrap().settings.tokens.access_ttl.get(), Duration::from_hours(1));
}

#[test]
fn a_plan_can_be_given_other_numbers() {
    let config = read(&[("KEYLEDGER_PLAN_PRO_TOKENS", "12")]).unwrap();
    assert_eq!(config.settings.plans[1].agent_tokens, 12);
    assert_eq!(config.settings.plans[2].agent_tokens, 50);
}
