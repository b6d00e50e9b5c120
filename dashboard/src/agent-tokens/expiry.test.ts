import { expect, test } from "vitest";
import { dayOf, expiryOf } from "./expiry.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");

test("a preset counts from now", () => {
  expect(expiryOf("30", "", NOW)).toBe("2026-03-31T12:00:00.000Z");
});

test("a date means the end of that day, where the reader is", () => {
  const end = new Date(expiryOf("date", "2026-05-04", NOW) ?? "");
  expect([end.getFullYear(), end.getMonth(), end.getDate()]).toEqual([2026, 4, 4]);
  expect([end.getHours(), end.getMinutes()]).toEqual([23, 59]);
});

test("never is a choice, and no date is none", () => {
  expect(expiryOf("never", "", NOW)).toBeNull();
  expect(expiryOf("date", "", NOW)).toBeUndefined();
  expect(expiryOf("date", "soon", NOW)).toBeUndefined();
});

test("today is the reader's day", () => {
  const noon = new Date(2026, 2, 1, 12).getTime();
  expect(dayOf(noon)).toBe("2026-03-01");
  expect(dayOf(new Date(2026, 2, 1, 0, 5).getTime())).toBe("2026-03-01");
});
