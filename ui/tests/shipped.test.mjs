import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { dist, shipped } from "./browser.mjs";

const root = resolve(import.meta.dirname, "..");
const files = async (folder) => (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
const text = async (folder) => (await Promise.all((await files(folder)).map((file) => readFile(file, "utf8")))).join("\n");

test("what ships holds no fictitious patient", async () => {
  assert.match(await text(dist), /ERMENGARDI/, "the word looked for is in the demonstration");
  assert.doesNotMatch(await text(shipped), /ERMENGARDI|demoHost/);
});

test("what ships has no inline script, no inline style, no remote address", async () => {
  const page = await readFile(join(shipped, "index.html"), "utf8");
  assert.doesNotMatch(page, /<style|style=|<script(?![^>]*src=)/);
  const content = await text(shipped);
  // Namespaces, the documentation addresses of error texts and the stand-ins that paraglide parses
  // relative addresses against are names; nothing is fetched from them.
  const remote = [...content.matchAll(/https?:\/\/[\w.-]+/g)].map(([address]) => address).filter((address) => !/^https?:\/\/(www\.w3\.org|svelte\.dev|paraglidejs\.com|fallback\.com|example\.com)$/.test(address));
  assert.deepEqual(remote, []);
  assert.doesNotMatch(content, /url\((?!["']?#)/);
});

test("only the host module reaches Tauri, and no screen styles inline", async () => {
  for (const file of await files(join(root, "src"))) {
    if (file.includes("paraglide")) continue;
    const source = await readFile(file, "utf8");
    const inHost = /src\/(host\/tauri|bindings)\.ts$/.test(file.replaceAll("\\", "/"));
    if (!inHost) assert.doesNotMatch(source, /@tauri-apps/, file);
    if (file.endsWith(".svelte")) assert.doesNotMatch(source, /style[:=]|<style|transition:|animate:/, file);
  }
});

test("French texts: one apostrophe, unbreakable spaces where French wants them, no text unused", async () => {
  const messages = JSON.parse(await readFile(join(root, "messages/fr.json"), "utf8"));
  const sources = (await Promise.all((await files(join(root, "src"))).filter((file) => !file.includes("paraglide")).map((file) => readFile(file, "utf8")))).join("\n");
  for (const [key, message] of Object.entries(messages)) {
    if (key.startsWith("$")) continue;
    assert.doesNotMatch(message, /’/, `${key}: typographic apostrophe`);
    assert.doesNotMatch(message, / [:;?!»]|« |[^\s\u00a0{][?!»]/, `${key}: breakable or missing space`);
    assert.match(sources, new RegExp(`m\\.${key}\\b`), `${key}: used nowhere`);
  }
});

test("no French text outside the catalogue", async () => {
  for (const file of await files(join(root, "src"))) {
    if (file.includes("paraglide") || /host\/demo/.test(file) || file.endsWith(".css")) continue;
    const source = (await readFile(file, "utf8")).replace(/\/\*[\s\S]*?\*\/|\/\/.*|<!--[\s\S]*?-->/g, "");
    assert.doesNotMatch(source, /[àâçéèêëîïôùûœÀÉÈÊ]/, file);
  }
});
