import { expect, test } from "vitest";
import type { TokenFragment } from "../graphql/generated.ts";
import { statusOf } from "./status.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");

const token = (more: Partial<TokenFragment>): TokenFragment => ({
  id: "tok_1",
  name: "Desk",
  hint: "nxa_...Q2F9",
  status: "ACTIVE",
  suspension: null,
  scopes: ["ws:connect"],
  allowedCidrs: [],
  origin: "DASHBOARD",
  createdAt: "2026-01-01T00:00:00Z",
  createdBy: { kind: "USER", id: "usr_1", label: "ada" },
  expiresAt: null,
  lastUsedAt: null,
  lastUsedFrom: null,
  activeConnections: 0,
  revokedAt: null,
  revokedBy: null,
  revocationReason: null,
  replacedBy: null,
  revision: 0,
  ...more,
});

test("a token expires while it is looked at", () => {
  const expiring = token({ expiresAt: "2026-03-01T12:00:00Z" });
  expect(statusOf(expiring, NOW - 1).name).toBe("Active");
  expect(statusOf(expiring, NOW)).toMatchObject({ name: "Expired", works: false });
});

test("what was revoked stays revoked when its time is over", () => {
  const revoked = token({
    status: "REVOKED",
    expiresAt: "2026-01-02T00:00:00Z",
    revocationReason: "lost laptop",
  });
  expect(statusOf(revoked, NOW)).toMatchObject({ name: "Revoked", why: "lost laptop" });
});

test("why a token is suspended is said in words", () => {
  const suspended = token({ status: "SUSPENDED", suspension: "PLAN_INACTIVE" });
  expect(statusOf(suspended, NOW).why).toContain("plan");
});

test("a token that has a successor works until its overlap ends", () => {
  const rotating = token({ replacedBy: { id: "tok_2", name: "Desk" } });
  expect(statusOf(rotating, NOW)).toMatchObject({ name: "Rotating", works: true });
});
