//! Effects: what others are told, they are told once, however often the history is read again.

use serde_json::json;
use tests::{
    account::Person,
    platform::{Platform, Platforms, access_token},
    setup::Setup,
    wait::eventually,
};

#[tokio::test]
async fn reading_the_history_again_tells_nobody_anything_again() {
    let discord = Platform::discord();
    let platforms = Platforms::of(&[&discord]);
    let setup = platforms.known_to(Setup::default().pglite());
    let mut service = setup.start().await.unwrap();
    let person = Person::new(&service.client()).await;
    // One that was renewed, and one that was given back.
    discord.set(json!({ "expires_in": 0, "renewed_expires_in": 604_800 })).await;
    let kept = person.connect(&discord).await;
    access_token(&service.with_scope("accounts:token"), &kept).await.expect(200);
    person.disconnect(&kept).await.expect_data();
    let told = eventually("the platform to be told", || async {
        let seen = discord.seen().await;
        (seen["revoke"] == 1 && seen["refresh"] == 1).then_some(seen)
    })
    .await;

    let listed = service.operate(&["projections", "list"]).unwrap();
    for model in listed.as_array().unwrap() {
        let name = model["name"].as_str().unwrap();
        // The one connection of PGlite may be in use.
        eventually("a rebuild", || async {
            let rebuilt = service.command().args(["projections", "rebuild", name]).output();
            rebuilt.unwrap().status.success().then_some(())
        })
        .await;
    }
    // All of them at once, by reactors and read models that begin anew.
    service.stop().await.unwrap();
    std::fs::remove_dir_all(service.data().join("pglite")).unwrap();
    let service = service.start_again().await.unwrap();
    let again = Person::sign_in(&service.client(), &person.name, &person.user_key).await;
    let newest = again.create_token("Desk").await;
    let list = "query($at: Position!) {
      agentTokens(first: 1, consistency: { atLeast: $at }) { totalCount } }";
    eventually("everything to be read again", || async {
        let answer = again.graphql(list, json!({ "at": newest.position })).await;
        (answer.at("/data/agentTokens/totalCount") == 1).then_some(())
    })
    .await;
    let reactors = || async {
        let ready = service.client().get("/readyz").await;
        let reactors = ready.at("/reactors").as_array()?.clone();
        let idle = reactors.iter().all(|it| it["waiting"] == 0 && it["stuck"] == 0);
        (ready.status == 200 && idle).then_some(())
    };
    eventually("the reactors to have nothing to do", reactors).await;
    assert_eq!(discord.seen().await, told);
}
