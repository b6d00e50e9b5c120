// Somebody in front of a browser: signs in, reads what an application asks for, and decides.
//
//   node user.mjs URL NAME PASSWORD [allow|deny] [FOLDER]
//
// Screenshots of the pages go into FOLDER. CHROMIUM names the browser.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [url, name, password, decision = "allow", folder] = process.argv.slice(2);
const profile = await mkdtemp(join(tmpdir(), "keyledger-browser-"));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  viewport: { width: 320, height: 640 },
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
try {
  const page = await browser.newPage();
  const look = async (what) => {
    const wider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    console.log(JSON.stringify({ page: await page.title(), wider }));
    if (folder) await page.screenshot({ path: join(folder, `${what}.png`), fullPage: true });
  };
  await page.goto(url);
  await look("login");
  await page.getByLabel("User name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Allow", exact: true }).waitFor();
  await look("consent");
  const button = decision === "allow" ? "Allow" : "Do not allow";
  await page.getByRole("button", { name: button, exact: true }).click();
  await page.waitForURL(/callback/);
  console.log(JSON.stringify({ arrived: new URL(page.url()).pathname }));
} finally {
  await browser.close();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
}
