import { chromium } from "playwright-core";
import { AxeBuilder } from "@axe-core/playwright";
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { extname, join, normalize, resolve } from "node:path";

/** The folder of the built pages, demonstration host included. */
export const dist = resolve(import.meta.dirname, "../dist-demonstration");
/** The folder of what ships. */
export const shipped = resolve(import.meta.dirname, "../dist");

// The application's own policy, with what a plain browser needs instead of Tauri's channel.
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css" };
const candidates = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

async function serve(folder) {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, "http://127.0.0.1").pathname);
    try {
      const body = await readFile(join(folder, path));
      response.writeHead(200, { "content-type": types[extname(path)] ?? "application/octet-stream", "content-security-policy": policy });
      response.end(body);
    } catch {
      response.writeHead(path === "/favicon.ico" ? 204 : 404).end();
    }
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return server;
}

/** Starts Chromium over the built pages. `open` gives a page that fails the test on any error it logs or any blocked content. */
export async function start() {
  const executablePath = candidates.find((path) => path && existsSync(path));
  assert.ok(executablePath, "no Chromium found: install the package chromium, or set CHROMIUM");
  const server = await serve(dist);
  const browser = await chromium.launch({
    executablePath,
    args: [
      "--no-sandbox", // the tests also run as root, where Chromium refuses its sandbox; the pages are ours
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  const origin = `http://127.0.0.1:${server.address().port}`;

  return {
    async open(settings = "", options = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: "fr-FR", reducedMotion: "reduce", ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(30_000); // a loaded machine is slow, not wrong
      const complaints = [];
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("request", (request) => {
        if (!request.url().startsWith(origin)) complaints.push(`remote request: ${request.url()}`);
      });
      await page.goto(`${origin}/demo.html?${settings}`);
      return Object.assign(page, { complaints });
    },
    async stop() {
      await browser.close();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** No accessibility violation at all, best practices included, and nothing complained in the console. */
export async function clean(page, name) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map((violation) => `${violation.id}: ${violation.help}\n    ${violation.nodes.map((node) => node.html).join("\n    ")}`);
  assert.deepEqual(found, [], `accessibility of ${name}`);
  assert.deepEqual(page.complaints, [], `console of ${name}`);
}

/** No part of the page lies outside its width: at 400 % nobody scrolls sideways. */
export async function fits(page, name) {
  const [scroll, client] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(scroll <= client, `${name} is ${scroll} px wide in a window of ${client} px`);
}

/** Keeps a picture where `SCREENSHOTS` names a folder. */
export async function picture(page, name) {
  const folder = process.env.SCREENSHOTS;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: page.viewportSize().width < 700 });
}

export const focused = (page) =>
  page.evaluate(() => document.activeElement?.id || document.activeElement?.getAttribute("data-arrival") || document.activeElement?.getAttribute("data-record") || document.activeElement?.tagName);
