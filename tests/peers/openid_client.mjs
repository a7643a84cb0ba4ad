// The whole life of a sign-in with `openid-client`: its own HTTP, its own verification; the pages by a plain browser.
//
// Takes what `doorward dev --print json` printed on stdin, and as its argument which client it is.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as openid from "openid-client";
import { PlainBrowser } from "./plain_browser.mjs";

const provider = JSON.parse(readFileSync(0, "utf8"));
const kind = process.argv[2];

const REDIRECT_URI = "https://app.example/callback";
const ON_A_DEVICE = "http://127.0.0.1:5555/callback";
const AFTER_LOGOUT = "http://127.0.0.1/";
const SCOPE = "openid profile email address phone";
const STANDARD_CLAIMS = [
  "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website",
  "email", "email_verified", "gender", "birthdate", "zoneinfo", "locale", "phone_number", "phone_number_verified",
  "address", "updated_at",
];
const MAX_AGE = 600;

function says(promise) {
  console.log(`ok: ${promise}`);
}

/** The key of a client that signs with ES256, from PKCS#8 in PEM. */
async function privateKey({ key, kid }) {
  const der = Buffer.from(key.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  return { key: await crypto.subtle.importKey("pkcs8", der, curve, false, ["sign"]), kid };
}

async function discovered() {
  const execute = [openid.enableNonRepudiationChecks];
  if (provider.issuer.startsWith("http:")) execute.push(openid.allowInsecureRequests);
  const { private_key_jwt: signing, client_secret_jwt: sharing } = provider;
  const [clientId, proof] = await {
    confidential: async () => [provider.client_id, openid.ClientSecretBasic(provider.client_secret)],
    public: async () => [provider.public_client_id, openid.None()],
    private_key_jwt: async () => [signing.client_id, openid.PrivateKeyJwt(await privateKey(signing))],
    client_secret_jwt: async () => [sharing.client_id, openid.ClientSecretJwt(sharing.client_secret)],
  }[kind]();
  return openid.discovery(new URL(provider.issuer), clientId, undefined, proof, { execute });
}

/** An authorization request, and what its answer must hold. */
async function request(config, parameters = {}) {
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const checks = { pkceCodeVerifier, expectedState: openid.randomState(), expectedNonce: openid.randomNonce() };
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    scope: SCOPE,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...parameters,
  });
  return { url, checks: { ...checks, idTokenExpected: true } };
}

/** Signs in through the pages, up to the application's address. */
async function signIn(browser, url) {
  const login = await browser.open(url);
  assert.equal(login.id, "login-page", login.describe());
  const credentials = { username: provider.username, password: provider.password };
  const next = await browser.press(login, "login-submit", credentials);
  const answered = next.id === "consent-page" ? await browser.press(next, "consent-allow") : next;
  assert.ok(answered.location, answered.describe());
  return new URL(answered.location);
}

/** Asks without a page; the answer comes at once. */
async function silently(config, browser) {
  const { url, checks } = await request(config, { prompt: "none" });
  const answered = await browser.open(url);
  assert.ok(answered.location, answered.describe());
  return openid.authorizationCodeGrant(config, new URL(answered.location), checks);
}

function refused(error) {
  return (thrown) => thrown.error === error || thrown.cause?.error === error;
}

async function isDead(config, accessToken) {
  const isRefused = (thrown) => thrown instanceof openid.WWWAuthenticateChallengeError && thrown.status === 401;
  await assert.rejects(openid.fetchUserInfo(config, accessToken, openid.skipSubjectCheck), isRefused);
}

function leftHalf(accessToken) {
  return createHash("sha256").update(accessToken).digest().subarray(0, 16).toString("base64url");
}

async function refreshes(config, tokens, sub) {
  const fresh = await openid.refreshTokenGrant(config, tokens.refresh_token);
  assert.notEqual(fresh.refresh_token, tokens.refresh_token);
  assert.notEqual(fresh.access_token, tokens.access_token);
  await openid.fetchUserInfo(config, fresh.access_token, sub);
  says("a refresh gives another refresh token and an access token that works");

  const again = await openid.refreshTokenGrant(config, tokens.refresh_token);
  assert.equal(again.refresh_token, fresh.refresh_token);
  says("whoever lost the answer and asks again in time is given the same successor");

  const next = await openid.refreshTokenGrant(config, fresh.refresh_token);
  assert.notEqual(next.refresh_token, fresh.refresh_token);
  says("the successor refreshes too");
  return next;
}

/** Any program of the machine could listen there, and a public client has nothing to prove who it is with. */
async function isAskedForOnADevice(config, browser) {
  const silent = await request(config, { prompt: "none", redirect_uri: ON_A_DEVICE });
  const answered = new URL((await browser.open(silent.url)).location);
  await assert.rejects(openid.authorizationCodeGrant(config, answered, silent.checks), refused("consent_required"));

  for (const time of ["first", "second"]) {
    const asked = await request(config, { redirect_uri: ON_A_DEVICE });
    const page = await browser.open(asked.url);
    assert.equal(page.id, "consent-page", `${time} time: ${page.describe()}`);
    const allowed = await browser.press(page, "consent-allow");
    await openid.authorizationCodeGrant(config, new URL(allowed.location), asked.checks);
  }
  says("on a device the person is asked each time, and prompt=none answers consent_required");
}

async function codesWorkOnce(config, browser) {
  const { url, checks } = await request(config, { prompt: "none" });
  const answered = new URL((await browser.open(url)).location);
  const tokens = await openid.authorizationCodeGrant(config, answered, checks);
  await assert.rejects(openid.authorizationCodeGrant(config, answered, checks), refused("invalid_grant"));
  await isDead(config, tokens.access_token);
  await assert.rejects(openid.refreshTokenGrant(config, tokens.refresh_token), refused("invalid_grant"));
  says("a code that is used again gives nothing, and takes back what it gave before");
}

/** Whether the provider says that a token holds; only who can keep a secret may ask. */
async function holds(config, token) {
  const { active, ...told } = await openid.tokenIntrospection(config, token);
  if (active) assert.equal(told.iss, provider.issuer);
  else assert.deepEqual(told, {});
  return active;
}

async function takesBack(config, browser) {
  const tokens = await silently(config, browser);
  const fresh = await openid.refreshTokenGrant(config, tokens.refresh_token);
  await openid.tokenRevocation(config, tokens.access_token);
  await isDead(config, tokens.access_token);
  await openid.fetchUserInfo(config, fresh.access_token, tokens.claims().sub);
  says("an access token that is revoked goes alone");

  if (kind === "public") {
    await assert.rejects(openid.tokenIntrospection(config, fresh.access_token), (thrown) => thrown.status === 401);
  } else {
    assert.equal(await holds(config, tokens.access_token), false);
    for (const token of [fresh.access_token, fresh.refresh_token]) assert.equal(await holds(config, token), true);
  }
  await openid.tokenRevocation(config, fresh.refresh_token);
  await openid.tokenRevocation(config, fresh.refresh_token);
  await isDead(config, fresh.access_token);
  await assert.rejects(openid.refreshTokenGrant(config, fresh.refresh_token), refused("invalid_grant"));
  if (kind !== "public") {
    for (const token of [fresh.access_token, fresh.refresh_token]) assert.equal(await holds(config, token), false);
  }
  says("a refresh token that is revoked takes everything with it, also the second time");
}

async function logsOut(config, browser, tokens) {
  const state = openid.randomState();
  const url = openid.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: AFTER_LOGOUT,
    state,
  });
  const answered = await browser.open(url);
  assert.equal(answered.location, `${AFTER_LOGOUT}?state=${state}`, answered.describe());
  says("a logout with the ID token asks nothing and comes back with its state");

  await assert.rejects(silently(config, browser), refused("login_required"));
  says("after it, prompt=none answers login_required");

  await isDead(config, tokens.access_token);
  await assert.rejects(openid.refreshTokenGrant(config, tokens.refresh_token), refused("invalid_grant"));
  says("tokens that were given for the session end with it");

  const { url: next } = await request(config);
  const login = await browser.open(next);
  assert.equal(login.id, "login-page", login.describe());
  says("and the next sign-in asks for the password");
}

const config = await discovered();
const metadata = config.serverMetadata();
assert.equal(metadata.issuer, provider.issuer);
assert.ok(metadata.supportsPKCE("S256"));
assert.equal(metadata.authorization_response_iss_parameter_supported, true);
says("discovery is read and believed");

const browser = new PlainBrowser([REDIRECT_URI, ON_A_DEVICE, AFTER_LOGOUT]);
const asked = await request(config, { max_age: MAX_AGE });
const answered = await signIn(browser, asked.url);
const tokens = await openid.authorizationCodeGrant(config, answered, { ...asked.checks, maxAge: MAX_AGE });
const claims = tokens.claims();
assert.equal(claims.at_hash, leftHalf(tokens.access_token));
assert.equal(tokens.token_type, "bearer");
says("the code becomes tokens; the ID token is verified by signature, nonce, audience, age and at_hash");

const userinfo = await openid.fetchUserInfo(config, tokens.access_token, claims.sub);
assert.deepEqual(STANDARD_CLAIMS.filter((name) => userinfo[name] === undefined), []);
says("userinfo tells every standard claim, of the same person");

const latest = await refreshes(config, tokens, claims.sub);

const silent = await silently(config, browser);
assert.equal(silent.claims().sub, claims.sub);
assert.equal(silent.claims().auth_time, claims.auth_time);
says("prompt=none gives a code while the session lives");

if (kind === "public") await isAskedForOnADevice(config, browser);

const anew = await request(config, { prompt: "login", max_age: MAX_AGE });
const signedInAnew = await signIn(browser, anew.url);
const fresh = await openid.authorizationCodeGrant(config, signedInAnew, { ...anew.checks, maxAge: MAX_AGE });
assert.equal(fresh.claims().sub, claims.sub);
assert.ok(fresh.claims().auth_time >= claims.auth_time);
says("prompt=login asks again although the session lives");

await codesWorkOnce(config, browser);
await takesBack(config, browser);
await logsOut(config, browser, { ...fresh, id_token: latest.id_token ?? tokens.id_token });
