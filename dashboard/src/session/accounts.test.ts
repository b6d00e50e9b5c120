import { expect, test } from "vitest";
import { explain } from "./accounts.ts";

test("a refusal names the field that is at fault", () => {
  expect(explain("user_id_taken", "", 1).field).toBe("name");
  expect(explain("weak_secret", "a password has at least 8 characters", 1)).toEqual({
    field: "secret",
    message: "A password has at least 8 characters.",
  });
});

test("whether the name or the password was wrong is not told", () => {
  expect(explain("invalid_credentials", "", 1).field).toBeNull();
});

test("who tried too often is told how long to wait", () => {
  expect(explain("too_many_attempts", "", 1).message).toContain("1 second,");
  expect(explain("too_many_attempts", "", 600).message).toContain("10 minutes");
});
