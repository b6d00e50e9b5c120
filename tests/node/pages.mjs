// Looks at pages with axe, in a browser 320 pixels wide: node pages.mjs COOKIE URL…
//
// Prints a line of JSON a page: its title, whether it is too wide, and what breaks WCAG 2.2 AA.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [cookie, ...urls] = process.argv.slice(2);
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
});
try {
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ viewport: { width: 320, height: 640 }, colorScheme });
    const separator = cookie.indexOf("=");
    const [name, value] = [cookie.slice(0, separator), cookie.slice(separator + 1)];
    if (name) await context.addCookies([{ name, value, url: new URL(urls[0]).origin }]);
    const page = await context.newPage();
    for (const url of urls) {
      await page.goto(url);
      // Not by a script of the page, which has none.
      await page.evaluate(axe);
      const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
      const { violations } = await page.evaluate((values) => axe.run({ runOnly: values }), tags);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      const broken = violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.html)}`);
      console.log(JSON.stringify({ title: await page.title(), colorScheme, wide, broken }));
    }
    await context.close();
  }
} finally {
  await browser.close();
}
