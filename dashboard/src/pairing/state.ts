import type { PairingFragment } from "../graphql/generated.ts";

export type PairingState = "waiting" | "paired" | "expired" | "superseded" | "cancelled";

/** What became of a pairing at `now`: it expires while it is looked at. */
export function stateOf(pairing: PairingFragment, now: number): PairingState {
  if (pairing.usedAt) return "paired";
  if (pairing.cancelledAt) return "cancelled";
  if (pairing.supersededAt) return "superseded";
  return Date.parse(pairing.expiresAt) <= now ? "expired" : "waiting";
}
