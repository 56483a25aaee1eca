// openid-client (certified, written by others) as a service provider of the simulated FranceConnect+, high platform.
//
// The behaviour tests that FranceConnect publishes (franceconnect.md §13) as far as they differ from the low platform's:
//
// | feature | test |
// |---|---|
// | api/api-discovery | "discovery is what it is" |
// | api/api-token, api-userinfo (4 crypto variants) | "a patient signs in and out (…)" |
// | usager/connexion-acr-fcp-high | "a level is asked for, and the provider gives it" |
// | usager/connexion-chiffrement-fcp-high | "a patient signs in and out (…)", "a service without keys is an error of its own" |
// | usager/connexion-rnipp | "the identity as given, and the civil register's beside it" |
// | usager/connexion-session-*, connexion-sso-fcp-high | "a session lives ten minutes, and not at all for eidas3" |
// | usager/deconnexion-usager | "a patient signs in and out (…)" |
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync } from "node:crypto";
import { after, before, test } from "node:test";
import * as oidc from "openid-client";
import { checked, judge, ofEnvelopes } from "./faults.mjs";
import { exchange, header, identity, listen, post, request, signIn } from "./flow.mjs";
import { Visitor } from "./visitor.mjs";
import { back, decryptionKey, end, publish, startWorld } from "./world.mjs";

const scope = "openid identite_pivot";
const asked = { acr_values: "eidas2", scope, provider: "la-poste" };

let world;
before(async () => {
  world = await startWorld();
});
after(() => world.stop());

/** A service with a key of its own, published where FranceConnect+ looks for it. */
async function service(agreement, more = {}) {
  const pair = agreement === "ECDH-ES" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = pair.publicKey.export({ format: "jwk" });
  const kid = createHash("sha256").update(JSON.stringify(jwk)).digest("hex").slice(0, 16);
  const jwks_uri = await publish({ keys: [{ ...jwk, kid, use: "enc", alg: agreement }] });
  const pem = pair.privateKey.export({ type: "pkcs8", format: "pem" });
  const key = await decryptionKey(pem, agreement, kid);
  const execute = [...checked, (config) => oidc.enableDecryptingResponses(config, ["A256GCM"], key)];
  return { kid, ...(await world.client({ platform: "high", agreement, jwks_uri, ...more }, execute)) };
}

test("discovery is what it is", async () => {
  const found = await (await fetch(`${world.high}/.well-known/openid-configuration`)).json();
  const algorithms = ["ECDH-ES", "RSA-OAEP", "RSA-OAEP-256"];
  for (const [member, expected] of [
    ["issuer", world.high],
    ["acr_values_supported", ["eidas2", "eidas3"]],
    ["id_token_signing_alg_values_supported", ["ES256"]],
    ["userinfo_signing_alg_values_supported", ["ES256"]],
    ["id_token_encryption_alg_values_supported", algorithms],
    ["userinfo_encryption_alg_values_supported", algorithms],
    ["id_token_encryption_enc_values_supported", ["A256GCM"]],
    ["userinfo_encryption_enc_values_supported", ["A256GCM"]],
    ["code_challenge_methods_supported", ["S256"]],
  ]) assert.deepEqual(found[member], expected, member);
});

for (const agreement of ["ECDH-ES", "RSA-OAEP-256"]) {
  test(`a patient signs in and out (${agreement})`, async () => {
    const client = await service(agreement);
    const answers = listen(client);
    const signedIn = await signIn(client, asked);
    const envelopes = [signedIn.tokens.id_token];
    const person = await identity(client, signedIn);
    envelopes.push(answers.find(({ url }) => url.pathname.endsWith("/userinfo")).text);
    for (const envelope of envelopes) {
      assert.equal(envelope.split(".").length, 5);
      const { alg, enc, cty, kid, iss, aud } = header(envelope);
      assert.deepEqual([alg, enc, cty, kid, iss, aud], [agreement, "A256GCM", "JWT", client.kid, world.high, client.client_id]);
    }
    const inner = oidc.getDecryptedResponses(signedIn.tokens).id_token.token_endpoint;
    assert.deepEqual(header(inner), { alg: "ES256", kid: "pkcs11:hsm" }, "signed inside, and checked");
    assert.deepEqual(
      Object.keys(signedIn.claims).sort(), ["acr", "aud", "auth_time", "exp", "iat", "iss", "nonce", "sub"]);
    assert.deepEqual([signedIn.claims.acr, person.family_name], ["eidas2", "DUBOIS"]);

    const leave = (id_token_hint) =>
      oidc.buildEndSessionUrl(client.config, { id_token_hint, post_logout_redirect_uri: end, state: "s" });
    const refused = await signedIn.visitor.fetch(leave(signedIn.tokens.id_token));
    assert.equal(refused.status, 400, "the envelope is no hint");
    const last = await signedIn.visitor.logOut(leave(inner));
    assert.equal(last.redirect.href, `${end}?state=s`, "what is inside is one");
    assert.equal(await world.liveSessions("high"), 0);
  });
}

test("a level is asked for, and the provider gives it", async () => {
  const client = await service("ECDH-ES");
  for (const [provider, acr_values, level] of [
    ["la-poste", "eidas2", "eidas2"],
    ["france-identite", "eidas3", "eidas3"],
    ["france-identite", "eidas2", "eidas3"],
    ["la-poste", "eidas3 eidas2", "eidas2"],
  ]) {
    const { claims } = await signIn(client, { ...asked, provider, acr_values });
    assert.equal(claims.acr, level, `${provider} ${acr_values}`);
  }
  const low = await new Visitor().information(request(client, { scope, acr_values: "eidas3" }).address, "test", undefined, "la-poste");
  assert.equal(low.text("code"), "Y100001", "a provider that does not reach it");
  const sent = request(client, { scope, acr_values: "eidas1" });
  const { redirect } = await new Visitor().information(sent.address, "test", undefined, "la-poste");
  const failure = await exchange(client, sent, redirect).catch((caught) => caught);
  assert.equal(failure.error, "invalid_acr", "the other platform's");
});

test("the identity as given, and the civil register's beside it", async () => {
  const client = await service("RSA-OAEP-256");
  const both = { ...asked, scope: "openid identite_pivot rnipp_identite_pivot", login: "étranger_présumé_né_jour" };
  const person = await identity(client, await signIn(client, both));
  assert.deepEqual([person.birthdate, person.rnipp_birthdate], ["1992-11-00", "1992-11-01"]);
  assert.ok(Array.isArray(person.rnipp_given_name_array) && !("given_name_array" in person));
});

test("a service without keys is an error of its own", async () => {
  for (const [rule, jwks_uri] of [
    ["nobody answers", "http://127.0.0.1:9/jwks"],
    ["no key in it", await publish({ keys: [] })],
    ["not keys", await publish("nothing")],
  ]) {
    const client = await world.client({ platform: "high", agreement: "ECDH-ES", jwks_uri }, checked);
    const sent = request(client, { acr_values: "eidas2" });
    const returned = await new Visitor().signIn(sent.address, "test", undefined, "la-poste");
    const { client_id, client_secret } = client;
    const form = { grant_type: "authorization_code", code: returned.searchParams.get("code"), redirect_uri: back, client_id, client_secret };
    const { status, body } = await post(client.config.serverMetadata().token_endpoint, form);
    assert.deepEqual([status, body.error], [400, "invalid_client_metadata"], rule);
  }
});

test("a session lives ten minutes, and not at all for eidas3", async () => {
  const client = await service("ECDH-ES");
  const { visitor } = await signIn(client, { ...asked, provider: "france-identite", acr_values: "eidas3" });
  const again = await signIn(client, { ...asked, visitor });
  assert.equal(again.claims.acr, "eidas2", "under SSO the level asked for, not the one once reached");
  const high = await visitor.open(request(client, { scope, acr_values: "eidas3" }).address);
  assert.ok(high.has("provider-france-identite"), "eidas3 is asked for anew");

  const short = await signIn(client, asked);
  await world.pass(601);
  const late = await short.visitor.open(request(client, { scope, acr_values: "eidas2" }).address);
  assert.ok(late.has("provider-la-poste"));
});

test("what openid-client makes of a wrong envelope", async () => {
  const client = await service("RSA-OAEP-256");
  await judge(world, client, ofEnvelopes, { acr_values: "eidas2", scope }, { platform: "high", provider: "la-poste" });
});
