import { type Client, createClient } from "graphql-ws";

/** How often it is asked whether the service is still there, and how long it may take to say so. */
const KEEP_ALIVE = 10_000;
const PATIENCE = 5_000;

/** The socket of one workspace, open while something is followed. It never returns by itself: who
 * follows knows where to go on. */
export function openSocket(workspace: string | null): Client {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const url = new URL("/graphql/ws", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const client = createClient({
    url: url.href,
    connectionParams: () => (workspace ? { workspace } : {}),
    retryAttempts: 0,
    lazyCloseTimeout: 1_000,
    keepAlive: KEEP_ALIVE,
    onNonLazyError: () => {},
    on: {
      ping: (received) => {
        // A connection that is half open says nothing, for as long as we let it.
        if (!received) waiting = setTimeout(() => client.terminate(), PATIENCE);
      },
      pong: () => clearTimeout(waiting),
      closed: () => clearTimeout(waiting),
    },
  });
  // A network that went away does not close what went over it.
  window.addEventListener("offline", () => client.terminate());
  return client;
}
