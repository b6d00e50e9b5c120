// Subscribes with npm's graphql-ws and prints what happens, a JSON line each.
//
//   node watch.mjs URL BEARER QUERY [VARIABLES]
//
// The bearer is read again for each connection, as a dashboard would after signing in anew.

import { createClient } from "graphql-ws";
import WebSocket from "ws";

const [url, bearer, query, variables = "{}"] = process.argv.slice(2);
const say = (line) => console.log(JSON.stringify(line));

const client = createClient({
  url,
  webSocketImpl: WebSocket,
  connectionParams: { authorization: `Bearer ${bearer}` },
  // Come back after a restart, at once; never after the credential has ended.
  retryAttempts: 50,
  retryWait: () => new Promise((resolve) => setTimeout(resolve, 100)),
  shouldRetry: (event) => event?.code !== 4401,
  on: {
    connected: (_socket, payload) => say({ connected: payload ?? null }),
    closed: (event) => say({ closed: event.code, reason: event.reason }),
  },
});

try {
  for await (const message of client.iterate({ query, variables: JSON.parse(variables) })) {
    say(message);
  }
  say({ complete: true });
} catch (error) {
  say({ error: error.code ?? error.message ?? String(error) });
}
await client.dispose();
