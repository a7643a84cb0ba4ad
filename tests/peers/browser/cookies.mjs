// What the provider leaves in a browser.

import assert from "node:assert/strict";
import { arrival, authorize, request } from "./application.mjs";
import { visit } from "./visit.mjs";

const REDIRECT_URI = "com.example.app:/callback";

export async function cookies({ provider, browser }) {
  const isHttps = provider.issuer.startsWith("https:");
  const person = await visit(browser);
  const session = async () => {
    const kept = await person.context.cookies(provider.issuer);
    for (const cookie of kept) isOurs(cookie, isHttps);
    return kept.find(({ name }) => name.endsWith("doorward_session"));
  };
  const asks = async () => {
    await person.openTab();
    await person.page.goto(authorize(provider, request(provider, REDIRECT_URI, { prompt: "login" })));
    await person.shows("login-page");
    assert.equal(await person.page.evaluate(() => document.cookie), "");
  };
  const arrives = (buttonId) => {
    return arrival(person.page, REDIRECT_URI, () => person.page.click(buttonId, { noWaitAfter: true }));
  };

  await asks();
  await person.signIn(provider);
  await person.shows("consent-page");
  const first = await session();
  assert.equal(first.expires, -1, "without “keep me signed in”, the session ends with the browser");
  await arrives("#consent-allow");

  await asks();
  await person.page.fill("#password", provider.password);
  await arrives("#login-submit");
  assert.notEqual((await session()).value, first.value, "who proves anew who they are has another session id");
  await person.end();
}

function isOurs(cookie, isHttps) {
  const { name, domain, path, httpOnly, sameSite, secure } = cookie;
  assert.deepEqual({ domain, path, httpOnly, sameSite, secure }, {
    domain: "localhost",
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: isHttps,
  }, name);
  assert.equal(name.startsWith("__Host-"), isHttps, name);
}
