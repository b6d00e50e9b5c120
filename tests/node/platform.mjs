// A platform as Twitch or Discord are, in the shapes of their real answers.
//
//   node platform.mjs twitch|discord
//
// `POST /_set` changes how it behaves, `GET /_seen` says what it was asked. Twitch names scopes in
// a list, wants a `Client-Id` and keeps its refresh token; Discord names them in a text, wants
// HTTP Basic and PKCE, and gives another refresh token each time.

import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";

const kind = process.argv[2];
const client = { id: "tests", secret: "their secret" };
const behaviour = { mode: "ok", expires_in: 14_124, user: "141981764", scopes: null };
const seen = { keys: 0, code: 0, refresh: 0, revoke: 0, users: 0, revoked: [], secrets: [] };
const codes = new Map();
const refreshable = new Map();
const accepted = new Map();
let held = [];

const random = () => randomBytes(24).toString("hex");

function body(request) {
  return new Promise((resolve) => {
    let text = "";
    request.on("data", (chunk) => (text += chunk));
    request.on("end", () => resolve(text));
  });
}

function json(response, status, value) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

function refuse(response, error, message) {
  if (kind === "twitch") return json(response, 400, { error: "Bad Request", status: 400, message });
  return json(response, 400, { error, error_description: message });
}

function authorize(url, response) {
  const asked = url.searchParams;
  const code = random();
  seen.secrets.push(code, asked.get("state"));
  codes.set(code, {
    challenge: asked.get("code_challenge"),
    redirect: asked.get("redirect_uri"),
    scopes: asked.get("scope").split(" "),
  });
  const back = new URL(asked.get("redirect_uri"));
  back.searchParams.set("code", code);
  back.searchParams.set("state", asked.get("state"));
  response.writeHead(302, { location: back.href });
  response.end();
}

function isUs(request, form) {
  if (kind === "twitch") {
    return form.get("client_id") === client.id && form.get("client_secret") === client.secret;
  }
  const [scheme, basic = ""] = (request.headers.authorization ?? "").split(" ");
  const [id, secret] = Buffer.from(basic, "base64").toString().split(":");
  const decode = (text = "") => decodeURIComponent(text.replaceAll("+", " "));
  return scheme === "Basic" && decode(id) === client.id && decode(secret) === client.secret;
}

function grant(scopes, refresh, expires_in = behaviour.expires_in) {
  const access_token = random();
  const refresh_token = refresh ?? random();
  seen.secrets.push(access_token, refresh_token);
  accepted.set(access_token, behaviour.user);
  refreshable.set(refresh_token, { scopes, user: behaviour.user });
  const granted = behaviour.scopes ?? scopes;
  return {
    access_token,
    token_type: kind === "twitch" ? "bearer" : "Bearer",
    expires_in,
    ...(behaviour.mode === "no refresh token" ? {} : { refresh_token }),
    scope: kind === "twitch" ? granted : granted.join(" "),
  };
}

function bad(response) {
  switch (behaviour.mode) {
    case "hang":
      return true;
    case "html":
      response.writeHead(200, { "content-type": "text/html" });
      response.end("<html><body>Checking your browser</body></html>");
      return true;
    case "500":
      response.writeHead(500, { "content-type": "text/html" });
      response.end("<html><body>Oops</body></html>");
      return true;
    case "huge":
      json(response, 200, { access_token: "x".repeat(1_000_000), token_type: "bearer" });
      return true;
    case "redirect":
      response.writeHead(307, { location: "http://localhost:9/stolen" });
      response.end();
      return true;
    default:
      return false;
  }
}

async function token(request, response) {
  const form = new URLSearchParams(await body(request));
  const grantType = form.get("grant_type");
  seen[grantType === "refresh_token" ? "refresh" : "code"] += 1;
  if (bad(response)) return;
  if (!isUs(request, form)) return refuse(response, "invalid_client", "invalid client secret");
  let answer;
  if (grantType === "authorization_code") {
    const known = codes.get(form.get("code"));
    codes.delete(form.get("code"));
    if (form.has("code_verifier")) seen.secrets.push(form.get("code_verifier"));
    if (!known || known.redirect !== form.get("redirect_uri")) {
      return refuse(response, "invalid_grant", "Invalid authorization code");
    }
    const hash = createHash("sha256").update(form.get("code_verifier") ?? "").digest("base64url");
    if (kind === "discord" && hash !== known.challenge) {
      return refuse(response, "invalid_grant", "Invalid code verifier");
    }
    answer = grant(known.scopes);
  } else {
    const spent = form.get("refresh_token");
    const known = refreshable.get(spent);
    if (!known) return refuse(response, "invalid_grant", "Invalid refresh token");
    if (kind === "discord") refreshable.delete(spent);
    answer = grant(
      known.scopes,
      kind === "twitch" ? spent : undefined,
      behaviour.renewed_expires_in ?? behaviour.expires_in,
    );
  }
  const send = () => json(response, 200, answer);
  if (behaviour.mode === "hold" && grantType === "refresh_token") held.push(send);
  else send();
}

async function revoke(request, response) {
  const form = new URLSearchParams(await body(request));
  seen.revoke += 1;
  if (bad(response)) return;
  if (!isUs(request, form)) return refuse(response, "invalid_client", "invalid client");
  seen.revoked.push(accepted.has(form.get("token")) ? "access_token" : "refresh_token");
  accepted.delete(form.get("token"));
  refreshable.delete(form.get("token"));
  response.writeHead(200);
  response.end();
}

function users(request, response) {
  seen.users += 1;
  const id = accepted.get((request.headers.authorization ?? "").replace("Bearer ", ""));
  if (!id) return json(response, 401, { status: 401, message: "Invalid OAuth token" });
  if (kind === "discord") return json(response, 200, { id, username: "Nelly", discriminator: "0" });
  if (request.headers["client-id"] !== client.id) {
    return json(response, 401, { status: 401, message: "Client ID is missing" });
  }
  json(response, 200, {
    data: [{ id, login: "twitchdev", display_name: "TwitchDev", type: "", view_count: 5980557 }],
  });
}

const here = () => `http://127.0.0.1:${server.address().port}`;
const server = createServer(async (request, response) => {
  const url = new URL(request.url, "http://localhost");
  switch (`${request.method} ${url.pathname}`) {
    case "GET /authorize":
      return authorize(url, response);
    case "POST /token":
      return token(request, response);
    case "POST /revoke":
      return revoke(request, response);
    case "GET /users":
      return users(request, response);
    case "GET /.well-known/openid-configuration":
      return json(response, 200, { issuer: here(), jwks_uri: `${here()}/keys` });
    case "GET /keys":
      seen.keys += 1;
      if (behaviour.mode === "hold") return held.push(() => json(response, 200, behaviour.jwks));
      return json(response, 200, behaviour.jwks);
    case "GET /_seen":
      return json(response, 200, seen);
    case "POST /_set": {
      Object.assign(behaviour, JSON.parse(await body(request)));
      if (behaviour.mode === "forget") refreshable.clear();
      if (behaviour.mode !== "hold") {
        for (const send of held) send();
        held = [];
      }
      return json(response, 200, behaviour);
    }
    default:
      return json(response, 404, {});
  }
});
server.listen(0, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
