// The provider that our client will be judged by, proven first: openid-client at oidc-provider, neither of them ours.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as oidc from "openid-client";
import { header } from "./flow.mjs";
import { people, startProvider, walk } from "./provider.mjs";
import { Visitor } from "./visitor.mjs";
import { decryptionKey } from "./world.mjs";

const back = "http://127.0.0.1:1/retour";
const end = "http://127.0.0.1:1/fin";

let provider;
before(async () => {
  provider = await startProvider();
});
after(() => provider.stop());

const proofs = { none: () => oidc.None(), client_secret_basic: oidc.ClientSecretBasic, client_secret_post: oidc.ClientSecretPost };

async function configured(client) {
  const proof = proofs[client.token_endpoint_auth_method](client.client_secret);
  // openid-client does not check a MAC: only our own client does, where a file says so.
  const strict = client.id_token_signed_response_alg === "HS256" ? [] : [oidc.enableNonRepudiationChecks];
  const options = { execute: [oidc.allowInsecureRequests, ...strict] };
  const config = await oidc.discovery(new URL(provider.issuer), client.client_id, { ...client, jwks: undefined }, proof, options);
  if (client.jwks) {
    const [{ alg, kid }] = client.jwks.keys;
    const key = await decryptionKey(provider.pems[client.client_id], alg, kid);
    oidc.enableDecryptingResponses(config, ["A256GCM"], key);
  }
  return config;
}

async function signIn(config, visitor = new Visitor()) {
  const [verifier, state, nonce] = [oidc.randomPKCECodeVerifier(), oidc.randomState(), oidc.randomNonce()];
  const address = oidc.buildAuthorizationUrl(config, {
    redirect_uri: back, scope: "openid profile email", state, nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
  });
  const { redirect } = await walk(visitor, await visitor.fetch(address));
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  return { visitor, tokens: await oidc.authorizationCodeGrant(config, redirect, checks) };
}

for (const name of ["public", "basic", "post", "signed-rs256", "signed-es256", "ps256", "hs256", "encrypted-rsa", "encrypted-ec"]) {
  test(`${name}: signed in, the claims as sent, signed out`, async () => {
    const client = provider.clients[name];
    const config = await configured(client);
    const { tokens, visitor } = await signIn(config);
    const outside = header(tokens.id_token);
    if (client.jwks) assert.deepEqual([outside.alg, outside.enc, outside.cty], [client.jwks.keys[0].alg, "A256GCM", "JWT"]);
    else assert.equal(outside.alg, client.id_token_signed_response_alg ?? "RS256");
    const person = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
    for (const [claim, value] of Object.entries(people.camille)) assert.equal(person[claim], value, claim);
    const hint = client.jwks ? oidc.getDecryptedResponses(tokens).id_token.token_endpoint : tokens.id_token;
    assert.equal(hint.split(".").length, 3, "what is inside an encrypted token is the hint");
    const leave = oidc.buildEndSessionUrl(config, { id_token_hint: hint, post_logout_redirect_uri: end, state: "s" });
    const last = await walk(visitor, await visitor.fetch(leave));
    assert.equal(last.redirect.href, `${end}?state=s`);
  });
}

test("keys change between two sign-ins", async () => {
  const config = await configured(provider.clients["signed-es256"]);
  const first = header((await signIn(config)).tokens.id_token).kid;
  provider.rotate();
  const other = await configured(provider.clients["signed-es256"]);
  assert.notEqual(header((await signIn(other)).tokens.id_token).kid, first);
});

test("a device signs in by another one", async () => {
  const config = await configured(provider.clients.device);
  const asked = await oidc.initiateDeviceAuthorization(config, { scope: "openid profile" });
  const polled = oidc.pollDeviceAuthorizationGrant(config, { ...asked, interval: 1 });
  const visitor = new Visitor();
  const page = await walk(visitor, await visitor.fetch(asked.verification_uri_complete));
  assert.equal(page.status, 200);
  const tokens = await polled;
  assert.equal(tokens.claims().sub, "camille");
});
