// openid-client (certified, written by others) as a service provider of the simulated FranceConnect, low platform.
//
// The behaviour tests that FranceConnect publishes (franceconnect.md §13), those that concern a service provider:
//
// | feature | test |
// |---|---|
// | api/api-authorize | "a request is a closed list of parameters", "what is wrong with a request is told …" |
// | api/api-authorize-localhost | every test: the return address is on 127.0.0.1 |
// | api/api-discovery | "discovery is what it is, promises that are not kept included" |
// | api/api-token | "the token answer has five members", "a token request is refused by its own error" |
// | api/api-userinfo | "the identity is a signed JWT", "without a living access token there is no identity" |
// | api/api-redirect-to-sp, api-oidc-callback-error | "a refusal is told to whoever goes back" |
// | usager/connexion-acr-fcp-low | "the lowest known level counts" |
// | usager/connexion-chiffrement-fcp-low | "a patient signs in and out" (ES256, RS256) |
// | usager/connexion-claims, connexion-scope | "a scope opens its claims", "amr is for those …", "what is granted to a service …" |
// | usager/connexion-idp_hint, connexion-prompt | "what is wrong with a request is told …", "what is granted to a service …" |
// | usager/connexion-rnipp | "a refusal is told …", "an unknown part of a birth date comes as 01" |
// | usager/connexion-session-*, -absente, connexion-suspecte | "a session ends, is lost, or is somebody else's" |
// | usager/connexion-sso-fcp-low | "the second sign-in in one browser asks nothing but consent" |
// | usager/connexion-sub | "a person has one sub per service" |
// | usager/connexion-token | "a code is worth one exchange within thirty seconds" |
// | usager/deconnexion-usager | "a patient signs in and out", "a logout is refused in the browser" |
// | usager/fournisseur-service-retour | "a refusal is told …", "somebody who gives up is told to the service" |
// | usager/information-consentement | "the information page names what is passed on", "what is granted …" |
// | usager/interaction-error-message | "who cancels at the provider chooses again" |
// | usager/fournisseur-identite-selection-*, blacklist-whitelist-* | "the choice of a provider", "what is granted …" |
// | usager/aidants-connect, eidas-bridge/* | not simulated: mandates and European bridges need their own agreement |
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as oidc from "openid-client";
import { checked, elsewhere, faults, judge, known, ofEnvelopes } from "./faults.mjs";
import { exchange, header, identity, listen, post, request, signIn } from "./flow.mjs";
import { Visitor } from "./visitor.mjs";
import { back, end, startWorld } from "./world.mjs";

let world, client;
before(async () => {
  world = await startWorld();
  client = await world.client();
});
after(() => world.stop());

const server = () => client.config.serverMetadata();

test("discovery is what it is, promises that are not kept included", async () => {
  const answer = await fetch(`${world.low}/.well-known/openid-configuration`);
  assert.equal(answer.headers.get("cache-control"), "public, max-age=600");
  const found = await answer.json();
  for (const [member, expected] of [
    ["issuer", world.low],
    ["response_types_supported", ["code"]],
    ["response_modes_supported", ["form_post", "fragment", "query"]],
    ["grant_types_supported", ["authorization_code"]],
    ["subject_types_supported", ["pairwise"]],
    ["acr_values_supported", ["eidas1"]],
    ["id_token_signing_alg_values_supported", ["HS256", "ES256", "RS256"]],
    ["userinfo_signing_alg_values_supported", ["HS256", "ES256", "RS256"]],
    ["token_endpoint_auth_methods_supported", ["client_secret_post", "private_key_jwt"]],
    ["code_challenge_methods_supported", ["S256"]],
    ["claims_parameter_supported", true],
    ["authorization_response_iss_parameter_supported", true],
    ["device_authorization_endpoint", undefined],
    ["pushed_authorization_request_endpoint", undefined],
    ["introspection_endpoint", undefined],
    ["registration_endpoint", undefined],
    ["id_token_encryption_alg_values_supported", undefined],
  ]) assert.deepEqual(found[member], expected, member);
  for (const [endpoint, path] of [
    ["authorization", "/authorize"], ["token", "/token"], ["userinfo", "/userinfo"],
    ["end_session", "/session/end"], ["revocation", "/token/revocation"],
  ]) assert.equal(found[`${endpoint}_endpoint`], world.low + path);
  const keys = await (await fetch(found.jwks_uri)).json();
  const shown = keys.keys.map(({ kty, kid }) => [kty, kid]);
  assert.deepEqual(shown, [["EC", "pkcs11:ES256:hsm"], ["RSA", "pkcs11:RS256:hsm"]], "the EC key first");
  assert.ok(keys.keys.every((key) => !("d" in key)), "no private key");
});

test("what a library does by itself, PKCE, is refused", async () => {
  assert.ok(client.config.serverMetadata().supportsPKCE(), "it is announced");
  const verifier = oidc.randomPKCECodeVerifier();
  const asked = request(client, {
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  const page = await new Visitor().fetch(asked.address);
  assert.deepEqual([page.status, page.redirect, page.text("code")], [400, undefined, "Y030007"]);
  assert.ok(!page.has("return"), "the client is never told");
});

test("a request is a closed list of parameters", async () => {
  for (const [rule, more, code] of [
    ...["response_mode", "max_age", "login_hint", "request", "request_uri", "display", "id_token_hint", "resource"]
      .map((name) => [`${name} is not in it`, { [name]: "0" }, "Y030007"]),
    ...["client_id", "redirect_uri", "response_type", "scope", "acr_values", "state", "nonce"]
      .map((name) => [`no ${name}`, { [name]: undefined }, "Y030007"]),
    ...["client_id", "redirect_uri", "scope", "acr_values", "state", "nonce"]
      .map((name) => [`empty ${name}`, { [name]: "" }, "Y030007"]),
    ["nonce of 21 characters", { nonce: "n".repeat(21) }, "Y030007"],
    ["prompt none", { prompt: "none" }, "Y030007"],
    ["prompt select_account", { prompt: "select_account" }, "Y030007"],
    ["prompt empty", { prompt: "" }, "Y030007"],
    ["levels of 65 characters", { acr_values: "eidas1".padEnd(65, " eidas1") }, "Y030007"],
    ["a scheme of the client's own", { redirect_uri: "comptoir://callback" }, "Y030007"],
    ["unknown client", { client_id: "inconnu" }, "Y04EA6EF"],
    ["another return address", { redirect_uri: "http://127.0.0.1:1/other" }, "Y04C013C"],
    ["another port", { redirect_uri: "http://127.0.0.1:2/callback" }, "Y04C013C"],
    ["two things wrong at once", { redirect_uri: "http://127.0.0.1:1/other", scope: "profile" }, "Y040001"],
  ]) {
    const page = await new Visitor().fetch(request(client, more).address);
    assert.deepEqual([page.status, page.text("code"), page.has("return")], [400, code, false], rule);
  }
  const { address } = request(client);
  address.searchParams.append("state", "a second one");
  const page = await new Visitor().fetch(address);
  assert.equal(page.text("code"), "Y030007", "a parameter twice");
});

test("what is allowed in a request is allowed by GET and by POST", async () => {
  for (const more of [
    {}, { prompt: "login" }, { prompt: "consent" }, { prompt: "login consent" }, { ui_locales: "fr" },
    { nonce: "n".repeat(22) }, { claims: "{}" }, { scope: "openid inconnu" },
  ]) {
    const { address } = request(client, more);
    for (const sent of [[address], [new URL(address.pathname, address), address.searchParams]]) {
      const visitor = new Visitor();
      const page = await visitor.follow(await visitor.fetch(...sent));
      assert.ok(page.has("provider-impots"), JSON.stringify(more));
    }
  }
});

test("what is wrong with a request is told to the service, state and iss with it", async () => {
  for (const [rule, more, error, description, where = "search", state = undefined] of [
    ["empty type", { response_type: "" }, "invalid_request", "missing required parameter 'response_type'"],
    ["a type of the front channel", { response_type: "id_token" }, "unsupported_response_type", undefined, "hash"],
    ["a mixed type", { response_type: "code id_token" }, "unsupported_response_type", undefined, "hash"],
    ["no type of this world", { response_type: "none" }, "unsupported_response_type"],
    ["no openid", { scope: "profile" }, "invalid_request", "openid scope must be requested when using the acr_values parameter"],
    ["claims that are no JSON", { claims: "{" }, "invalid_request", "could not parse the claims parameter JSON"],
    ["a hint not granted: the state is lost", { idp_hint: "impots" }, "invalid_idp_hint", undefined, "search", "undefined"],
  ]) {
    const asked = request(client, more);
    const page = await new Visitor().fetch(asked.address);
    assert.ok(page.redirect?.href.startsWith(back), rule);
    const told = new URLSearchParams(page.redirect[where].slice(1));
    assert.deepEqual([told.get("error"), told.get("state"), told.get("iss")], [error, state ?? asked.state, world.low], rule);
    if (description) assert.equal(told.get("error_description"), description, rule);
    if (where === "search") {
      const failure = await exchange(client, asked, page.redirect).catch((caught) => caught);
      const seen = state === undefined ? [failure.error, "OAUTH_AUTHORIZATION_RESPONSE_ERROR"] : [undefined, "OAUTH_INVALID_RESPONSE"];
      assert.deepEqual([failure.error, failure.code], seen, `${rule}: what openid-client makes of it`);
    }
  }
});

for (const algorithm of ["ES256", "RS256"]) {
  test(`a patient signs in and out (${algorithm})`, async () => {
    const client = await world.client({ algorithm });
    const signedIn = await signIn(client);
    assert.deepEqual([...signedIn.returned.searchParams.keys()].sort(), ["code", "iss", "state"]);
    assert.equal(signedIn.returned.searchParams.get("iss"), world.low);
    assert.equal(signedIn.claims.iss, world.low);
    const person = await identity(client, signedIn);
    assert.deepEqual([person.family_name, person.given_name, person.birthdate], ["DUBOIS", "Angela Claire Louise", "1962-08-24"]);

    const before = await world.liveSessions();
    const address = oidc.buildEndSessionUrl(client.config, {
      id_token_hint: signedIn.tokens.id_token, post_logout_redirect_uri: end, state: "the-state-of-the-end",
    });
    const last = await signedIn.visitor.logOut(address);
    assert.equal(last.redirect.href, `${end}?state=the-state-of-the-end`);
    assert.equal(await world.liveSessions(), before - 1);
    const again = await signedIn.visitor.open(request(client).address);
    assert.ok(again.has("provider-impots"), "signed out: the provider is asked again");
  });
}

test("the token answer has five members, the ID token eight, and no trait", async () => {
  const answers = listen(client);
  const { tokens, claims, asked } = await signIn(client);
  delete client.config[oidc.customFetch];
  const answer = answers.find(({ url }) => url.pathname.endsWith("/token"));
  assert.match(answer.headers.get("content-type"), /^application\/json/);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  const body = JSON.parse(answer.text);
  assert.deepEqual(Object.keys(body).sort(), ["access_token", "expires_in", "id_token", "scope", "token_type"]);
  assert.deepEqual([body.expires_in, body.token_type, body.scope], [60, "Bearer", asked.scope]);
  assert.deepEqual(Object.keys(header(tokens.id_token)).sort(), ["alg", "kid"]);
  assert.deepEqual(Object.keys(claims).sort(), ["acr", "aud", "auth_time", "exp", "iat", "iss", "nonce", "sub"]);
  assert.deepEqual([claims.aud, claims.exp - claims.iat, claims.acr], [client.client_id, 60, "eidas1"]);
});

test("the identity is a signed JWT", async () => {
  const signedIn = await signIn(client);
  const answers = listen(client);
  await identity(client, signedIn);
  delete client.config[oidc.customFetch];
  const answer = answers.find(({ url }) => url.pathname.endsWith("/userinfo"));
  assert.equal(answer.headers.get("content-type"), "application/jwt; charset=utf-8");
  assert.deepEqual(header(answer.text), { alg: "ES256", kid: "pkcs11:ES256:hsm" });
  const claims = JSON.parse(Buffer.from(answer.text.split(".")[1], "base64url"));
  assert.deepEqual(
    [claims.sub, claims.iss, claims.aud, claims.exp > claims.iat],
    [signedIn.claims.sub, world.low, client.client_id, true]);
});

test("a scope opens its claims", async () => {
  const envelope = ["aud", "exp", "iat", "iss", "sub"];
  const whole = ["birthcountry", "birthdate", "birthplace", "family_name", "gender", "given_name", "given_name_array"];
  for (const [scope, claims, granted = scope] of [
    ["openid", []],
    ["openid identite_pivot", whole],
    ["openid profile", ["birthdate", "family_name", "gender", "given_name", "given_name_array", "preferred_username"]],
    ["openid birth", ["birthcountry", "birthplace"]],
    ["openid given_name", ["given_name", "given_name_array"]],
    ["openid email", ["email"]],
    ["openid idp_birthdate", ["idp_birthdate"]],
    ["openid gender birthdate family_name", ["birthdate", "family_name", "gender"]],
    ["openid address phone offline_access gender", ["gender"], "openid gender"],
  ]) {
    const signedIn = await signIn(client, { scope, login: "avec_nom_dusage" });
    assert.equal(signedIn.tokens.scope, granted, scope);
    const person = await identity(client, signedIn);
    assert.deepEqual(Object.keys(person).sort(), [...claims, ...envelope].sort(), scope);
  }
});

test("a code is worth one exchange within thirty seconds", async () => {
  const signedIn = await signIn(client);
  const replay = await exchange(client, signedIn.asked, signedIn.returned).catch((caught) => caught);
  assert.deepEqual([replay.code, replay.error, replay.status], ["OAUTH_RESPONSE_BODY_ERROR", "invalid_grant", 400]);
  const taken = await identity(client, signedIn).catch((caught) => caught);
  assert.equal(taken.status, 401, "a replay takes the access token back");

  for (const [seconds, expected] of [[20, undefined], [31, "invalid_grant"]]) {
    const asked = request(client);
    const returned = await new Visitor().signIn(asked.address);
    await world.pass(seconds);
    const late = await exchange(client, asked, returned).catch((caught) => caught);
    assert.equal(late.error, expected, `after ${seconds} s`);
  }
});

test("a token request is refused by its own error, its code with it", async () => {
  const form = async (more = {}) => {
    const returned = await new Visitor().signIn(request(client).address);
    const { client_id, client_secret } = client;
    const code = returned.searchParams.get("code");
    return { grant_type: "authorization_code", code, redirect_uri: back, client_id, client_secret, ...more };
  };
  for (const [rule, more, status, error] of [
    ["as it should be", {}, 200, undefined],
    ["another secret", { client_secret: "x" }, 401, "invalid_client"],
    ["another client", { client_id: "x" }, 401, "invalid_client"],
    ["no secret", { client_secret: "" }, 401, "invalid_client"],
    ["another grant", { grant_type: "refresh_token" }, 400, "unsupported_grant_type"],
    ["no code", { code: "" }, 400, "invalid_request"],
    ["an invented code", { code: "x" }, 400, "invalid_grant"],
    ["another return address", { redirect_uri: "http://127.0.0.1:2/callback" }, 400, "invalid_grant"],
    ["a verifier nobody announced", { code_verifier: oidc.randomPKCECodeVerifier() }, 400, "invalid_grant"],
  ]) {
    const { status: got, headers, body } = await post(server().token_endpoint, await form(more));
    assert.deepEqual([got, body.error], [status, error], rule);
    assert.match(headers.get("content-type"), /^application\/json/, rule);
    if (error) assert.match(body.error_uri, /code=Y[0-9A-F]+&id=.+/, rule);
  }
});

test("without a living access token there is no identity", async () => {
  const signedIn = await signIn(client);
  const ask = async (headers) => fetch(server().userinfo_endpoint, { headers });
  for (const headers of [{}, { authorization: "Bearer x" }, { authorization: "Bearer" }]) {
    const answer = await ask(headers);
    assert.deepEqual([answer.status, (await answer.json()).error], [401, "invalid_token"]);
    assert.match(answer.headers.get("www-authenticate"), /invalid_token/);
  }
  assert.equal((await fetch(server().userinfo_endpoint, { method: "POST" })).status, 404, "GET only");
  await identity(client, signedIn);
  await world.pass(61);
  const late = await identity(client, signedIn).catch((caught) => caught);
  assert.equal(late.status, 401, "after a minute");

  const revoked = await signIn(client);
  await oidc.tokenRevocation(client.config, revoked.tokens.access_token);
  const refused = await identity(client, revoked).catch((caught) => caught);
  assert.equal(refused.status, 401, "revoked");
});

test("a refusal is told to whoever goes back", async () => {
  for (const [login, code, error] of [
    ["E010004", "Y010004", "access_denied"],
    ["E010008", "Y010008", "access_denied"],
    ["E010015", "Y010015", "access_denied"],
    ["E010011", "Y010011", "temporarily_unavailable"],
    ["E010013", "Y010013", "server_error"],
    ["sans_mail", "Y600006", "server_error"],
    ["Y180001", "Y180001", "access_denied"],
  ]) {
    const visitor = new Visitor();
    const asked = request(client);
    const page = await visitor.information(asked.address, login);
    assert.deepEqual([page.text("code"), page.has("continue")], [code, false], login);
    const told = await visitor.fetch(page.element("return").href);
    const failure = await exchange(client, asked, told.redirect).catch((caught) => caught);
    assert.deepEqual([failure.code, failure.error], ["OAUTH_AUTHORIZATION_RESPONSE_ERROR", error], login);
  }
});

test("somebody who gives up is told to the service", async () => {
  const visitor = new Visitor();
  const asked = request(client);
  const page = await visitor.open(asked.address);
  const { redirect } = await visitor.fetch(page.element("abort").href);
  const failure = await exchange(client, asked, redirect).catch((caught) => caught);
  assert.deepEqual([failure.error, failure.error_description], ["access_denied", "User auth aborted"]);
});

test("who cancels at the provider chooses again", async () => {
  const visitor = new Visitor();
  const page = await visitor.signInPage(request(client).address);
  const again = await visitor.open(new URL(page.element("cancel").href, page.url));
  assert.ok(again.has("provider-impots") && again.html.includes("La connexion a été annulée"));
  const wrong = await visitor.press(await visitor.follow(await visitor.press(again, "provider-ameli")), "sign-in", { login: "test", password: "1234" });
  assert.ok(wrong.has("failure") && wrong.has("sign-in"), "a wrong password is told there, not to the service");
});

test("the choice of a provider", async () => {
  const visitor = new Visitor();
  const page = await visitor.open(request(client).address);
  for (const id of ["impots", "ameli", "la-poste", "france-identite"]) assert.ok(page.has(`provider-${id}`), id);
  const address = new URL(page.element("providers").action, page.url);
  address.search = "?provider=inconnu";
  const refused = await visitor.open(address);
  assert.equal(refused.text("code"), "Y020019");
});

test("an unknown part of a birth date comes as 01", async () => {
  const signedIn = await signIn(client, { login: "présumée_1er_janvier", scope: "openid birthdate birthplace birthcountry idp_birthdate" });
  const person = await identity(client, signedIn);
  assert.deepEqual(
    [person.birthdate, person.idp_birthdate, person.birthplace, person.birthcountry],
    ["1948-01-01", "1948-00-00", "", "99352"]);
});

test("the lowest known level counts", async () => {
  for (const [asked, served] of [["eidas1", true], ["eidas2 eidas1", true], ["inconnu", true], ["eidas2", false], ["eidas3 eidas2", false]]) {
    const visitor = new Visitor();
    const sent = request(client, { acr_values: asked });
    if (served) {
      const tokens = await exchange(client, sent, await visitor.signIn(sent.address));
      assert.equal(tokens.claims().acr, "eidas1", asked);
    } else {
      // Told after the sign-in only.
      const { redirect } = await visitor.information(sent.address);
      const failure = await exchange(client, sent, redirect).catch((caught) => caught);
      assert.equal(failure.error, "invalid_acr", asked);
    }
  }
});

test("amr is for those to whom it is granted", async () => {
  const visitor = new Visitor();
  const asked = request(client, { claims: JSON.stringify({ id_token: { amr: { essential: true } } }) });
  const page = await visitor.open(asked.address);
  assert.equal(page.text("code"), "Y100009");
});

test("a person has one sub per service", async () => {
  const other = await world.client();
  const subs = [];
  for (const [who, login] of [[client, "test"], [client, "test"], [other, "test"], [client, "nom_composé"]]) {
    subs.push((await signIn(who, { login })).claims.sub);
  }
  assert.match(subs[0], /^[0-9a-f]{128}$/);
  assert.equal(subs[0], subs[1]);
  assert.equal(new Set(subs).size, 3);
});

test("the second sign-in in one browser asks nothing but consent", async () => {
  const first = await signIn(client);
  await world.pass(20);
  const page = await first.visitor.open(request(client).address);
  assert.ok(page.has("continue") && !page.has("provider-impots"));
  const second = await signIn(client, { visitor: first.visitor, login: "nobody-is-asked" });
  assert.equal(second.claims.auth_time, first.claims.auth_time, "the moment stays that of the real sign-in");
  assert.equal(second.claims.sub, first.claims.sub);

  await world.pass(1801);
  const third = await first.visitor.open(request(client).address);
  assert.ok(third.has("provider-impots"), "half an hour later the session is over");
});

test("a session ends, is lost, or is somebody else's", async () => {
  for (const [rule, happens, code, status] of [
    ["half an hour passes", async () => world.pass(1801), "Y190001", 401],
    ["the cookie is lost", async (visitor) => visitor.loseCookies(), "Y190001", 401],
    ["a second tab", async (visitor) => visitor.open(request(client).address), "Y190004", 409],
  ]) {
    const visitor = new Visitor();
    const page = await visitor.information(request(client).address);
    await happens(visitor);
    const refused = await visitor.press(page, "continue");
    assert.deepEqual([refused.status, refused.text("code"), refused.has("return")], [status, code, false], rule);
  }
  const visitor = new Visitor();
  const page = await visitor.information(request(client).address);
  await visitor.press(page, "continue");
  assert.equal((await visitor.press(page, "continue")).text("code"), "Y470004", "sent twice");
  assert.equal((await visitor.fetch(page.url)).text("code"), "Y420001", "back button");
});

test("the information page names what is passed on", async () => {
  const page = await new Visitor().information(request(client, { scope: "openid family_name email" }).address);
  assert.match(page.text("person"), /DUBOIS/);
  assert.equal(page.text("families").replace(/\s+/g, " ").trim(), "Nom de naissanceAdresse électronique");
  const nothing = await new Visitor().information(request(client, { scope: "openid" }).address);
  assert.ok(!nothing.has("families") && nothing.html.includes("Aucune donnée personnelle"));
});

test("a logout is refused in the browser, or needs no address", async () => {
  const { tokens, visitor } = await signIn(client);
  const id_token_hint = tokens.id_token;
  const other = await world.client();
  for (const [rule, parameters, status] of [
    ["no hint", { post_logout_redirect_uri: end }, 400],
    ["an invented hint", { id_token_hint: "x.y.z" }, 400],
    ["another end", { id_token_hint, post_logout_redirect_uri: "http://127.0.0.1:1/other" }, 400],
    ["something more", { id_token_hint, surprise: "1" }, 400],
    ["another client", { id_token_hint, client_id: other.client_id }, 400],
  ]) {
    const address = new URL(server().end_session_endpoint);
    address.search = new URLSearchParams(parameters);
    assert.equal((await visitor.fetch(address)).status, status, rule);
  }
  await world.pass(3600);
  const address = new URL(server().end_session_endpoint);
  address.search = new URLSearchParams({ id_token_hint });
  const last = await visitor.logOut(address);
  assert.ok(last.has("logged-out"), "an old hint is as good, and there is a page to end on");
});

test("what is granted to a service: amr, a hint, no information page, its providers, a box to tick", async () => {
  const amr = { claims: JSON.stringify({ id_token: { amr: { essential: true } } }) };
  const granted = await world.client({ claims: ["amr"] });
  assert.ok(Array.isArray((await signIn(granted, amr)).claims.amr));

  const hinted = await world.client({ idp_hints: ["impots"] });
  const page = await new Visitor().open(request(hinted, { idp_hint: "impots" }).address);
  assert.ok(page.has("sign-in") && !page.has("provider-impots"), "the choice is skipped");

  const spared = await world.client({ prompts: ["login"] });
  const visitor = new Visitor();
  const asked = request(spared, { prompt: "login" });
  const done = await visitor.information(asked.address);
  assert.equal((await exchange(spared, asked, done.redirect)).claims().acr, "eidas1", "no information page");

  const [only, except] = await Promise.all([
    world.client({ only_providers: ["ameli"] }), world.client({ all_but_providers: ["ameli"] }),
  ]);
  for (const [client, shown, hidden] of [[only, "ameli", "impots"], [except, "impots", "ameli"]]) {
    const choice = await new Visitor().open(request(client).address);
    assert.deepEqual([choice.has(`provider-${shown}`), choice.has(`provider-${hidden}`)], [true, false]);
  }

  const [one, other] = [await world.client({ entity_id: "e" }), await world.client({ entity_id: "e" })];
  assert.equal((await signIn(one)).claims.sub, (await signIn(other)).claims.sub, "services of one entity see one sub");

  const consent = await new Visitor().information(request(await world.client({ asks_consent: true })).address);
  assert.ok(consent.has("consent"));
});

test("a change of keys is followed", async () => {
  const before = header((await signIn(client)).tokens.id_token);
  await fetch(new URL("/simulator/keys", world.low), { method: "POST", redirect: "manual" });
  client.configure();
  const after = await signIn(client);
  assert.notEqual(header(after.tokens.id_token).kid, before.kid);
  assert.equal((await identity(client, after)).family_name, "DUBOIS");
});

test("what openid-client makes of every way to misbehave", async () => {
  const listed = [...Object.keys(faults), ...Object.keys(ofEnvelopes), ...elsewhere];
  assert.deepEqual(listed.sort(), (await known(world, "low")).sort(), "each fault stands in one table");
  await judge(world, await world.client({}, checked), faults, {});
});
