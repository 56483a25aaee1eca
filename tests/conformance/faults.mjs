import assert from "node:assert/strict";
import * as oidc from "openid-client";
import { identity, request, exchange } from "./flow.mjs";
import { Visitor } from "./visitor.mjs";

/** Nothing is wrong for a client that looks at what OpenID Connect has it look at. */
export const believed = "believed";

/**
 * What openid-client makes of each way in which the simulator can misbehave: a code of its own, or `believed`.
 *
 * A service provider of FranceConnect has to look at more: the level, the moment of the sign-in, the party. Faults of the browser's
 * way (a dead end, a state that comes back twice) are not openid-client's to see.
 */
export const faults = {
  "wrong-nonce": "OAUTH_JWT_CLAIM_COMPARISON_FAILED",
  "wrong-audience": "OAUTH_JWT_CLAIM_COMPARISON_FAILED",
  "wrong-issuer": "OAUTH_JWT_CLAIM_COMPARISON_FAILED",
  "expired-id-token": "OAUTH_JWT_TIMESTAMP_CHECK_FAILED",
  "issued-in-future": believed,
  "missing-iat": "OAUTH_INVALID_RESPONSE",
  "missing-acr": believed,
  "lower-acr": believed,
  "missing-sub": "OAUTH_INVALID_RESPONSE",
  "at-hash-present": believed,
  "at-hash-wrong": believed,
  "wrong-azp": believed,
  "session-left": believed,
  "clock-wrong": "OAUTH_JWT_TIMESTAMP_CHECK_FAILED",
  "other-key": "OAUTH_INVALID_RESPONSE",
  "alg-none": "OAUTH_INVALID_RESPONSE",
  "hs256-with-public-key": "OAUTH_INVALID_RESPONSE",
  "kid-unknown": "OAUTH_KEY_SELECTION_FAILED",
  "kid-absent": believed,
  "key-rotated": believed,
  "sub-mismatch": "OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED",
  "userinfo-plain-json": "OAUTH_JWT_USERINFO_EXPECTED",
  "userinfo-other-key": "OAUTH_INVALID_RESPONSE",
  "userinfo-expired": "OAUTH_JWT_TIMESTAMP_CHECK_FAILED",
  "userinfo-wrong-audience": "OAUTH_JWT_CLAIM_COMPARISON_FAILED",
  "userinfo-wrong-issuer": "OAUTH_JWT_CLAIM_COMPARISON_FAILED",
  "wrong-state": "OAUTH_INVALID_RESPONSE",
  "wrong-iss-in-redirect": "OAUTH_INVALID_RESPONSE",
  "token-error-500": "OAUTH_RESPONSE_IS_NOT_CONFORM",
  "token-redirect": "OAUTH_RESPONSE_IS_NOT_CONFORM",
  "captive-portal": "OAUTH_RESPONSE_IS_NOT_JSON",
  "jwks-error-500": "OAUTH_RESPONSE_IS_NOT_CONFORM",
  "jwks-html": "OAUTH_RESPONSE_IS_NOT_JSON",
  "token-cut": "OAUTH_PARSE_ERROR",
  // The last: what is sent on a connection that has ended fails too.
  "token-closed": "fetch failed",
};

/** Of the envelope, on the high platform alone. */
export const ofEnvelopes = {
  "jwe-other-key": "OAUTH_DECRYPTION_FAILED",
  "jwe-dir": "OAUTH_DECRYPTION_FAILED",
  "jwe-rsa1-5": "OAUTH_DECRYPTION_FAILED",
  "jwe-inner-unsigned": "OAUTH_INVALID_RESPONSE",
};

/** Not played here: of the browser's way, of a logout, or longer and larger than openid-client bears. */
export const elsewhere = [
  "replayed-state", "duplicated-callback", "dead-end", "dead-end-with-return", "logout-never-returns",
  "slow-token", "token-endless", "token-giant",
];

/** Has the simulator misbehave and openid-client judge; returns what is not as the table says. */
export async function judge(world, strict, table, more, options = {}) {
  const wrong = [];
  for (const [fault, expected] of Object.entries(table)) {
    await world.fault(fault, { ...options, seconds: -3600 });
    // Anew: what it has read of a provider, it keeps.
    strict.configure();
    const asked = request(strict, more);
    const got = await new Visitor().signIn(asked.address, "test", undefined, options.provider)
      .then((returned) => exchange(strict, asked, returned))
      .then((tokens) => identity(strict, { tokens, claims: tokens.claims() }))
      .then(() => believed, (error) => error.code ?? error.message);
    if (got !== expected) wrong.push(`${fault}: ${got}, not ${expected}`);
  }
  await world.fault(null, options);
  assert.deepEqual(wrong, []);
}

/** Every fault that a platform knows. */
export async function known(world, platform) {
  const answer = await fetch(new URL("/simulator/faults", world[platform]), { headers: { accept: "application/json" } });
  return (await answer.json()).known.map(({ name }) => name);
}

export const checked = [oidc.enableNonRepudiationChecks];
