// npm's openid-client, unchanged: discovery, code with PKCE, refresh, revocation.
//
//   node openid.mjs ISSUER CLIENT_ID SECRET REDIRECT_URI SCOPE
//
// Prints the address to open, reads where the browser arrived, then a line of JSON a step.
import { createInterface } from "node:readline/promises";
import * as client from "openid-client";

const [issuer, clientId, secret, redirectUri, scope] = process.argv.slice(2);
const say = (step) => console.log(JSON.stringify(step));
const authentication = secret ? client.ClientSecretBasic(secret) : client.None();
const config = await client.discovery(new URL(issuer), clientId, undefined, authentication, {
  execute: [client.allowInsecureRequests],
});

const verifier = client.randomPKCECodeVerifier();
const [state, nonce] = [client.randomState(), client.randomNonce()];
const url = client.buildAuthorizationUrl(config, {
  redirect_uri: redirectUri,
  scope,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
});
say({ open: url.href });
const lines = createInterface({ input: process.stdin });
const arrived = new URL((await lines[Symbol.asyncIterator]().next()).value);
lines.close();

const tokens = await client.authorizationCodeGrant(config, arrived, {
  pkceCodeVerifier: verifier,
  expectedState: state,
  expectedNonce: nonce,
  idTokenExpected: true,
});
const subject = tokens.claims().sub;
const info = await client.fetchUserInfo(config, tokens.access_token, subject);
say({ subject, name: info.preferred_username });
const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
say({ renewed: renewed.expires_in, another: renewed.refresh_token !== tokens.refresh_token });
await client.tokenRevocation(config, renewed.refresh_token);
try {
  await client.refreshTokenGrant(config, renewed.refresh_token);
} catch (error) {
  say({ ended: error.error, status: error.status });
}
