// A dashboard that waits for a device: prints the pairing once its token exists, and ends.
//
//   node paired.mjs ws://127.0.0.1:8080/graphql/ws ACCESS_TOKEN prc_…
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const [url, accessToken, pairingCodeId] = process.argv.slice(2);
const client = createClient({
  url,
  webSocketImpl: WebSocket,
  connectionParams: { authorization: `Bearer ${accessToken}` },
});

const query = `subscription ($pairingCodeId: ID!) {
  pairingCodeExchanged(pairingCodeId: $pairingCodeId) { id usedAt agentToken { id name } }
}`;

for await (const { data, errors } of client.iterate({ query, variables: { pairingCodeId } })) {
  if (errors) throw new Error(JSON.stringify(errors));
  console.log(JSON.stringify(data.pairingCodeExchanged));
}
await client.dispose();
