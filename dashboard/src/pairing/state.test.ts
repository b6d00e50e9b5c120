import { expect, test } from "vitest";
import type { PairingFragment } from "../graphql/generated.ts";
import { stateOf } from "./state.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const pairing = (more: Partial<PairingFragment>): PairingFragment => ({
  id: "p",
  createdAt: "2026-03-01T11:58:00Z",
  expiresAt: "2026-03-01T12:03:00Z",
  usedAt: null,
  cancelledAt: null,
  supersededAt: null,
  createdBy: { kind: "USER", id: "u", label: "ada" },
  agentToken: null,
  ...more,
});

test("a code waits until its time is over", () => {
  expect(stateOf(pairing({}), NOW)).toBe("waiting");
  expect(stateOf(pairing({ expiresAt: "2026-03-01T12:00:00Z" }), NOW)).toBe("expired");
});

test("what was used stays used when its time is over", () => {
  const used = pairing({ usedAt: "2026-03-01T11:59:00Z", expiresAt: "2026-03-01T11:59:30Z" });
  expect(stateOf(used, NOW)).toBe("paired");
});

test("another code, or its person, ends it", () => {
  expect(stateOf(pairing({ supersededAt: "2026-03-01T11:59:00Z" }), NOW)).toBe("superseded");
  expect(stateOf(pairing({ cancelledAt: "2026-03-01T11:59:00Z" }), NOW)).toBe("cancelled");
});
