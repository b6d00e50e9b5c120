import { Client, fetchExchange } from "@urql/core";
import { liveExchange } from "../live/exchange.ts";
import { openSocket } from "../live/socket.ts";
import { cache } from "./cache.ts";
import { outdatedExchange } from "./outdated.ts";
import { transport } from "./transport.ts";

/** A client of one workspace; what it remembers is forgotten with it. */
export function createClient(workspace: string | null): Client {
  return new Client({
    url: "/graphql",
    fetch: transport(workspace),
    preferGetMethod: false,
    requestPolicy: "cache-and-network",
    exchanges: [cache(), outdatedExchange, fetchExchange, liveExchange(openSocket(workspace))],
  });
}
