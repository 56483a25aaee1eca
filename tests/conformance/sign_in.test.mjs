// Our program, as a script would use it, at oidc-provider (certified, written by others): one client of every sort, each
// described by a file.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { people, startProvider, walk } from "./provider.mjs";
import { Visitor } from "./visitor.mjs";

const program = process.env.COMPTOIR_PROGRAM;

let provider, home;
before(async () => {
  assert.ok(program, "COMPTOIR_PROGRAM is not set: cargo test -p comptoir --test real_sign_in -- --include-ignored");
  provider = await startProvider();
  home = await mkdtemp(join(tmpdir(), "comptoir-"));
});
after(async () => {
  await provider.stop();
  await rm(home, { recursive: true });
});

/** Writes the file of a client, its secrets beside it as the file has to name them. */
async function written(name, more = "") {
  const client = provider.clients[name];
  const lines = [
    'kind = "generic"', `issuer = "${provider.issuer}"`, `client_id = "${name}"`,
    `authentication = "${client.token_endpoint_auth_method}"`, 'scopes = ["profile", "email"]',
  ];
  for (const [table, secret] of [["secret", client.client_secret], ["encryption", provider.pems[name]]]) {
    if (secret === undefined) continue;
    const file = `${name}-${table}`;
    await writeFile(join(home, file), secret);
    await chmod(join(home, file), 0o600);
    lines.push(`${table}.file = "${file}"`);
  }
  const path = join(home, `${name}.toml`);
  await writeFile(path, [...lines, more, ""].join("\n"));
  return path;
}

/** Runs a sign-in; a person follows every address that it says. */
async function run(path, { login = "camille", people: follow = true } = {}) {
  const env = {
    PATH: process.env.PATH, HOME: home, XDG_RUNTIME_DIR: home, DBUS_SESSION_BUS_ADDRESS: `unix:path=${home}/nobody`,
    COMPTOIR_LOG: "trace",
  };
  const child = spawn(program, ["sign-in", "--provider", path, "--json", "--no-browser"], { env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((over) => child.once("exit", over));
  let log = "";
  child.stderr.on("data", (text) => (log += text));
  const [events, visitor] = [[], new Visitor()];
  let walked;
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line);
    events.push(event);
    if (event.event === "open-browser" && follow) {
      walked = visitor.fetch(event.url).then((page) => walk(visitor, page, { login, until: "nowhere" }));
    }
  }
  return { code: await ended, events, names: events.map(({ event }) => event), last: await walked, log, url: events[0]?.url };
}

const agreed = {
  public: "",
  basic: "",
  post: "",
  "signed-rs256": 'userinfo = "signed"',
  "signed-es256": 'id_token_alg = "ES256"\nuserinfo = "signed"',
  ps256: 'id_token_alg = "PS256"',
  hs256: 'id_token_alg = "HS256"',
  "encrypted-rsa": 'userinfo = "encrypted"',
  "encrypted-ec": 'userinfo = "encrypted"',
};

for (const [name, more] of Object.entries(agreed)) {
  test(`${name}: signed in, the claims as sent, signed out`, async () => {
    const { code, events, names, last, log, url } = await run(await written(name, more));
    assert.deepEqual(names, ["open-browser", "waiting", "identity", "signed-out", "done"], JSON.stringify(events));
    assert.equal(code, 0);
    const { claims, sub } = events[2];
    for (const [claim, value] of Object.entries(people.camille)) assert.equal(claims[claim], value, claim);
    assert.equal(sub, "camille");
    assert.deepEqual([events[3].confirmed, events[4].outcome], [true, "signed-in"]);
    assert.deepEqual([last.status, last.url.pathname], [200, "/fin"], "the browser ends at the end");
    const asked = new URL(url).searchParams;
    const secrets = [
      ...Object.values(people.camille).filter((text) => text.length > 6), provider.clients[name].client_secret,
      asked.get("state"), asked.get("nonce"), asked.get("code_challenge"),
    ].filter(Boolean);
    for (const secret of secrets) assert.ok(!log.includes(secret), "a secret or a trait stands in the log");
    const asks = provider.asked();
    assert.equal(asks.filter((one) => one === "POST /token").length, 1, "a code is shown once");
  });
}

test("what was not agreed ends with 1, and the session with it", async () => {
  for (const [name, more, expected, identityAsked] of [
    ["public", 'id_token_alg = "ES256"', "id-token-invalid", false],
    ["public", 'userinfo = "signed"', "userinfo-invalid", true],
    ["public", 'acr_required = ["gold"]', "level-too-low", false],
  ]) {
    provider.asked();
    const { code, events, names } = await run(await written(name, more));
    assert.deepEqual([code, events.at(-1).event, events.at(-1).code], [1, "failed", expected], JSON.stringify(events));
    assert.ok(!names.includes("identity"), expected);
    assert.equal(provider.asked().some((one) => one.endsWith("/me")), identityAsked, expected);
  }
});

test("a file that cannot be used ends with 2, a provider that is another with 1", async () => {
  const unusable = await run(await written("public", 'pkce = "sometimes"'), { people: false });
  assert.deepEqual([unusable.code, unusable.names], [2, ["failed"]]);
  const path = await written("public");
  const other = await startProvider();
  const { readFile } = await import("node:fs/promises");
  await writeFile(path, (await readFile(path, "utf8")).replace(provider.issuer, `${other.issuer}/autre`));
  const gone = await run(path, { people: false });
  await other.stop();
  assert.deepEqual([gone.code, gone.names], [1, ["failed"]]);
});

test("a secret that others may read is not taken", async () => {
  const path = await written("basic");
  await chmod(join(home, "basic-secret"), 0o644);
  const refused = await run(path, { people: false });
  assert.deepEqual([refused.code, refused.names], [2, ["failed"]]);
});

test("a person who gives up ends it with 3", async () => {
  const { code, events, names, last } = await run(await written("public"), { login: null });
  assert.deepEqual([code, names, events.at(-1).outcome], [3, ["open-browser", "waiting", "done"], "refused"]);
  assert.ok(last.html.includes("n'a pas eu lieu"), "the browser says so");
});
