//! P9: refreshes a second, of people's logins and of applications, beside raw signatures; and
//! introspection beside a bare handler.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::{Settings, keep};
use crate::{
    limit::{self, Raw, signatures::Signer},
    load::{
        Latencies,
        connection::{Connection, form, get, post},
        http::{Requests, Until, closed_loop},
        process::{self, Meter},
        together,
    },
    product::Product,
    report::{Limit, Row},
    server::Server,
};

const CALLERS: usize = 64;
const SECRET: &str = "correct horse bench battery staple";
/// What an application's page is called; nothing is there.
const PAGE: &str = "https%3A%2F%2Fbench.example%2Fcb";

pub(super) async fn run(settings: &Settings) -> Result<Vec<Row>> {
    let (product, duration) = (Product::start(settings)?, settings.duration);
    let mut rows = Vec::new();
    let somebody = Somebody::new(&product).await?;
    let raw = signatures(&product, &mut rows, duration).await?;
    keep(&mut rows, logins(&product, &somebody, raw, duration).await?);
    let families = somebody.families().await?;
    let access = text(&families[0], "access_token")?;
    keep(&mut rows, introspection(&product, &access, duration).await?);
    signatures(&product, &mut rows, duration).await?;
    let raw = kept_signatures(&mut rows, duration).await?;
    keep(&mut rows, applications(&product, &somebody, families, raw, duration).await?);
    product.command(&["client", "update", "bench", "--rotate-refresh-tokens", "false"])?;
    let families = somebody.families().await?;
    let raw = signatures(&product, &mut rows, duration).await?;
    let keeping = applications(&product, &somebody, families, raw, duration).await?;
    let what = format!("/oauth/token, refresh_token that is kept, {CALLERS} callers");
    let goal = "cpu at most 1.3 times the raw signature";
    keep(&mut rows, Row { what, goal, ..keeping });
    Ok(rows)
}

/// What the machine can sign a second, measured anew right before what it is the limit of (a machine
/// is not always equally fast), while the product has nothing left to do.
async fn signatures(product: &Product, rows: &mut Vec<Row>, duration: Duration) -> Result<Limit> {
    product.caught_up().await?;
    let raw = limit::signatures::measure(duration).await?;
    keep_limit(rows, "raw RS256 signatures, all cores".into(), &raw);
    Ok(Limit { name: "raw signatures", figure: raw.per_second })
}

/// What the machine can sign and keep a second: a signature and a durable append for each, nothing else.
async fn kept_signatures(rows: &mut Vec<Row>, duration: Duration) -> Result<Limit> {
    let signer = Arc::new(Signer::new()?);
    let raw = limit::appends::measure(CALLERS, duration, move || signer.sign()).await?;
    keep_limit(rows, format!("raw RS256 signature and append, {CALLERS} callers"), &raw);
    Ok(Limit { name: "raw signatures and appends", figure: raw.per_second })
}

fn keep_limit(rows: &mut Vec<Row>, what: String, raw: &Raw) {
    let row = Row {
        scenario: "P9",
        what,
        figure: raw.per_second,
        unit: "/s",
        limit: None,
        cpu_us: Some(raw.cpu_us),
        latency: None,
        memory_mb: None,
        goal: "the limit of what follows",
    };
    keep(rows, row);
}

/// A person in front of a browser, and an application that they let in.
struct Somebody {
    address: String,
    cookie: String,
    refresh_token: String,
    client_secret: String,
}

impl Somebody {
    async fn new(product: &Product) -> Result<Self> {
        // Without `openid`, which would be a second signature.
        let create = [
            &["client", "create", "--client-id", "bench", "--kind", "private", "--json"][..],
            &["--name", "Bench", "--redirect-uri", "https://bench.example/cb"],
        ];
        let created: Value = serde_json::from_str(&product.command(&create.concat())?)?;
        let mut connection = Connection::open(&product.server.address).await?;
        let mut ask = async |path: &str, body: Value| {
            let origin = format!("http://{}", product.server.address);
            let request = post(path, &[("origin", &origin)], &body.to_string());
            let answer = connection.exchange(&request).await?;
            ensure!(answer.status < 300, "{path}: {}", String::from_utf8_lossy(&answer.body));
            anyhow::Ok(answer)
        };
        let credentials = json!({ "user_id": "bench-oauth", "user_secret": SECRET });
        let registered: Value =
            serde_json::from_slice(&ask("/register", credentials.clone()).await?.body)?;
        let key = json!({ "user_key": registered["user_key"], "user_secret": SECRET });
        let signed_in: Value = serde_json::from_slice(&ask("/authenticate", key).await?.body)?;
        let login = ask("/login", credentials).await?;
        let cookie = login.header("set-cookie").and_then(|it| it.split(';').next());
        Ok(Self {
            cookie: cookie.context("no cookie")?.to_owned(),
            refresh_token: text(&signed_in, "refresh_token")?,
            client_secret: text(&created, "client_secret")?,
            address: product.server.address.clone(),
        })
    }

    /// Lets the application in for each caller.
    async fn families(&self) -> Result<Vec<Value>> {
        let mut families = Vec::new();
        for _ in 0..CALLERS {
            families.push(self.tokens().await?);
        }
        Ok(families)
    }

    /// Lets the application in once more; asked the first time only.
    async fn tokens(&self) -> Result<Value> {
        let mut connection = Connection::open(&self.address).await?;
        let path = format!(
            "/oauth/authorize?client_id=bench&response_type=code&state=s&redirect_uri={PAGE}\
             &response_mode=form_post"
        );
        let cookie = [("cookie", self.cookie.as_str())];
        let mut page = connection.exchange(&get(&path, &cookie)).await?;
        if !page.holds(b"name=\"code\"") {
            let asked = String::from_utf8_lossy(&page.body).into_owned();
            let action = between(&asked, "<form method=\"post\" action=\"")?;
            let token = between(&asked, "name=\"token\" value=\"")?;
            let decision = format!("decision=allow&token={token}");
            page = connection.exchange(&form(&action, &cookie, &decision)).await?;
        }
        let code = between(&String::from_utf8_lossy(&page.body), "name=\"code\" value=\"")?;
        let grant = format!("grant_type=authorization_code&code={code}&redirect_uri={PAGE}");
        let request = token_request(&self.client_secret, &grant);
        let answer = connection.exchange(&request).await?;
        Ok(serde_json::from_slice(&answer.body)?)
    }
}

fn token_request(client_secret: &str, grant: &str) -> Vec<u8> {
    form("/oauth/token", &[], &format!("{grant}&client_id=bench&client_secret={client_secret}"))
}

/// `/refresh`, which leaves the refresh token as it is.
async fn logins(
    product: &Product,
    somebody: &Somebody,
    limit: Limit,
    duration: Duration,
) -> Result<Row> {
    let body = json!({ "refresh_token": somebody.refresh_token }).to_string();
    let requests: Requests = Arc::new(vec![post("/refresh", &[], &body)]);
    let meter = Meter::start(product.server.id())?;
    let until = Until::Elapsed(duration);
    let run =
        closed_loop(&product.server.address, &requests, CALLERS, until, b"access_token").await?;
    Ok(Row {
        scenario: "P9",
        what: format!("/refresh, {CALLERS} callers"),
        figure: run.per_second,
        unit: "/s",
        limit: Some(limit),
        cpu_us: Some(meter.per_operation(run.latencies.len())?),
        latency: Some(run.latencies.quantiles()),
        memory_mb: Some(process::megabytes(process::resident(product.server.id())?)),
        goal: "cpu at most 1.3 times the raw signature",
    })
}

/// `/oauth/token`, each caller with a family of its own, which steps on durably unless its token is
/// kept.
async fn applications(
    product: &Product,
    somebody: &Somebody,
    families: Vec<Value>,
    limit: Limit,
    duration: Duration,
) -> Result<Row> {
    let meter = Meter::start(product.server.id())?;
    let (begun, mut callers) = (Instant::now(), Vec::new());
    for family in families {
        let mut token = text(&family, "refresh_token")?;
        let (address, secret) = (somebody.address.clone(), somebody.client_secret.clone());
        callers.push(async move {
            let mut connection = Connection::open(&address).await?;
            let mut latencies = Latencies::default();
            while begun.elapsed() < duration {
                let grant = format!("grant_type=refresh_token&refresh_token={token}");
                let request = token_request(&secret, &grant);
                let sent = Instant::now();
                let answer = connection.exchange(&request).await?;
                ensure!(answer.status == 200, "{}", String::from_utf8_lossy(&answer.body));
                latencies.push(sent.elapsed());
                token = text(&serde_json::from_slice(&answer.body)?, "refresh_token")?;
            }
            Ok(latencies)
        });
    }
    let latencies = together(callers).await?;
    let count = latencies.len();
    let per_second = f64::from(u32::try_from(count)?) / begun.elapsed().as_secs_f64();
    Ok(Row {
        scenario: "P9",
        what: format!("/oauth/token, refresh_token, {CALLERS} callers"),
        figure: per_second,
        unit: "/s",
        limit: Some(limit),
        cpu_us: Some(meter.per_operation(count)?),
        latency: Some(latencies.quantiles()),
        memory_mb: Some(process::megabytes(process::resident(product.server.id())?)),
        goal: "2 times oidc-provider with Postgres (4,240/s where it was measured)",
    })
}

async fn introspection(product: &Product, token: &str, duration: Duration) -> Result<Row> {
    let bearer = format!("Bearer {}", product.verifier()?);
    let body = format!("token={token}");
    let request = form("/oauth/introspect", &[("authorization", &bearer)], &body);
    let (requests, until) = (Arc::new(vec![request]), Until::Elapsed(duration));
    let expected = b"\"active\":true";
    let bare = Server::limit(&["limit-http"])?;
    let limit = closed_loop(&bare.address, &requests, CALLERS, until, expected).await?;
    drop(bare);
    let meter = Meter::start(product.server.id())?;
    let run = closed_loop(&product.server.address, &requests, CALLERS, until, expected).await?;
    Ok(Row {
        scenario: "P9",
        what: format!("/oauth/introspect, {CALLERS} callers"),
        figure: run.per_second,
        unit: "/s",
        limit: Some(Limit { name: "bare axum handler", figure: limit.per_second }),
        cpu_us: Some(meter.per_operation(run.latencies.len())?),
        latency: Some(run.latencies.quantiles()),
        memory_mb: Some(process::megabytes(process::resident(product.server.id())?)),
        goal: "2 times oidc-provider with Postgres (9,520/s where it was measured)",
    })
}

fn text(answer: &Value, name: &str) -> Result<String> {
    answer[name].as_str().map(str::to_owned).with_context(|| format!("no {name}: {answer}"))
}

fn between(text: &str, before: &str) -> Result<String> {
    let found = text.split_once(before).and_then(|(_, rest)| rest.split_once('"'));
    Ok(found.with_context(|| format!("no {before}: {text}"))?.0.to_owned())
}
