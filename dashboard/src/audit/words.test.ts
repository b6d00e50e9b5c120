import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { words } from "./words.ts";

/** Every type there ever was, by the file of its first shape. */
const types = readdirSync(join(import.meta.dirname, "../../../domain/fixtures/events")).map(
  (file) => file.replace(/\.\d+\..*$/, ""),
);
const OURS = /slot|place |quota|handle|summarised|keyring|reactor|famil|abandoned|_/i;

test("whatever happens is told in words that are not only the service's own", () => {
  expect(types.length).toBeGreaterThan(50);
  expect(types.map(words).filter((text) => OURS.test(text))).toEqual([]);
  expect(words("agent_token.revoked")).toBe("Agent token revoked");
});
