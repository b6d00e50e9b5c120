import { expect, test } from "vitest";
import type { EntryFragment } from "../graphql/generated.ts";
import { cell, heading, line } from "./export.ts";

const entry: EntryFragment = {
  id: "evt_1",
  cursor: "c",
  type: "agent_token.created",
  stream: "agent_token-1",
  revision: 0,
  occurredAt: "2026-03-01T12:00:00Z",
  actor: { kind: "USER", id: "usr_1", label: "ada" },
  onBehalfOf: null,
  clientIp: null,
  userAgent: null,
  correlationId: "r",
  data: '{"name":"a, \\"b\\""}',
  redactedFields: [],
};

test("a cell is quoted where it must be, and is never a formula", () => {
  expect(cell("plain")).toBe("plain");
  expect(cell('a, "b"')).toBe('"a, ""b"""');
  expect(cell("two\nlines")).toBe('"two\nlines"');
  for (const formula of ["=1+1", "+1", "-1", "@sum"]) expect(cell(formula)).toBe(`'${formula}`);
});

test("a row has as many cells as the heading has names", () => {
  const names = heading("csv").trim().split(",");
  expect(names).toHaveLength(12);
  expect(
    line({ ...entry, data: "{}" }, "csv")
      .trim()
      .split(","),
  ).toHaveLength(12);
});

test("a line of NDJSON holds the payload as JSON, not as text", () => {
  const read = JSON.parse(line(entry, "ndjson")) as { data: { name: string } };
  expect(read.data.name).toBe('a, "b"');
});
