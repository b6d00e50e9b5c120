// A watcher: subscribes to the revocations of a workspace and prints each as it happens.
//
//   node watch.mjs ws://127.0.0.1:8080/graphql/ws ACCESS_TOKEN WORKSPACE_ID
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const [url, accessToken, workspaceId] = process.argv.slice(2);
const client = createClient({
  url,
  webSocketImpl: WebSocket,
  connectionParams: { authorization: `Bearer ${accessToken}` },
});

const query = `subscription ($workspaceId: ID) {
  tokenRevocations(workspaceId: $workspaceId) {
    __typename
    ... on StreamCaughtUp { cursor }
    ... on TokenRevocation { cursor credentialId reason revokedBy { kind id } occurredAt }
  }
}`;

for await (const { data, errors } of client.iterate({ query, variables: { workspaceId } })) {
  if (errors) throw new Error(JSON.stringify(errors));
  console.log(JSON.stringify(data.tokenRevocations));
}
