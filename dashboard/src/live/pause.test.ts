import { expect, test, vi } from "vitest";

vi.stubGlobal("BroadcastChannel", class {});
const { pauseOf } = await import("./pause.ts");

test("the first try comes within a quarter of a second, later ones within five", () => {
  for (const random of [0, 0.5, 1]) {
    expect(pauseOf(0, random)).toBeLessThanOrEqual(250);
    expect(pauseOf(50, random)).toBeLessThanOrEqual(5_000);
  }
});

test("each pause is about twice the one before, and never the same for all", () => {
  const middle = [0, 1, 2, 3].map((attempt) => pauseOf(attempt, 0.5));
  expect(middle).toEqual([200, 400, 800, 1600]);
  expect(pauseOf(3, 1)).toBeGreaterThan(pauseOf(3, 0));
});
