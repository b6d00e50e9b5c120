import { expect, test } from "vitest";
import { byDay } from "./days.ts";

const NOW = new Date(2026, 2, 10, 15).getTime();
const on = (day: number, hour: number, type = "created") => ({
  type,
  occurredAt: new Date(2026, 2, day, hour).toISOString(),
});

test("events are counted by the reader's day and by type; a day without any is there", () => {
  const days = byDay([on(10, 0), on(10, 23), on(8, 12), on(8, 13, "revoked")], NOW, 3);
  expect(days.map(({ counts }) => counts)).toEqual([
    { created: 1, revoked: 1 },
    {},
    { created: 2 },
  ]);
});

test("what lies further back is not counted", () => {
  expect(byDay([on(1, 12)], NOW, 3).every(({ counts }) => Object.keys(counts).length === 0)).toBe(
    true,
  );
});
