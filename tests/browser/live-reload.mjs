// Tries `lopata dev --live-reload` in a real browser: `node live-reload.mjs`.
//
// LOPATA_BIN is the program (../../target/debug/lopata), CHROMIUM the browser (/usr/bin/chromium). The project is made in a
// folder of its own: a worker with a page and a site of files, and a page under a strict policy.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";

const program = path.resolve(process.env.LOPATA_BIN ?? "../../target/debug/lopata");
// Without these the browser looks for hosts of its own on the network.
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const root = mkdtempSync(path.join(os.tmpdir(), "lopata-live-reload-"));
const write = (file, text) => {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
};

const worker = (word) => `
const html = (body, headers) => new Response(body, { headers: { "content-type": "text/html", ...headers } });
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/style.css") {
      return new Response(await env.__STATIC_CONTENT.get("style.css"), { headers: { "content-type": "text/css" } });
    }
    if (pathname === "/strict") {
      const nonce = crypto.randomUUID();
      return html("<h1>${word}</h1>", { "content-security-policy": "default-src 'self'; script-src 'nonce-" + nonce + "'" });
    }
    return html('<!doctype html><link rel="stylesheet" href="/style.css"><h1>${word}</h1>');
  },
};
`;
write("wrangler.json", JSON.stringify({ name: "page", main: "index.js", compatibility_date: "2026-04-01", site: { bucket: "./site" } }));
write("index.js", worker("one"));
write("site/style.css", "h1 { color: rgb(1, 2, 3) }");

const server = spawn(program, ["dev", "--port", "0", "--live-reload"], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
const base = await new Promise((resolve, reject) => {
  let said = "";
  server.on("exit", (code) => reject(new Error(`lopata ended with ${code}: ${said}`)));
  server.stdout.setEncoding("utf8").on("data", (text) => {
    said += text;
    const ready = said.match(/Ready on (\S+)/);
    if (ready) resolve(ready[1]);
  });
});

const profile = mkdtempSync(path.join(os.tmpdir(), "lopata-browser-"));
const browser = await chromium.launchPersistentContext(profile, { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: QUIET });
const problems = [];
try {
  const page = await browser.newPage();
  page.on("pageerror", (error) => problems.push(String(error)));
  const strict = await browser.newPage();
  strict.on("pageerror", (error) => problems.push(String(error)));
  strict.on("console", (message) => message.type() === "error" && !/favicon/.test(message.text()) && problems.push(message.text()));

  const connected = (one) => one.waitForEvent("websocket").then((socket) => socket.waitForEvent("framereceived").then((frame) => frame.payload));
  const says = (one, word) => one.locator("h1", { hasText: word }).waitFor({ timeout: 30_000 });

  const first = connected(page);
  await Promise.all([page.goto(base), page.waitForEvent("websocket")]);
  await Promise.all([strict.goto(`${base}/strict`), strict.waitForEvent("websocket")]);
  await says(page, "one");

  await page.evaluate(() => (window.isTheSame = true));
  write("site/style.css", "h1 { color: rgb(4, 5, 6) }");
  await page.waitForFunction(() => getComputedStyle(document.querySelector("h1")).color === "rgb(4, 5, 6)");
  if (!(await page.evaluate(() => window.isTheSame))) throw new Error("the page was loaded anew for a style sheet");
  if ((await page.locator("link[rel=stylesheet]").count()) !== 1) throw new Error("the old style sheet is still there");
  console.log(`ok a style sheet is exchanged (${await first})`);

  // The page of the policy has loaded itself for the style sheet's sake if it has not; either way it is connected.
  await strict.waitForLoadState();
  write("index.js", worker("two"));
  await says(page, "two");
  await says(strict, "two");
  if (await page.evaluate(() => window.isTheSame)) throw new Error("the page was not loaded anew");
  console.log("ok an edit of the code loads both pages anew");

  write("index.js", worker("three"));
  await says(page, "three");
  await says(strict, "three");
  console.log("ok and again");
} finally {
  await browser.close();
  server.removeAllListeners("exit");
  server.kill("SIGTERM");
  await new Promise((resolve) => server.on("exit", resolve));
  rmSync(profile, { recursive: true, force: true });
  rmSync(root, { recursive: true, force: true });
}
if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}
