use chrono::TimeDelta;
use futures::future::join_all;
use tempfile::TempDir;

use super::*;
use crate::{
    app::{ClientInfo, sign_in::SignIn},
    clock::Clock,
    config::Config,
    node::Parts,
};

const PASSWORD: &str = "correct horse battery staple";

/// A service of a test's own, with a clock that can be moved.
struct Scene {
    parts: Parts,
    clock: Clock,
    _folder: TempDir,
}

impl Scene {
    async fn new() -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::default());
        let data = folder.path().to_str().unwrap().to_owned();
        let config = Config::from_pairs([("KEYLEDGER_DATA".to_owned(), data)]).unwrap();
        let parts = Parts::start_with(config, clock.clone(), None).await.unwrap();
        Self { parts, clock, _folder: folder }
    }

    fn app(&self) -> &App {
        self.parts.app()
    }

    async fn register(&self, name: &str, password: &str) -> Result<Registered, Error> {
        self.app().register(&request(), name, Secret::new(password.into())).await
    }

    /// Does what registering does up to some step, then nothing more: a crash.
    async fn die_after(&self, name: &str, reserved: bool) -> UserId {
        let request = request();
        let dying = Registering {
            app: self.app(),
            request: &request,
            name: Username::parse(name).unwrap(),
            password: Secret::new(PASSWORD.into()),
            given: None,
        };
        let id = dying.new_id();
        let undertaking = dying.undertaking(id);
        let turn = self.app().passwords.turn().await.unwrap();
        let hash = turn.hash(&dying.password).await.unwrap();
        assert!(self.app().create_keys(&undertaking, id).await.unwrap());
        dying.keep_password(&undertaking, id, &hash).await.unwrap();
        if reserved {
            let reserve = Reserve { user_id: id, replacing: None, at: undertaking.at() };
            let handle = self.app().handle_of(&dying.name);
            let context = undertaking.step("handle").on::<UserHandle>(handle).await.unwrap();
            let command = user_handle::Command::Reserve(reserve);
            self.app().log.execute::<UserHandle>(handle, &command, &context).await.unwrap();
        }
        id
    }

    async fn may_sign_in(&self, registered: &Registered, password: &str) -> bool {
        let user_key = registered.user_key.clone();
        let password = Secret::new(password.to_owned());
        let sign_in = SignIn { user_key, password, revoke_others: false };
        self.app().authenticate(&request(), sign_in).await.is_ok()
    }

    async fn end(self) {
        self.parts.stop().await;
    }
}

/// From nowhere, so that no limit of a network is met.
fn request() -> Request {
    Request {
        id: random::uuid(),
        caller: None,
        client: ClientInfo::default(),
        idempotency_key: None,
    }
}

#[tokio::test]
async fn of_many_who_want_a_name_one_gets_it() {
    let scene = Scene::new().await;
    let passwords: Vec<_> = (0..8).map(|n| format!("{PASSWORD} {n}")).collect();
    let all = passwords.iter().map(|password| scene.register("ada", password));
    let outcomes = join_all(all).await;
    let winners: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect();
    assert_eq!(winners.len(), 1);
    let losers = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    for loser in losers {
        assert!(is_taken(loser) || matches!(loser, Error::RateLimited { .. }), "{loser:?}");
    }
    let winner = passwords.iter().zip(&outcomes).find(|(_, outcome)| outcome.is_ok()).unwrap().0;
    // The others' passwords were wrong guesses at the winner's.
    scene.clock.shift(TimeDelta::minutes(15));
    assert!(scene.may_sign_in(winners[0], winner).await);
    scene.end().await;
}

#[tokio::test]
async fn the_same_name_with_the_same_password_is_the_same_person() {
    let scene = Scene::new().await;
    let first = scene.register("Ada", PASSWORD).await.unwrap();
    let second = scene.register("ADA", PASSWORD).await.unwrap();
    assert_eq!(first.user_key, second.user_key);
    assert!(is_taken(&scene.register("ada", "another long password").await.unwrap_err()));
    scene.end().await;
}

#[tokio::test]
async fn who_comes_back_after_a_crash_finishes_what_was_begun() {
    let scene = Scene::new().await;
    scene.die_after("grace", false).await;
    let grace = scene.register("grace", PASSWORD).await.unwrap();
    assert!(scene.may_sign_in(&grace, PASSWORD).await);

    let id = scene.die_after("ada", true).await;
    assert!(is_taken(&scene.register("ada", "another long password").await.unwrap_err()));
    let ada = scene.register("ada", PASSWORD).await.unwrap();
    assert_eq!(ada.id, id);
    assert!(scene.may_sign_in(&ada, PASSWORD).await);
    scene.end().await;
}

#[tokio::test]
async fn a_name_that_nobody_came_back_for_can_be_taken_over() {
    let scene = Scene::new().await;
    let dead = scene.die_after("ada", true).await;
    let stranger = "another long password";
    assert!(is_taken(&scene.register("ada", stranger).await.unwrap_err()));
    scene.clock.shift(TimeDelta::minutes(6));
    let ada = scene.register("ada", stranger).await.unwrap();
    assert_ne!(ada.id, dead);
    assert!(scene.may_sign_in(&ada, stranger).await);
    // Whoever wakes late cannot become that person any more.
    assert_eq!(scene.app().log.load::<User>(dead).await.unwrap().state, User::Abandoned);
    assert!(is_taken(&scene.register("ada", PASSWORD).await.unwrap_err()));
    scene.end().await;
}

#[tokio::test]
async fn a_caller_who_hangs_up_is_registered_all_the_same() {
    let scene = Scene::new().await;
    let name = Username::parse("ada").unwrap();
    {
        let asking = scene.register("ada", PASSWORD);
        tokio::pin!(asking);
        // Polled once, so that it has begun, and dropped.
        assert!(futures::poll!(asking.as_mut()).is_pending());
    }
    let mut looks = 0;
    while scene.app().user_named(&name).await.unwrap().is_none() {
        looks += 1;
        assert!(looks < 10_000, "the registration was given up");
        tokio::task::yield_now().await;
    }
    let ada = scene.register("ada", PASSWORD).await.unwrap();
    assert!(scene.may_sign_in(&ada, PASSWORD).await);
    scene.end().await;
}
