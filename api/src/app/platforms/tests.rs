use chrono::DateTime;
use serde_json::json;

use super::{
    answer::{Refused, TokenAnswer, identity},
    *,
};

fn described(name: &str) -> Description {
    let (_, text) = BUILT_IN.into_iter().find(|(known, _)| *known == name).unwrap();
    Description::parse(text).unwrap()
}

fn granted(answer: serde_json::Value, asked: &str) -> Option<Tokens> {
    let asked = PlatformScopes::parse(asked.split(' ')).unwrap();
    let answer: TokenAnswer = serde_json::from_value(answer).ok()?;
    answer.granted(DateTime::from_timestamp(1_000, 0).unwrap(), &asked, None)
}

#[test]
fn twitch_names_its_scopes_in_a_list() {
    let tokens = granted(
        json!({
            "access_token": "rfx2uswqe8l4g1mkagrvg5tv0ks3", "expires_in": 14124,
            "refresh_token": "5b93chm6hdve3mycz05zfzatkfdenfspp1h1ar2xxdalen01",
            "scope": ["channel:moderate", "chat:edit"], "token_type": "bearer"
        }),
        "chat:edit",
    )
    .unwrap();
    assert!(tokens.scopes.iter().eq(["channel:moderate", "chat:edit"]));
    assert_eq!(tokens.expires_at.unwrap().timestamp(), 15_124);
}

#[test]
fn discord_names_its_scopes_in_a_text() {
    let tokens = granted(
        json!({
            "access_token": "6qrZcUqja7812RVdnEKjpzOL4CvHBFG", "token_type": "Bearer",
            "expires_in": 604_800, "refresh_token": "D43f5y0ahjqew82jZ4NViEr2YafMKhue",
            "scope": "identify guilds"
        }),
        "identify",
    )
    .unwrap();
    assert!(tokens.scopes.iter().eq(["guilds", "identify"]));
}

#[test]
fn an_answer_without_scopes_grants_what_was_asked_for() {
    let tokens = granted(json!({ "access_token": "a", "token_type": "bearer" }), "x y").unwrap();
    assert!(tokens.scopes.iter().eq(["x", "y"]));
    assert!(tokens.expires_at.is_none() && tokens.refresh.is_none());
}

#[test]
fn what_is_no_answer_is_none() {
    for wrong in [
        json!({}),
        json!([]),
        json!({ "access_token": "", "token_type": "bearer" }),
        json!({ "access_token": "a" }),
        json!({ "access_token": 1, "token_type": "bearer" }),
        json!({ "access_token": "a", "token_type": "bearer", "expires_in": -1 }),
        json!({ "access_token": "a", "token_type": "bearer", "scope": "\u{e4}" }),
        json!({ "access_token": "a".repeat(20_000), "token_type": "bearer" }),
    ] {
        assert!(granted(wrong.clone(), "x").is_none(), "{wrong}");
    }
}

#[test]
fn the_end_of_a_grant_is_told_from_other_refusals() {
    let ends = |answer, name| {
        let refused: Refused = serde_json::from_value(answer).unwrap();
        refused.ends_the_grant(&described(name))
    };
    assert!(ends(json!({ "error": "invalid_grant" }), "discord"));
    let twitch =
        json!({ "error": "Bad Request", "status": 400, "message": "Invalid refresh token" });
    assert!(ends(twitch.clone(), "twitch") && !ends(twitch, "discord"));
    assert!(!ends(json!({ "error": "invalid_client" }), "discord"));
    assert!(!ends(json!({ "message": "invalid client secret" }), "twitch"));
    assert!(!ends(json!("invalid_grant"), "discord"));
}

#[test]
fn a_person_is_found_where_the_platform_puts_them() {
    let found = |answer: serde_json::Value, name| {
        identity(answer.to_string().as_bytes(), &described(name)).map(|it| it.user_id.to_string())
    };
    let twitch = json!({ "data": [{ "id": "141981764", "display_name": "TwitchDev" }] });
    assert_eq!(found(twitch.clone(), "twitch").as_deref(), Some("141981764"));
    assert_eq!(found(json!({ "id": 80_351_110 }), "discord").as_deref(), Some("80351110"));
    for wrong in [json!({ "data": [] }), json!({ "data": [{ "id": "" }] }), json!({ "id": 1.5 })] {
        assert_eq!(found(wrong, "twitch"), None);
    }
    assert!(identity(b"<html>", &described("twitch")).is_none());
}

#[test]
fn tokens_survive_the_vault() {
    let tokens =
        granted(json!({ "access_token": "a", "token_type": "bearer", "refresh_token": "r" }), "x")
            .unwrap();
    let read = Tokens::decode(&tokens.encode().unwrap()).unwrap();
    assert_eq!(read.access.expose(), "a");
    assert_eq!(read.refresh.unwrap().expose(), "r");
    assert_eq!((read.expires_at, read.scopes), (None, tokens.scopes));
}

#[test]
fn a_platform_is_there_when_the_service_is_known_to_it() {
    let outbound = Outbound::new().unwrap();
    let open = |names: &[&str]| {
        let credentials = names.iter().map(|name| ((*name).to_owned(), Secret::new("x".into())));
        let platforms = Platforms::open(None, credentials.collect(), &outbound);
        platforms.map(|platforms| platforms.iter().map(|it| it.name.to_string()).collect())
    };
    let none: Vec<String> = open(&[]).unwrap();
    assert!(none.is_empty());
    assert_eq!(open(&["TWITCH_CLIENT_ID", "TWITCH_CLIENT_SECRET"]).unwrap(), ["twitch"]);
    assert!(open(&["TWITCH_CLIENT_ID"]).is_err());
    assert!(open(&["MYSPACE_CLIENT_ID", "MYSPACE_CLIENT_SECRET"]).is_err());
}

#[test]
fn a_description_asks_by_tls_and_says_where_the_person_is() {
    let text = BUILT_IN[1].1;
    assert!(
        Description::parse(&text.replace("https://discord.com/api/oauth2", "http://d")).is_err()
    );
    assert!(Description::parse(&text.replace("\"/id\"", "\"id\"")).is_err());
    assert!(Description::parse(&format!("{text}\nunknown = 1")).is_err());
    assert!(Description::parse("").is_err());
}
