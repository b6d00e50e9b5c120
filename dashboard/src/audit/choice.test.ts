import { expect, test } from "vitest";
import type { EntryFragment } from "../graphql/generated.ts";
import { ALL, filterOf, matches } from "./choice.ts";

const entry = {
  type: "agent_token.revoked",
  stream: "agent_token-1",
  occurredAt: "2026-03-02T12:00:00Z",
  actor: { id: "usr_1" },
} as EntryFragment;

test("what happens is shown where it is what was asked for", () => {
  const shown = (choice: Partial<typeof ALL>) => matches(entry, filterOf({ ...ALL, ...choice }));
  expect(shown({})).toBe(true);
  expect(shown({ type: "agent_token.revoked", actor: "usr_1", stream: " agent_token-1 " })).toBe(
    true,
  );
  expect(shown({ from: "2026-03-02", to: "2026-03-02" })).toBe(true);
  expect(shown({ type: "agent_token.created" })).toBe(false);
  expect(shown({ actor: "usr_2" })).toBe(false);
  expect(shown({ stream: "agent_token-2" })).toBe(false);
  expect(shown({ from: "2026-03-03" })).toBe(false);
  expect(shown({ to: "2026-03-01" })).toBe(false);
});
