// What the provider leaves in a browser.

import assert from "node:assert/strict";
import { arrival, authorize, request } from "./application.mjs";
import { visit } from "./visit.mjs";

const REDIRECT_URI = "com.example.app:/callback";

export async function cookies({ provider, browser }) {
  const person = await visit(browser);
  await asks(provider, person);
  await person.signIn(provider);
  await person.shows("consent-page");
  const first = await session(provider, person);
  assert.equal(first.expires, -1, "without “keep me signed in”, the session ends with the browser");
  await arrives(person, "#consent-allow");

  await asks(provider, person);
  await person.page.fill("#password", provider.password);
  await arrives(person, "#login-submit");
  const anew = await session(provider, person);
  assert.notEqual(anew.value, first.value, "who proves anew who they are has another session id");
  await person.end();

  const another = await visit(browser);
  await asks(provider, another);
  await another.page.check("#remember_me");
  await another.page.fill("#username", provider.username);
  await another.page.fill("#password", provider.password);
  await arrives(another, "#login-submit");
  const { expires } = await session(provider, another);
  assert.ok(expires > Date.now() / 1000, "with it, the session outlives the browser");
  await another.end();
}

async function asks(provider, person) {
  await person.openTab();
  await person.page.goto(authorize(provider, request(provider, REDIRECT_URI, { prompt: "login" })));
  await person.shows("login-page");
  const seen = await person.page.evaluate(() => document.cookie);
  const names = seen.split("; ").filter(Boolean).map((cookie) => cookie.split("=")[0]);
  assert.deepEqual(names.filter((name) => name !== STATE), []);
}

function arrives({ page }, buttonId) {
  return arrival(page, REDIRECT_URI, () => page.click(buttonId, { noWaitAfter: true }));
}

/** The state of the browser opens nothing: a frame of ours reads it within the page of an application (Session Management). */
const STATE = "__Host-doorward_state";

/** The cookie of the session; each that is kept is looked at. */
async function session({ issuer }, person) {
  const kept = await person.context.cookies(issuer);
  for (const cookie of kept) isOurs(cookie, issuer.startsWith("https:"));
  return kept.find(({ name }) => name.endsWith("doorward_session"));
}

function isOurs(cookie, isHttps) {
  const { name, domain, path, httpOnly, sameSite, secure } = cookie;
  const isState = name === STATE;
  assert.deepEqual({ domain, path, httpOnly, sameSite, secure }, {
    domain: "localhost",
    path: "/",
    httpOnly: !isState,
    sameSite: isState ? "None" : "Lax",
    secure: isHttps,
  }, name);
  assert.equal(name.startsWith("__Host-"), isHttps, name);
}
