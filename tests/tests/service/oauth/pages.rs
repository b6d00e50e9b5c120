//! The pages that people see: what protects them.

use serde_json::{Value, json};
use tests::{
    application::{Application, Visitor},
    service::Service,
};
use tokio::process::Command;

/// With axe, in Chromium: by light and by dark, 320 pixels wide.
#[tokio::test]
async fn every_page_is_for_everybody_to_read() {
    let service = Service::shared().await;
    let scopes = ["openid", "profile", "email", "tokens:manage"];
    let (app, visitor) = (Application::private(service, &scopes), Visitor::new(service).await);
    Application::public(service, &["openid"]).tokens(&visitor).await;
    let at = |path: &str| format!("{}{path}", service.address());
    let asking = |changes| at(&format!("/oauth/authorize?{}", app.request(changes)));
    let login = visitor.stranger().get(&format!("/oauth/authorize?{}", app.request(&[]))).await;
    let posted = [("response_mode", Some("form_post")), ("scope", Some("nonsense"))];
    let pages = [
        at("/login"),
        at(&login.text),
        at(&login.text.replacen("/login", "/login/new", 1)),
        asking(&[]),
        asking(&posted),
        asking(&[("client_id", Some("nobody"))]),
        at("/account/applications"),
    ];
    let mut node = Command::new("node");
    node.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/node")).arg("pages.mjs");
    let seen = node.arg(visitor.cookie()).args(&pages).output().await.unwrap();
    let complaints = String::from_utf8_lossy(&seen.stderr);
    let lines = String::from_utf8(seen.stdout).unwrap();
    let looks: Vec<Value> = lines.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert_eq!(looks.len(), 2 * pages.len(), "{complaints}");
    for look in looks {
        assert_eq!((&look["broken"], &look["wide"]), (&json!([]), &json!(false)), "{look}");
    }
}

#[tokio::test]
async fn no_page_runs_a_script_or_can_be_framed_or_read_by_others() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::public(service, &["openid"]), Visitor::new(service).await);
    let consent = format!("/oauth/authorize?{}", app.request(&[]));
    for path in [&consent, "/login", "/account/applications", "/oauth/authorize?client_id=x"] {
        let page = visitor.get(path).await;
        let header = |name| page.headers.get(name).map(|it| it.to_str().unwrap().to_owned());
        let policy = header("content-security-policy").expect("a policy");
        assert!(policy.contains("default-src 'none'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("script-src"));
        assert_eq!(header("x-frame-options").as_deref(), Some("DENY"));
        assert_eq!(header("cache-control").as_deref(), Some("no-store"));
        assert_eq!(header("access-control-allow-origin"), None, "{path}");
        assert!(!page.page.contains("<script") && !page.page.contains("style="));
        assert!(page.page.contains("lang=\"en\"") && page.page.contains("<h1>"));
    }
    let asked = visitor.get(&consent).await;
    let policy = asked.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'self' http://localhost:8089"), "{policy}");
}

#[tokio::test]
async fn what_an_application_calls_itself_is_text() {
    let service = Service::shared().await;
    let visitor = Visitor::new(service).await;
    let odd = ["--description", "<b>", "--homepage", "https://app.example/?a=\"b"];
    let app = Application::register(service, "public", "nxm://oauth/callback", &[], &odd);
    let page = visitor.get(&format!("/oauth/authorize?{}", app.request(&[]))).await.page;
    assert!(page.contains("nxm: links") && !page.contains("a=\"b"), "{page}");
}
