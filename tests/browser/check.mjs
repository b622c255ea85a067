// Tries the playground's page of bridges in a real browser: `node check.mjs http://localhost:8787 [folder]`.
//
// With the folder from which the playground is served, it also edits the second worker and waits for the page to notice.
// The browser is the one that CHROMIUM names (/usr/bin/chromium).

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";

const [base, folder] = process.argv.slice(2);
if (!base) {
  console.error("usage: node check.mjs http://localhost:8787 [folder]");
  process.exit(2);
}
// Without these it looks for hosts of its own on the network.
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const profile = mkdtempSync(path.join(os.tmpdir(), "lopata-browser-"));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: QUIET,
  viewport: { width: 900, height: 1250 },
});
const problems = [];
try {
  const page = await browser.newPage();
  page.on("pageerror", (error) => problems.push(String(error)));

  const press = (card, button = "button") => page.click(`#${card} ${button}`);
  const shows = async (card, pattern) => {
    const text = page.locator(`#${card} .out`).filter({ hasText: pattern });
    await text.waitFor({ timeout: 30_000 }).catch(async () => {
      throw new Error(`${card} shows ${JSON.stringify(await page.locator(`#${card} .out`).innerText())}, not ${pattern}`);
    });
    console.log(`ok ${card}: ${pattern}`);
  };

  await page.goto(`${base}/bridges`);
  await press("call");
  await shows("call", /"sum": 42/);
  await press("dig");
  await shows("dig", /8 of 8 m[^]*A hole of 8 m/);
  await press("stream");
  await shows("stream", /^DIG HERE, AND THERE, AND OVER THERE\.$/);
  await press("stream", "[data-roll]");
  await shows("stream", /Anna is here\nBert is here\nCyril is here/);
  await shows("socket", /connected/);
  await press("socket");
  await shows("socket", /← Is anybody there\?/);
  await press("stone");
  await shows("stone", /"code": "E_STONE"/);

  if (folder) {
    const file = path.join(folder, "workshop/src/shouting.ts");
    const before = readFileSync(file, "utf8");
    try {
      writeFileSync(file, before.replace("toUpperCase()", "toUpperCase() + '!'"));
      await shows("socket", /closed: 1012[^]*connected/);
      await page.locator(".notice.shown").waitFor();
      await press("stream");
      await shows("stream", /OVER THERE\.!$/);
    } finally {
      writeFileSync(file, before);
    }
  }
} catch (error) {
  problems.push(error.message);
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
}
for (const problem of problems) console.log(`FAILED ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);
