// oidc-provider (certified, written by others; FranceConnect itself runs on it) on a free port of this machine.
//
// `node tests/conformance/provider.mjs` says in one line of JSON where it is and whom it knows, then does as it is told,
// one line of JSON each: `{"walk": URL, "login": …}` opens the address in its browser and goes on as a person would, to the
// end; `{"rotate": true}` changes the signing keys; `{"asked": true}` tells what was asked since. It ends with its stdin.
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Provider } from "oidc-provider";
import { Visitor } from "./visitor.mjs";

/** The people it knows; their claims are sent as they stand here. */
export const people = {
  camille: {
    sub: "camille",
    family_name: "D'ÉTÉ-LŒUVRE",
    given_name: "Camille Zoé",
    preferred_username: "LŒUVRE",
    birthdate: "1985-02-28",
    gender: "female",
    email: "camille@example.invalid",
  },
  ana: { sub: "ana", family_name: "ANA", given_name: "Ana", birthdate: "2001-12-31", gender: "female" },
};

/** What the desks return to; any port of this machine will do (RFC 8252 §7.3). */
const back = "http://127.0.0.1/retour";
const end = "http://127.0.0.1/fin";

/** A key with its thumbprint for a name (RFC 7638). */
function newKey(type, options, use, alg) {
  const { privateKey, publicKey } = generateKeyPairSync(type, options);
  const { kty, crv, e, n, x, y } = publicKey.export({ format: "jwk" });
  const members = kty === "RSA" ? { e, kty, n } : { crv, kty, x, y };
  const kid = createHash("sha256").update(JSON.stringify(members)).digest("base64url");
  const named = { use, alg, kid };
  return {
    private: { ...privateKey.export({ format: "jwk" }), ...named },
    public: { ...members, ...named },
    pem: privateKey.export({ type: "pkcs8", format: "pem" }),
  };
}

const rsa = (use, alg) => newKey("rsa", { modulusLength: 2048 }, use, alg);
const ec = (use, alg) => newKey("ec", { namedCurve: "P-256" }, use, alg);
const signingKeys = () => [ec("sig", "ES256"), rsa("sig", "RS256"), rsa("sig", "PS256")].map((key) => key.private);

/** One client of every sort that a desk may be. */
function clients() {
  const secret = () => ({ client_secret: randomBytes(32).toString("base64url") });
  const [forRsa, forEc, own] = [rsa("enc", "RSA-OAEP-256"), ec("enc", "ECDH-ES"), ec("sig", "ES256")];
  const encrypted = (key) => ({
    ...secret(),
    token_endpoint_auth_method: "client_secret_basic",
    jwks: { keys: [key.public] },
    id_token_encrypted_response_alg: key.public.alg,
    id_token_encrypted_response_enc: "A256GCM",
    userinfo_signed_response_alg: "RS256",
    userinfo_encrypted_response_alg: key.public.alg,
    userinfo_encrypted_response_enc: "A256GCM",
  });
  const by = {
    public: { token_endpoint_auth_method: "none" },
    basic: { ...secret(), token_endpoint_auth_method: "client_secret_basic" },
    post: { ...secret(), token_endpoint_auth_method: "client_secret_post" },
    key: { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [own.public] } },
    "signed-rs256": { token_endpoint_auth_method: "none", userinfo_signed_response_alg: "RS256" },
    "signed-es256": {
      token_endpoint_auth_method: "none", id_token_signed_response_alg: "ES256", userinfo_signed_response_alg: "ES256",
    },
    ps256: { token_endpoint_auth_method: "none", id_token_signed_response_alg: "PS256" },
    hs256: { ...secret(), token_endpoint_auth_method: "client_secret_basic", id_token_signed_response_alg: "HS256" },
    "encrypted-rsa": encrypted(forRsa),
    "encrypted-ec": encrypted(forEc),
    device: {
      token_endpoint_auth_method: "none",
      redirect_uris: [],
      post_logout_redirect_uris: [],
      response_types: [],
      grant_types: ["urn:ietf:params:oauth:grant-type:device_code"],
    },
  };
  const known = Object.entries(by).map(([client_id, more]) => ({
    client_id,
    application_type: "native",
    redirect_uris: [back],
    post_logout_redirect_uris: [end],
    ...more,
  }));
  return { known, pems: { "encrypted-rsa": forRsa.pem, "encrypted-ec": forEc.pem, key: own.pem } };
}

function engine(issuer, known, keys, cookie) {
  const provider = new Provider(issuer, {
    clients: known,
    jwks: { keys },
    cookies: { keys: [cookie] },
    findAccount: (_, id) => people[id] && { accountId: id, claims: () => people[id] },
    claims: {
      openid: ["sub"],
      profile: ["family_name", "given_name", "preferred_username", "birthdate", "gender"],
      email: ["email"],
      acr: null,
    },
    acrValues: ["eidas1"],
    pkce: { required: () => true },
    features: {
      deviceFlow: { enabled: true },
      encryption: { enabled: true },
      jwtUserinfo: { enabled: true },
      revocation: { enabled: true },
    },
    enabledJWA: {
      idTokenSigningAlgValues: ["RS256", "PS256", "ES256", "HS256"],
      userinfoSigningAlgValues: ["RS256", "PS256", "ES256", "HS256"],
      idTokenEncryptionAlgValues: ["RSA-OAEP-256", "ECDH-ES"],
      idTokenEncryptionEncValues: ["A256GCM"],
      userinfoEncryptionAlgValues: ["RSA-OAEP-256", "ECDH-ES"],
      userinfoEncryptionEncValues: ["A256GCM"],
    },
  });
  return provider;
}

/** Starts the provider. It remembers in memory, across rotations of its keys too. */
export async function startProvider() {
  let answer;
  const server = createServer((request, response) => answer(request, response));
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const [{ known, pems }, cookie] = [clients(), randomBytes(32).toString("hex")];
  const asked = [];
  const rotate = () => {
    const callback = engine(issuer, known, signingKeys(), cookie).callback();
    answer = (request, response) => {
      asked.push(`${request.method} ${new URL(request.url, issuer).pathname}`);
      callback(request, response);
    };
  };
  rotate();
  return {
    issuer,
    clients: Object.fromEntries(known.map((client) => [client.client_id, client])),
    /** The private keys of those for whom it encrypts, and of the one who proves itself by one. */
    pems,
    rotate,
    /** What it was asked since the last time. */
    asked: () => asked.splice(0),
    stop: () => new Promise((stopped) => server.close(stopped) && server.closeAllConnections()),
  };
}

/** Walks the engine's own pages: sign-in, consent, code of a device, logout. `login` of `null` gives up. Stops in front of `until`. */
export async function walk(visitor, page, { login = "camille", until = "http://127.0.0.1:1/" } = {}) {
  for (let steps = 0; steps < 12; steps += 1) {
    page = await visitor.follow(page, until);
    if (page.redirect) return page;
    const abort = /href="([^"]*\/abort)"/.exec(page.html);
    if (abort && login === null) page = await visitor.fetch(new URL(abort[1], page.url));
    else if (page.html.includes('name="prompt" value="login"')) page = await visitor.press(page, undefined, { login, password: "x" });
    else if (page.has("op.logoutForm")) page = await visitor.press(page, undefined, {}, { logout: "yes" });
    else if (page.html.includes('name="prompt" value="consent"') || page.has("op.deviceConfirmForm")) page = await visitor.press(page);
    else if (page.html.includes("<form") && page.html.includes(".submit()")) page = await visitor.press(page);
    else return page;
  }
  throw new Error("the walk never ends");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // The engine's remarks are not answers.
  console.info = console.error;
  const provider = await startProvider();
  const { issuer, clients, pems } = provider;
  console.log(JSON.stringify({ issuer, clients, pems, people }));
  const visitor = new Visitor();
  const obey = async (order) => {
    if (order.rotate) provider.rotate();
    if (order.asked) return { asked: provider.asked() };
    if (!order.walk) return { done: true };
    const page = await walk(visitor, await visitor.fetch(order.walk), { login: order.login, until: "nowhere" });
    return { status: page.status, path: page.url.pathname };
  };
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await obey(JSON.parse(line)).catch((error) => ({ error: `${error}` }))));
  }
  process.exit();
}
