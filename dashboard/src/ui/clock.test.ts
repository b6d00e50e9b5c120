import { expect, test } from "vitest";
import { countdown, distance } from "./clock.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const SECOND = 1000;
const DAY = 86_400 * SECOND;

test("a distance is told in the largest unit that says something", () => {
  expect(distance(NOW - 20 * SECOND, NOW)).toBe("just now");
  expect(distance(NOW - 61 * SECOND, NOW)).toBe("1 minute ago");
  expect(distance(NOW - 30 * 3600 * SECOND, NOW)).toBe("yesterday");
  expect(distance(NOW + 13 * DAY, NOW)).toBe("next week");
  expect(distance(NOW + 90 * DAY, NOW)).toBe("in 2 months");
});

test("a clock that is a little ahead does not put the past into the future", () => {
  expect(distance(NOW + 3 * SECOND, NOW)).toBe("just now");
});

test("a countdown shows whole seconds, ends at zero, and stays there", () => {
  expect(countdown(NOW + 300 * SECOND, NOW)).toBe("5:00");
  expect(countdown(NOW + 61_001, NOW)).toBe("1:02");
  expect(countdown(NOW + 1, NOW)).toBe("0:01");
  expect(countdown(NOW, NOW)).toBe("0:00");
  expect(countdown(NOW - DAY, NOW)).toBe("0:00");
});
