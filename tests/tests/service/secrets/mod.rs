//! Secrets: after a whole story, none lies anywhere, and no person in clear outside read models.

mod stories;

use std::{
    fs,
    path::{Path, PathBuf},
};

use tests::{
    identity::Clerk,
    platform::{Platform, Platforms},
    setup::Setup,
};

/// What must lie nowhere, and what may lie in read models alone.
#[derive(Default)]
struct Canaries {
    /// What it is, and its text.
    secrets: Vec<(&'static str, String)>,
    /// Codes of six digits: among many others by chance, but never as a word of their own.
    codes: Vec<String>,
    personal: Vec<(&'static str, String)>,
}

impl Canaries {
    /// Something that whoever has it can use.
    fn secret(&mut self, what: &'static str, text: &str) {
        assert!(text.len() >= 8, "{what} is found by chance: `{text}`");
        self.secrets.push((what, text.to_owned()));
    }

    /// A credential in our own form: what follows its public id.
    fn credential(&mut self, what: &'static str, text: &str) {
        self.secret(what, text.rsplit('_').next().unwrap());
    }

    /// A JWT: what makes it more than its claims.
    fn jwt(&mut self, what: &'static str, text: &str) {
        self.secret(what, text.rsplit('.').next().unwrap());
    }

    fn code(&mut self, text: &str) {
        assert_eq!(text.len(), 6);
        self.codes.push(text.to_owned());
    }

    fn person(&mut self, what: &'static str, text: &str) {
        self.personal.push((what, text.to_owned()));
    }
}

#[tokio::test]
async fn no_secret_and_no_name_lies_open_in_any_file_of_the_service() {
    let (clerk, twitch, discord) = (Clerk::new(), Platform::twitch(), Platform::discord());
    let platforms = Platforms::of(&[&twitch, &discord]);
    let setup = clerk.known_to(platforms.known_to(Setup::default()));
    let mut service = setup.pglite().env("LOG", "trace").start().await.unwrap();
    let mut canaries = Canaries::default();
    stories::of_a_person(&service, &mut canaries).await;
    stories::of_pairing(&service, &mut canaries).await;
    stories::of_sockets(&service, &mut canaries).await;
    stories::of_applications(&service, &mut canaries).await;
    stories::of_accounts(&service, &[&twitch, &discord], &mut canaries).await;
    stories::of_clerk(&service, &clerk, &mut canaries).await;
    let metrics = service.client().get("/metrics").await.text;
    service.stop().await.unwrap();

    for (what, secret) in &canaries.secrets {
        assert!(!metrics.contains(secret), "{what} is a metric's");
    }
    for (what, text) in &canaries.personal {
        assert!(!metrics.contains(text), "{what} is a metric's");
    }
    let files = files_of(service.data());
    let has = |name: &str| files.iter().any(|(path, _)| path.to_string_lossy().contains(name));
    // The log, Postgres, and what was printed at the most talkative level.
    for sink in ["log.sqlite", "pglite", ".logs/stderr"] {
        assert!(has(sink), "{sink} was not looked at");
    }
    let mut in_read_models = 0;
    for (path, text) in &files {
        nothing_open(path, text, &canaries);
        for (what, personal) in &canaries.personal {
            let found = text.contains(personal.as_str());
            if path.to_string_lossy().contains("pglite") {
                in_read_models += usize::from(found);
            } else {
                assert!(!found, "{what} (`{personal}`) lies open in {}", path.display());
            }
        }
    }
    // What is looked for can be found: read models hold it in clear.
    assert!(in_read_models >= 5, "{in_read_models}");
}

fn nothing_open(path: &Path, text: &str, canaries: &Canaries) {
    for (what, secret) in &canaries.secrets {
        assert!(!text.contains(secret.as_str()), "{what} lies open in {}", path.display());
    }
    for code in &canaries.codes {
        let word = |quote: &str| format!("{quote}{code}{quote}");
        for quoted in [word("\""), word("'"), word(" "), format!("code={code}")] {
            assert!(!text.contains(&quoted), "a code lies open in {}", path.display());
        }
    }
}

/// Every file of a service, and of what it printed.
fn files_of(data: &Path) -> Vec<(PathBuf, String)> {
    let mut paths = Vec::new();
    collect(data, &mut paths);
    collect(&data.with_extension("logs"), &mut paths);
    let read = |path: PathBuf| {
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            collect(&entry.path(), files);
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
}
