// A public application: it opens a browser, listens for the code, and acts for whoever allowed it.
//
//   node app.mjs https://keys.example public_test
//
// What it does is printed, a line of JSON a step; `open` is the address to open in a browser.
import crypto from "node:crypto";
import http from "node:http";
import jwt from "jsonwebtoken";

const [issuer, clientId] = process.argv.slice(2);
const say = (step) => console.log(JSON.stringify(step));

// PKCE: the verifier stays here, the challenge goes along.
const codeVerifier = crypto.randomBytes(43).toString("hex");
const base64url = (text) => text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const codeChallenge = base64url(crypto.createHash("sha256").update(codeVerifier).digest("base64"));
const state = crypto.randomUUID();

// The listener has whatever port is free: on loopback any will do.
const listener = http.createServer();
await new Promise((listening) => listener.listen(0, "localhost", listening));
const redirectUri = `http://localhost:${listener.address().port}/callback`;
const callback = new Promise((arrived) => {
  listener.on("request", (request, response) => {
    const url = new URL(request.url, redirectUri);
    if (url.pathname !== "/callback") return response.writeHead(404).end();
    response.end("You can close this window.");
    arrived(url.searchParams);
  });
});

const params = new URLSearchParams({
  client_id: clientId,
  response_type: "code",
  scope: "",
  redirect_uri: redirectUri,
  state,
  code_challenge_method: "S256",
  code_challenge: codeChallenge,
});
say({ open: `${issuer}/oauth/authorize?${params}` });

const answer = await callback;
listener.close();
listener.closeAllConnections();
if (answer.get("state") !== state) throw new Error("somebody else's answer");
if (answer.get("error")) {
  say({ refused: answer.get("error") });
  process.exit();
}

const post = (path, body) =>
  fetch(issuer + path, { method: "POST", body: new URLSearchParams(body) });

const exchanged = await post("/oauth/token", {
  grant_type: "authorization_code",
  redirect_uri: redirectUri,
  scope: "",
  client_id: clientId,
  code: answer.get("code"),
  code_verifier: codeVerifier,
});
if (!exchanged.ok) throw new Error(`no tokens: HTTP ${exchanged.status}`);
const tokens = await exchanged.json();
tokens.expires_at = Date.now() + tokens.expires_in * 1000;

// Anybody can check the access token, with the public key alone.
const publicKey = await (await fetch(`${issuer}/oauth/public-key.pem`)).text();
say({ claims: jwt.verify(tokens.access_token, publicKey) });

const me = await fetch(`${issuer}/v1/me`, {
  headers: { Authorization: `Bearer ${tokens.access_token}` },
});
say({ me: await me.json() });

// Renewed when it has expired; anything of the 400s means that the user took access back.
const refresh = async () => {
  const response = await post("/oauth/token", {
    client_id: clientId,
    grant_type: "refresh_token",
    refresh_token: tokens.refresh_token,
  });
  if (response.status >= 400 && response.status < 500) return say({ logged_out: response.status });
  Object.assign(tokens, await response.json());
  tokens.expires_at = Date.now() + tokens.expires_in * 1000;
  say({ refreshed: tokens.expires_in });
};
await refresh();

const revoked = await post("/oauth/revoke", { client_id: clientId, token: tokens.refresh_token });
say({ revoked: revoked.status });
await refresh();
