import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createPrivateKey, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import * as oidc from "openid-client";

const program = process.env.COMPTOIR_PROVIDER;

/** Where nobody listens: the visitor stops in front of it. */
export const back = "http://127.0.0.1:1/callback";
export const end = "http://127.0.0.1:1/end";

/** A private key as openid-client wants it. */
export function decryptionKey(pem, alg, kid) {
  const [algorithm, usages] = alg === "ECDH-ES"
    ? [{ name: "ECDH", namedCurve: "P-256" }, ["deriveBits"]]
    : [{ name: "RSA-OAEP", hash: "SHA-256" }, ["decrypt", "unwrapKey"]];
  const jwk = createPrivateKey(pem).export({ format: "jwk" });
  return crypto.subtle.importKey("jwk", jwk, algorithm, false, usages).then((key) => ({ key, kid, alg }));
}

/** Publishes a document on a free port of this machine. */
export async function publish(document) {
  const server = createServer((_, answer) => answer.setHeader("content-type", "application/json").end(JSON.stringify(document)));
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  server.unref();
  return `http://127.0.0.1:${server.address().port}/jwks`;
}

/** Starts both platforms of the simulated FranceConnect, and a relay. They end with this program. */
export async function startWorld() {
  assert.ok(program, "COMPTOIR_PROVIDER is not set: cargo test -p comptoir-tests --test conformance -- --include-ignored");
  const child = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const heard = async () => {
    const { value, done } = await lines.next();
    assert.ok(!done, "comptoir-provider ended");
    return JSON.parse(value);
  };
  const issuers = await heard();
  let ahead = 0;
  const clients = [];
  const order = async (what) => {
    child.stdin.write(`${JSON.stringify(what)}\n`);
    assert.deepEqual(await heard(), { done: true }, JSON.stringify(what));
  };
  return {
    ...issuers,
    /** Lets seconds pass, for the clients too. */
    async pass(seconds) {
      ahead += seconds;
      await order({ pass: seconds });
      for (const client of clients) client.configure();
    },
    /** Has a platform misbehave, `null` to behave. */
    async fault(name, { platform = "low", ...more } = {}) {
      const headers = { "content-type": "application/json", accept: "application/json" };
      const body = JSON.stringify({ fault: name, ...more });
      const answer = await fetch(new URL("/simulator/faults", issuers[platform]), { method: "POST", headers, body });
      assert.equal((await answer.json()).fault, name);
    },
    /** Makes a client known to the simulator, and configures openid-client as that client. */
    async client(more = {}, execute = []) {
      const client = {
        client_id: `client-${randomBytes(8).toString("hex")}`,
        client_secret: randomBytes(32).toString("hex"),
        name: "Cabinet des essais",
        platform: "low",
        algorithm: "ES256",
        redirect_uris: [back],
        post_logout_redirect_uris: [end],
        ...more,
      };
      await order({ register: client });
      const { client_id, client_secret, algorithm, platform } = client;
      const signed = { id_token_signed_response_alg: algorithm, userinfo_signed_response_alg: algorithm };
      const proof = oidc.ClientSecretPost(client_secret);
      const options = { execute: [oidc.allowInsecureRequests] };
      const found = await oidc.discovery(new URL(issuers[platform]), client_id, { client_secret }, proof, options);
      client.configure = () => {
        const metadata = { client_secret, ...signed, [oidc.clockSkew]: ahead };
        client.config = new oidc.Configuration(found.serverMetadata(), client_id, metadata, proof);
        for (const set of [oidc.allowInsecureRequests, ...execute]) set(client.config);
      };
      client.configure();
      clients.push(client);
      return client;
    },
    async liveSessions(platform = "low") {
      const answer = await fetch(new URL("/simulator/sessions", issuers[platform]));
      return (await answer.json()).live;
    },
    stop: () => new Promise((ended) => child.once("exit", ended) && child.stdin.end()),
  };
}
