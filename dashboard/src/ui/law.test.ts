import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const FOLDER = import.meta.dirname;
const WORDS = /\b(agent|audit|credential|keyledger|member|plan|revo(ke|cation)|token|workspace)/i;

test("what shows things knows neither what they are nor where they come from", () => {
  const files = readdirSync(FOLDER).filter((name) => !name.endsWith(".test.ts"));
  expect(files.length).toBeGreaterThan(10);
  const broken = files.flatMap((name) =>
    readFileSync(join(FOLDER, name), "utf8")
      .split("\n")
      .map((line, index) => `${name}:${index + 1}: ${line.trim()}`)
      .filter((line) => WORDS.test(line) || /from "\.\.\//.test(line)),
  );
  expect(broken).toEqual([]);
});
