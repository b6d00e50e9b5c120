import { expect, test } from "vitest";
import { givenBy } from "./roles.ts";

test("nobody gives what they have not, and only owners make owners and auditors", () => {
  expect(givenBy("OWNER")).toContain("OWNER");
  expect(givenBy("ADMIN")).toEqual(["VIEWER", "MEMBER", "ADMIN"]);
  for (const role of ["MEMBER", "VIEWER", "AUDITOR"] as const) expect(givenBy(role)).toEqual([]);
});
