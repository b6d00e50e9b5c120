import { CombinedError } from "@urql/core";
import { expect, test } from "vitest";
import { retryIn, troubleOf } from "./trouble.ts";

const coded = (code: string, more: object = {}) =>
  new CombinedError({
    graphQLErrors: [{ message: "as the service says it", extensions: { code, ...more } }],
  });

const answered = (status: number, headers: Record<string, string> = {}) =>
  new CombinedError({
    networkError: new Error("no"),
    response: new Response(null, { status, headers }),
  });

test("each code is a state of its own", () => {
  expect(troubleOf(coded("STALE_READ"))).toEqual({ kind: "behind" });
  expect(troubleOf(coded("RATE_LIMITED", { retryAfter: 7 }))).toEqual({
    kind: "hurried",
    seconds: 7,
  });
  expect(troubleOf(coded("FORBIDDEN", { permission: "tokens:manage" }))).toEqual({
    kind: "forbidden",
    permission: "tokens:manage",
  });
  expect(troubleOf(coded("PLAN_REQUIRED", { requiredPlan: "PRO", currentPlan: "FREE" }))).toEqual({
    kind: "plan",
    required: "PRO",
    current: "FREE",
  });
});

test("no answer at all is a network that is away", () => {
  const error = new CombinedError({ networkError: new TypeError("Failed to fetch") });
  expect(troubleOf(error)).toEqual({ kind: "offline" });
});

test("an answer that is no GraphQL is known by its status", () => {
  expect(troubleOf(answered(401))).toEqual({ kind: "signed-out" });
  expect(troubleOf(answered(429, { "Retry-After": "4" }))).toEqual({ kind: "hurried", seconds: 4 });
  expect(troubleOf(answered(503))).toEqual({ kind: "unavailable" });
});

test("a fault of the service tells nothing but the request to ask about", () => {
  expect(troubleOf(coded("INTERNAL", { requestId: "r-1" }))).toEqual({
    kind: "fault",
    request: "r-1",
  });
});

test("what passes by itself is tried again, ever more slowly; the rest is not", () => {
  const waits = [0, 1, 2, 10].map((attempt) => retryIn({ kind: "behind" }, attempt));
  expect(waits).toEqual([500, 1000, 2000, 5_000]);
  expect(retryIn({ kind: "hurried", seconds: 60 }, 0)).toBe(60_000);
  expect(retryIn({ kind: "forbidden", permission: null }, 0)).toBeNull();
});
