import { type Client, createClient } from "graphql-ws";
import { transport } from "../graphql/transport.ts";
import { live } from "./status.ts";

/** How often it is asked whether the service is still there, and how long it may take to say so. */
const KEEP_ALIVE = 10_000;
const PATIENCE = 5_000;
/** How long before its end a credential is renewed, in seconds. */
const AHEAD = 60;

/** What opens the socket, for minutes; made for it alone and shown to nobody. */
interface Pass {
  readonly token: string;
  readonly expires_in: number;
}

export interface Socket {
  readonly client: Client;
  /** When the service will have us again, where it said so. */
  readonly notBefore: () => number;
}

/** The socket of one workspace, open while something is followed. It never returns by itself: who
 * follows knows where to go on. */
export function openSocket(workspace: string | null): Socket {
  const send = transport(workspace);
  let notBefore = 0;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let renewing: ReturnType<typeof setTimeout> | undefined;
  let open: WebSocket | null = null;

  /** Asks for a pass, and for the next one before this one ends. */
  async function pass(): Promise<string> {
    const response = await send("/api/session-tokens", { method: "POST" });
    if (response.status === 429) {
      notBefore = Date.now() + (Number(response.headers.get("Retry-After")) || 1) * 1_000;
      live.putOff(notBefore);
    }
    // This may not be our workspace any more: ask again for what is.
    if (response.status === 403 || response.status === 404) live.returned();
    if (!response.ok) throw new Error(`no pass for the socket: ${response.status}`);
    live.putOff(null);
    const { token, expires_in } = (await response.json()) as Pass;
    clearTimeout(renewing);
    renewing = setTimeout(() => void renew(), Math.max(expires_in - AHEAD, 5) * 1_000);
    return `Bearer ${token}`;
  }

  /** The socket goes on with another pass. Where there is none, it ends when this one does. */
  async function renew(): Promise<void> {
    const authorization = await pass().catch(() => null);
    if (authorization && open?.readyState === WebSocket.OPEN) {
      open.send(JSON.stringify({ type: "ping", payload: { authorization } }));
    }
  }

  const url = new URL("/graphql/ws", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const client = createClient({
    url: url.href,
    connectionParams: async () => ({
      authorization: await pass(),
      ...(workspace && { workspace }),
    }),
    retryAttempts: 0,
    lazyCloseTimeout: 1_000,
    keepAlive: KEEP_ALIVE,
    onNonLazyError: () => {},
    on: {
      connected: (socket) => {
        open = socket as WebSocket;
      },
      ping: (received) => {
        // A connection that is half open says nothing, for as long as we let it.
        if (!received) waiting = setTimeout(() => client.terminate(), PATIENCE);
      },
      pong: () => clearTimeout(waiting),
      closed: () => {
        open = null;
        clearTimeout(waiting);
        clearTimeout(renewing);
      },
    },
  });
  // A network that went away does not close what went over it.
  window.addEventListener("offline", () => client.terminate());
  // A page that is shown again as it was left had its connections taken away, and is not told.
  window.addEventListener("pageshow", ({ persisted }) => persisted && client.terminate());
  return { client, notBefore: () => notBefore };
}
