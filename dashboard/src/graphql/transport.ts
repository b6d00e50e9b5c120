import { session } from "../session/session.ts";
import { position } from "./position.ts";

/** A request to the service: reads what it wrote, in the workspace it is about. */
export function transport(workspace: string | null): typeof fetch {
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    const atLeast = position.get();
    if (workspace) headers.set("X-Workspace", workspace);
    if (atLeast) headers.set("X-At-Least", atLeast);
    const response = await fetch(input, { ...init, headers, credentials: "same-origin" });
    position.saw(response.headers.get("X-Position"));
    if (response.status === 401) session.expired();
    else if (response.ok) session.answered();
    return response;
  };
}
