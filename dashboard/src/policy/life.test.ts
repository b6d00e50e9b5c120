import { expect, test } from "vitest";
import { lifeOf, lives } from "./life.ts";

test("a time is said exactly, in the largest unit that can", () => {
  expect([60, 90, 3_600, 86_400, 7_776_000].map(lifeOf)).toEqual([
    "1 minute",
    "90 seconds",
    "1 hour",
    "1 day",
    "90 days",
  ]);
});

test("what somebody else set can be left as it is", () => {
  expect(lives(null)).toEqual(lives(86_400));
  expect(lives(3_600)[0]).toBe(3_600);
  expect(lives(3_600)).toHaveLength(lives(null).length + 1);
});
