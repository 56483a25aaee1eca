import assert from "node:assert/strict";
import { request } from "node:http";
import { text } from "node:stream/consumers";

/** Cookies by name and path. Ports share them, as in a browser. */
class Jar {
  #cookies = new Map();

  read(answer, url) {
    for (const line of answer.headers["set-cookie"] ?? []) {
      const [pair, ...attributes] = line.split(";").map((part) => part.trim());
      const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
      const attribute = (wanted) =>
        attributes.find((one) => one.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
      const path = attribute("path") ?? url.pathname.replace(/\/[^/]*$/, "/");
      const gone = attribute("max-age") === "0" || new Date(attribute("expires") ?? 8.64e15) < new Date();
      if (gone) this.#cookies.delete(`${name} ${path}`);
      else this.#cookies.set(`${name} ${path}`, { name, value, path });
    }
  }

  header(url) {
    const below = ({ path }) => url.pathname === path || url.pathname.startsWith(path.endsWith("/") ? path : `${path}/`);
    return [...this.#cookies.values()].filter(below).map(({ name, value }) => `${name}=${value}`).join("; ");
  }

  clear() {
    this.#cookies.clear();
  }
}

const entities = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };
const plain = (text) => text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity]);

function attributes(tag) {
  const found = [...tag.matchAll(/([\w-]+)(?:\s*=\s*"([^"]*)")?/g)].slice(1);
  return Object.fromEntries(found.map(([, name, value]) => [name.toLowerCase(), plain(value ?? "")]));
}

/** The tags of these names, in order, each with its place in the page. */
function tags(html, names) {
  const found = html.matchAll(new RegExp(`<(?:${names})\\b(?:"[^"]*"|[^>"])*>`, "gi"));
  return [...found].map((tag) => ({ at: tag.index, ...attributes(tag[0]) }));
}

/** A page in front of the visitor. */
class Page {
  constructor(answer, url, html) {
    Object.assign(this, { status: answer.statusCode, url, html });
    const { location } = answer.headers;
    this.redirect = location === undefined ? undefined : new URL(location, url);
  }

  element(id) {
    return tags(this.html, "[a-z0-9]+").find((tag) => tag.id === id);
  }

  has(id) {
    return this.element(id) !== undefined;
  }

  /** The text of the element with this id. */
  text(id) {
    const { at } = this.element(id);
    const inside = this.html.slice(this.html.indexOf(">", at) + 1);
    const name = /^<([a-z0-9]+)/i.exec(this.html.slice(at))[1];
    return plain(inside.slice(0, inside.indexOf(`</${name}>`)).replace(/<[^>]*>/g, ""));
  }
}

/** A browser without a window, followed step by step: no script runs in it. */
export class Visitor {
  #jar = new Jar();

  /** Opens an address, or sends it a form. Not by `fetch`, which a loopback listener tells from a navigation. */
  async fetch(url, form) {
    url = new URL(url);
    const headers = { cookie: this.#jar.header(url), "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
    if (form) headers["content-type"] = "application/x-www-form-urlencoded";
    const answer = await new Promise((answered, failed) => {
      const sent = request(url, { method: form ? "POST" : "GET", headers }, answered).once("error", failed);
      sent.end(form?.toString());
    });
    this.#jar.read(answer, url);
    return new Page(answer, url, await text(answer));
  }

  /** Follows redirects until a page stays, or until the next address would be below `until`. */
  async follow(page, until = "http://127.0.0.1:1/") {
    for (let hops = 0; page.redirect && !page.redirect.href.startsWith(until); hops += 1) {
      assert.ok(hops < 20, "too many redirects");
      page = await this.fetch(page.redirect);
    }
    return page;
  }

  async open(url, until) {
    return this.follow(await this.fetch(url), until);
  }

  /** Presses the button of this id, or sends the page's first form, with `typed` in its fields; follows nothing. */
  async press(page, id, typed = {}, more = {}) {
    const button = id === undefined ? undefined : page.element(id);
    assert.ok(id === undefined || button, `no ${id} at ${page.url.pathname}: ${page.html}`);
    const forms = tags(page.html, "form").filter((form) => button === undefined || form.at < button.at);
    const form = button === undefined ? forms[0] : forms.at(-1);
    assert.ok(form, `no form at ${page.url.pathname}: ${page.html}`);
    const inside = page.html.slice(form.at, page.html.indexOf("</form>", form.at));
    const fields = new URLSearchParams();
    for (const { name, value } of tags(inside, "input")) {
      if (name) fields.set(name, typed[name] ?? value ?? "");
    }
    for (const name of Object.keys(typed)) assert.ok(fields.has(name), `no field ${name} at ${page.url.pathname}`);
    if (button?.name) fields.set(button.name, button.value ?? "");
    for (const [name, value] of Object.entries(more)) fields.set(name, value);
    const action = new URL(form.action || page.url.href, page.url);
    if (form.method?.toLowerCase() === "post") return this.fetch(action, fields);
    action.search = fields;
    return this.fetch(action);
  }

  /** Signs in as `login` at the simulated FranceConnect, as far as the return address, not opened. */
  async signIn(address, login = "test", until = undefined, provider = undefined) {
    const page = await this.information(address, login, until, provider);
    return (await this.follow(await this.press(page, "continue"), until)).redirect;
  }

  /** Goes as far as the page that says what will be passed on. */
  async information(address, login = "test", until = undefined, provider = undefined) {
    const page = await this.signInPage(address, until, provider);
    if (!page.has("sign-in")) return page;
    return this.follow(await this.press(page, "sign-in", { login, password: "123" }), until);
  }

  /** Goes as far as the provider's page, or past it where somebody is signed in. */
  async signInPage(address, until = undefined, provider = "impots") {
    const page = await this.open(address, until);
    return page.has("providers") ? this.follow(await this.press(page, `provider-${provider}`), until) : page;
  }

  /** Logs out, the page that a script would send included, as far as the end address, not opened. */
  async logOut(address, until = undefined) {
    let page = await this.open(address, until);
    while (page.has("logout-continue")) page = await this.follow(await this.press(page, "logout-continue"), until);
    return page;
  }

  /** Closes the browser: it remembers nothing. */
  loseCookies() {
    this.#jar.clear();
  }
}
