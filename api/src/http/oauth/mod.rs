//! OAuth over HTTP: the endpoints, and the document that tells clients of them.
//!
//! The router and the document are made from one list, so nothing is advertised that is not there,
//! and what is there is advertised.

mod applications;
mod asked;
mod authorize;
mod client;
mod cors;
mod discovery;
mod form;
mod introspect;
mod me;
pub(super) mod pages;
mod pem;
mod revocations;
mod revoke;
mod token;

use axum::{
    Router,
    routing::{MethodRouter, get, post},
};

use self::discovery::Document;
use super::{Service, jwks, login, sign_up};

/// A router, and what discovery says of it.
struct Endpoints {
    router: Router<Service>,
    /// Members of the document and the paths behind them.
    advertised: Vec<(&'static str, &'static str)>,
}

impl Endpoints {
    fn advertise(
        mut self,
        member: &'static str,
        path: &'static str,
        methods: MethodRouter<Service>,
    ) -> Self {
        self.advertised.push((member, path));
        self.serve(path, methods)
    }

    fn serve(mut self, path: &'static str, methods: MethodRouter<Service>) -> Self {
        self.router = self.router.route(path, methods);
        self
    }
}

/// The endpoints of the authorization server.
pub(super) fn routes(service: &Service) -> Router<Service> {
    let authorize = get(authorize::begin).post(authorize::begin_by_post);
    let userinfo = get(me::userinfo).post(me::userinfo);
    let endpoints = Endpoints { router: Router::new(), advertised: vec![] }
        .advertise("authorization_endpoint", "/oauth/authorize", authorize)
        .serve("/oauth/authorize/{interaction}", get(authorize::ask).post(authorize::decide))
        .advertise("token_endpoint", "/oauth/token", post(token::token).options(cors::preflight))
        .advertise("userinfo_endpoint", "/oauth/userinfo", userinfo)
        .advertise("jwks_uri", "/oauth/jwks", get(jwks::jwks))
        .advertise("public_key_pem_uri", "/oauth/public-key.pem", get(pem::pem))
        .advertise(
            "revocation_endpoint",
            "/oauth/revoke",
            post(revoke::revoke).options(cors::preflight),
        )
        .advertise("introspection_endpoint", "/oauth/introspect", post(introspect::introspect))
        .advertise("revocation_feed_uri", "/oauth/revocations", get(revocations::feed))
        .serve("/oauth/pages.css", get(pages::style))
        .serve("/login", get(login::page).post(login::login))
        .serve("/login/new", get(sign_up::page).post(sign_up::sign_up))
        .serve("/account/applications", get(applications::list).post(applications::revoke))
        .serve("/v1/me", get(me::me))
        .serve("/v2/me", get(me::me));
    let document = Document::new(service, &endpoints.advertised);
    endpoints
        .serve("/.well-known/openid-configuration", get(document.clone()))
        .serve("/.well-known/oauth-authorization-server", get(document))
        .router
}
