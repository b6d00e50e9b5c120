// npm's oidc-provider: an identity provider that nobody here wrote.
//
//   node oidc.mjs REDIRECT_URI
//
// Its access tokens live for seconds and its refresh tokens rotate. Whoever comes is signed in as
// `ada` and agrees to everything, so that no browser has to click.

import { createServer } from "node:http";
import Provider from "oidc-provider";

const redirect = process.argv[2];
const seen = { refresh: 0 };

const server = createServer();
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "tests",
      client_secret: "their secret",
      redirect_uris: [redirect],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "client_secret_basic",
    },
  ],
  claims: { openid: ["sub"], profile: ["name"] },
  scopes: ["openid", "offline_access", "profile"],
  features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  ttl: { AccessToken: 4, RefreshToken: 3600, AuthorizationCode: 60, Session: 3600, Grant: 3600 },
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: "Ada Lovelace" }),
  }),
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  issueRefreshToken: () => true,
  cookies: { keys: ["not a secret"] },
});

provider.on("grant.success", (ctx) => {
  if (ctx.oidc.params.grant_type === "refresh_token") seen.refresh += 1;
});

const callback = provider.callback();
server.on("request", async (request, response) => {
  if (request.url === "/_seen") return response.end(JSON.stringify(seen));
  if (!request.url.startsWith("/interaction/")) return callback(request, response);
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  if (prompt.name === "login") {
    const login = { accountId: "ada" };
    return provider.interactionFinished(request, response, { login });
  }
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope("openid offline_access profile");
  const consent = { grantId: await grant.save() };
  return provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
});
console.log(`listening on ${issuer}`);
