// openid-client (certified, written by others) as a desk of our relay: a native public client (RFC 8252).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as oidc from "openid-client";
import { header, identity, listen, post } from "./flow.mjs";
import { Visitor } from "./visitor.mjs";
import { startWorld } from "./world.mjs";

const back = "http://127.0.0.1:49152/retour";
const end = "http://127.0.0.1:49152/fin";
const stop = "http://127.0.0.1:49152/";

let world, desk;
before(async () => {
  world = await startWorld();
  desk = await configured();
});
after(() => world.stop());

/** A desk as anybody would write one: discovery, no secret, and what the library does by itself. */
async function configured(execute = []) {
  const metadata = { id_token_signed_response_alg: "ES256", userinfo_signed_response_alg: "ES256" };
  const options = { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks, ...execute] };
  return { config: await oidc.discovery(new URL(world.relay), "comptoir", metadata, oidc.None(), options) };
}

async function request(more = {}) {
  const verifier = oidc.randomPKCECodeVerifier();
  const asked = {
    redirect_uri: back,
    scope: "openid identite_pivot",
    state: oidc.randomState(),
    nonce: oidc.randomNonce(),
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    ...more,
  };
  const address = oidc.buildAuthorizationUrl(desk.config, {});
  for (const [name, value] of Object.entries(asked)) {
    if (value === undefined) address.searchParams.delete(name);
    else address.searchParams.set(name, value);
  }
  return { ...asked, verifier, address };
}

function exchange(asked, returned, checks = {}) {
  return oidc.authorizationCodeGrant(desk.config, returned, {
    pkceCodeVerifier: asked.verifier, expectedNonce: asked.nonce, expectedState: asked.state, idTokenExpected: true, ...checks,
  });
}

async function signIn(login = "test", visitor = new Visitor()) {
  const asked = await request();
  const returned = await visitor.signIn(asked.address, login, stop);
  const tokens = await exchange(asked, returned);
  return { asked, returned, tokens, claims: tokens.claims(), visitor };
}

const failure = (promise) => promise.then(() => assert.fail("it was believed"), (caught) => caught);
const claimsOf = (jws) => JSON.parse(Buffer.from(jws.split(".")[1], "base64url"));

test("the metadata says what the relay does", async () => {
  const server = desk.config.serverMetadata();
  assert.equal(server.issuer, world.relay.replace(/\/$/, ""));
  assert.ok(server.supportsPKCE());
  assert.equal(server.authorization_response_iss_parameter_supported, true);
  assert.deepEqual(server.response_types_supported, ["code"]);
  assert.equal(server.franceconnect_issuer, world.low);
  const keys = (await (await fetch(server.jwks_uri)).json()).keys;
  assert.ok(keys.length > 0 && keys.every((key) => key.kid && key.alg === "ES256" && key.use === "sig" && !("d" in key)));
});

test("a patient signs in and out, and the identity is the State's own", async () => {
  const answers = listen(desk);
  const signedIn = await signIn();
  const { returned, claims, tokens, visitor } = signedIn;
  assert.deepEqual([...returned.searchParams.keys()].sort(), ["code", "iss", "state"]);
  assert.equal(returned.searchParams.get("iss"), desk.config.serverMetadata().issuer);
  assert.equal(claims.acr, "eidas1");
  assert.equal(tokens.expires_in, 60);
  assert.ok(claims.at_hash, "checked by openid-client where it is present");
  assert.deepEqual(
    Object.keys(claims).sort(),
    ["acr", "at_hash", "aud", "auth_time", "exp", "iat", "iss", "nonce", "sealed", "sub"], "no trait");

  const person = await identity(desk, signedIn);
  delete desk.config[oidc.customFetch];
  const answer = answers.find(({ url }) => url.pathname === "/userinfo");
  assert.equal(answer.headers.get("content-type"), "application/jwt");
  const state = claimsOf(person.franceconnect_userinfo);
  assert.deepEqual([state.family_name, state.birthdate, state.iss], ["DUBOIS", "1962-08-24", world.low]);
  assert.equal(header(person.franceconnect_userinfo).kid, "pkcs11:ES256:hsm", "signed by the State");
  assert.notEqual(state.sub, claims.sub, "pairwise here too");
  const again = await failure(identity(desk, signedIn));
  assert.equal(again.status, 401, "handed over once");

  const before = await world.liveSessions();
  const leave = oidc.buildEndSessionUrl(desk.config, {
    id_token_hint: tokens.id_token, post_logout_redirect_uri: end, state: "the-state-of-the-end",
  });
  const last = await visitor.logOut(leave, stop);
  assert.equal(last.redirect.href, `${end}?state=the-state-of-the-end`);
  assert.equal(await world.liveSessions(), before - 1, "signed out of FranceConnect as well");
});

test("any port of this machine will do, the path is the desk's", async () => {
  for (const port of [1024, 49153, 65535]) {
    const { address } = await request({ redirect_uri: `http://127.0.0.1:${port}/retour` });
    const visitor = new Visitor();
    const page = await visitor.open(address, stop);
    assert.ok(page.has("provider-impots"), `${port}`);
  }
  for (const redirect_uri of [
    "http://127.0.0.1:49152/callback", "http://localhost:49152/retour", "https://pirate.example/retour", "http://127.0.0.1:49152/retour?x=1",
  ]) {
    const page = await new Visitor().fetch((await request({ redirect_uri })).address);
    assert.deepEqual([page.status, page.redirect], [400, undefined], redirect_uri);
  }
});

test("a code belongs to whoever asked, and is worth one exchange", async () => {
  for (const [rule, change] of [
    ["another verifier", { pkceCodeVerifier: oidc.randomPKCECodeVerifier() }],
    ["no verifier", { pkceCodeVerifier: undefined }],
  ]) {
    const asked = await request();
    const returned = await new Visitor().signIn(asked.address, "test", stop);
    const refused = await failure(exchange(asked, returned, change));
    assert.deepEqual([refused.code, refused.error, refused.status], ["OAUTH_RESPONSE_BODY_ERROR", "invalid_grant", 400], rule);
    const spent = await failure(exchange(asked, returned));
    assert.equal(spent.error, "invalid_grant", `${rule}: and then it is spent`);
  }
  const signedIn = await signIn();
  const replay = await failure(exchange(signedIn.asked, signedIn.returned));
  assert.equal(replay.error, "invalid_grant");
  assert.equal((await failure(identity(desk, signedIn))).status, 401, "a replay takes the access token back");
});

test("an answer is bound to its question", async () => {
  const asked = await request();
  const returned = await new Visitor().signIn(asked.address, "test", stop);
  for (const [rule, change] of [
    ["another state", (url) => url.searchParams.set("state", "x")],
    ["another issuer (RFC 9207)", (url) => url.searchParams.set("iss", world.low)],
    ["no issuer", (url) => url.searchParams.delete("iss")],
  ]) {
    const altered = new URL(returned);
    change(altered);
    const refused = await failure(exchange(asked, altered));
    assert.equal(refused.code, "OAUTH_INVALID_RESPONSE", rule);
  }
  const other = await failure(exchange(asked, returned, { expectedNonce: oidc.randomNonce() }));
  assert.equal(other.code, "OAUTH_JWT_CLAIM_COMPARISON_FAILED", "another nonce");
});

test("what is wrong with a request is told to the desk", async () => {
  for (const [rule, more, error] of [
    ["no PKCE", { code_challenge: undefined, code_challenge_method: undefined }, "invalid_request"],
    ["plain PKCE", { code_challenge_method: "plain" }, "invalid_request"],
    ["another type", { response_type: "id_token" }, "unsupported_response_type"],
    ["no openid", { scope: "identite_pivot" }, "invalid_scope"],
    ["a request object", { request: "e30.e30." }, "request_not_supported"],
    ["a request object elsewhere", { request_uri: "https://example.invalid" }, "request_uri_not_supported"],
    ["no question to the person", { prompt: "none" }, "login_required"],
  ]) {
    const asked = await request(more);
    const { redirect } = await new Visitor().fetch(asked.address);
    const refused = await failure(exchange(asked, redirect));
    assert.deepEqual([refused.code, refused.error], ["OAUTH_AUTHORIZATION_RESPONSE_ERROR", error], rule);
  }
});

test("a refusal at FranceConnect is a refusal here", async () => {
  const visitor = new Visitor();
  const asked = await request();
  const page = await visitor.open(asked.address, stop);
  const { redirect } = await visitor.follow(await visitor.fetch(page.element("abort").href), stop);
  const refused = await failure(exchange(asked, redirect));
  assert.deepEqual([refused.code, refused.error], ["OAUTH_AUTHORIZATION_RESPONSE_ERROR", "access_denied"]);
});

test("the token endpoint says why not", async () => {
  const { token_endpoint } = desk.config.serverMetadata();
  for (const [rule, form, status, error] of [
    ["another client", { grant_type: "authorization_code", client_id: "pirate", code: "x" }, 401, "invalid_client"],
    ["an invented code", { grant_type: "authorization_code", client_id: "comptoir", code: "x" }, 400, "invalid_grant"],
    ["another grant", { grant_type: "password", client_id: "comptoir" }, 400, "unsupported_grant_type"],
    ["no grant", { client_id: "comptoir" }, 400, undefined],
  ]) {
    const answer = await post(token_endpoint, form);
    assert.equal(answer.status, status, rule);
    assert.equal(answer.headers.get("cache-control"), "no-store", rule);
    if (error) assert.equal(answer.body.error, error, rule);
  }
});
