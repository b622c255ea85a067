// Tries the playground's page of Durable Objects in a real browser: `node objects.mjs http://localhost:8787 [folder]`.
//
// With the folder from which the playground is served, it also edits the chat room's class: the sockets stay. With
// SCREENSHOT it writes a picture there. The browser is the one that CHROMIUM names (/usr/bin/chromium).

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";

const [base, folder] = process.argv.slice(2);
if (!base) {
  console.error("usage: node objects.mjs http://localhost:8787 [folder]");
  process.exit(2);
}
// Without these it looks for hosts of its own on the network.
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const profile = mkdtempSync(path.join(os.tmpdir(), "lopata-browser-"));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: QUIET,
  viewport: { width: 900, height: 1100 },
});
const problems = [];
try {
  const open = async () => {
    const page = await browser.newPage();
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.goto(`${base}/objects`);
    return page;
  };
  const shows = async (page, selector, pattern) => {
    await page.locator(selector).filter({ hasText: pattern }).first().waitFor({ timeout: 30_000 }).catch(async () => {
      throw new Error(`${selector} shows ${JSON.stringify(await page.locator(selector).allInnerTexts())}, not ${pattern}`);
    });
    console.log(`ok ${selector}: ${pattern}`);
  };
  const enter = async (page, name) => {
    await page.fill("#chat [name=as]", name);
    await page.click("#chat .enter button");
    await shows(page, "#chat .people", new RegExp(name));
  };
  const say = async (page, text) => {
    await page.fill("#chat .say input", text);
    await page.press("#chat .say input", "Enter");
  };

  const ann = await open();
  await ann.click("[data-add='10']");
  await ann.click("[data-add='1']");
  await shows(ann, "#counter .value", /1$/);
  await ann.click("[data-reset]");
  await shows(ann, "#counter .small", /back to nothing at/);

  await ann.fill("#notebook [name=text]", "bread; butter; a sharp spade");
  await ann.click("#notebook form button");
  await shows(ann, "#notebook .lines", /a sharp spade.*butter.*bread/s);
  await ann.fill("#notebook [type=search]", "spade");
  await shows(ann, "#notebook .lines", /^a sharp spade×\s*$/);
  await shows(ann, "#notebook .small", /KiB on disk/);
  await ann.fill("#notebook [name=text]", "milk; ;");
  await ann.click("#notebook form button");
  await shows(ann, "#notebook .small", /A line is empty/);

  const bob = await open();
  await enter(ann, "Ann");
  await enter(bob, "Bob");
  await shows(ann, "#chat .people", /Ann.*Bob/s);
  await say(ann, "Good morning!");
  await shows(bob, "#chat .talk", /Good morning!/);
  await say(bob, "Dig here, and there, and over there.");
  await shows(ann, "#chat .talk", /over there\./);
  await shows(ann, "#counter .value", /^0$/);

  if (folder) {
    const file = path.join(folder, "src/objects/room.ts");
    const before = readFileSync(file, "utf8");
    try {
      writeFileSync(file, before.replace("const text = String(message).trim()", "const text = `${String(message).trim()} (edited)`"));
      for (let turn = 0; !(await bob.locator("#chat .talk").innerText()).includes("(edited)"); turn++) {
        if (turn > 100) throw new Error("the edit does not show");
        await say(ann, `Is it there? ${turn}`);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      console.log("ok the edit shows, and the sockets stay");
      if ((await ann.locator("#chat .talk").innerText()).includes("the socket is closed")) throw new Error("a socket was closed");
    } finally {
      writeFileSync(file, before);
    }
  }
  await bob.close();
  await shows(ann, "#chat .talk", /Bob leaves/);
  if (process.env.SCREENSHOT) await ann.screenshot({ path: process.env.SCREENSHOT });
} catch (error) {
  problems.push(error.message);
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
}
for (const problem of problems) console.log(`FAILED ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);
