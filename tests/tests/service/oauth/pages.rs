//! The pages that people see: what protects them.

use tests::{
    application::{Application, Visitor},
    service::Service,
};

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
