import * as oidc from "openid-client";
import { back } from "./world.mjs";
import { Visitor } from "./visitor.mjs";

export const pivot = "openid identite_pivot";

/** An authorization request as FranceConnect wants it; `more` overrides, `undefined` leaves out. */
export function request(client, more = {}) {
  const asked = {
    redirect_uri: back,
    scope: pivot,
    acr_values: "eidas1",
    state: oidc.randomState(),
    nonce: oidc.randomNonce(),
    ...more,
  };
  const address = oidc.buildAuthorizationUrl(client.config, {});
  for (const [name, value] of Object.entries(asked)) {
    if (value === undefined) address.searchParams.delete(name);
    else address.searchParams.set(name, value);
  }
  return { ...asked, address };
}

/** Lets openid-client judge the return and exchange the code. */
export function exchange(client, asked, returned) {
  const checks = { expectedNonce: asked.nonce, expectedState: asked.state, idTokenExpected: true };
  return oidc.authorizationCodeGrant(client.config, returned, checks);
}

/** A whole sign-in by openid-client, and the browser it was done in. */
export async function signIn(client, { login = "test", provider = undefined, visitor = new Visitor(), ...more } = {}) {
  const asked = request(client, more);
  const returned = await visitor.signIn(asked.address, login, undefined, provider);
  const tokens = await exchange(client, asked, returned);
  return { asked, returned, tokens, claims: tokens.claims(), visitor };
}

/** The identity behind a sign-in, checked by openid-client. */
export function identity(client, { tokens, claims }) {
  return oidc.fetchUserInfo(client.config, tokens.access_token, claims.sub);
}

/** Keeps every answer that openid-client gets from now on. */
export function listen(client) {
  const answers = [];
  client.config[oidc.customFetch] = async (...call) => {
    const answer = await fetch(...call);
    answers.push({ url: new URL(call[0]), headers: answer.headers, text: await answer.clone().text() });
    return answer;
  };
  return answers;
}

/** The header of a JWS, or of the JWE around it. */
export function header(token) {
  return JSON.parse(Buffer.from(token.split(".")[0], "base64url"));
}

/** Sends a form as a client would, and reads the JSON that comes back. */
export async function post(address, form) {
  const answer = await fetch(address, { method: "POST", body: new URLSearchParams(form) });
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
}
