import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import * as oidc from "openid-client";

const program = process.env.COMPTOIR_PROVIDER;

/** Where nobody listens: the visitor stops in front of it. */
export const back = "http://127.0.0.1:1/callback";
export const end = "http://127.0.0.1:1/end";

/** Starts simulated FranceConnect and relay. They end with this program. */
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
    fault: (name) => order({ fault: name }),
    /** Makes a client known to the simulator, and configures openid-client as that client. */
    async client(more = {}, execute = []) {
      const client = {
        client_id: `client-${randomBytes(8).toString("hex")}`,
        client_secret: randomBytes(32).toString("hex"),
        name: "Cabinet des essais",
        algorithm: "ES256",
        redirect_uris: [back],
        post_logout_redirect_uris: [end],
        ...more,
      };
      await order({ register: client });
      const { client_id, client_secret, algorithm } = client;
      const signed = { id_token_signed_response_alg: algorithm, userinfo_signed_response_alg: algorithm };
      const proof = oidc.ClientSecretPost(client_secret);
      const options = { execute: [oidc.allowInsecureRequests] };
      const found = await oidc.discovery(new URL(issuers.franceconnect), client_id, { client_secret }, proof, options);
      client.configure = () => {
        const metadata = { client_secret, ...signed, [oidc.clockSkew]: ahead };
        client.config = new oidc.Configuration(found.serverMetadata(), client_id, metadata, proof);
        for (const set of [oidc.allowInsecureRequests, ...execute]) set(client.config);
      };
      client.configure();
      clients.push(client);
      return client;
    },
    async liveSessions() {
      const answer = await fetch(new URL("/simulator/sessions", issuers.franceconnect));
      return (await answer.json()).live;
    },
    stop: () => new Promise((ended) => child.once("exit", ended) && child.stdin.end()),
  };
}
