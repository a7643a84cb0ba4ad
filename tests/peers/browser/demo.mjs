// A newcomer's way: from the first page through the demonstration, every page looked at.

import assert from "node:assert/strict";
import { visit } from "./visit.mjs";

export async function demo({ provider, browser, looks }) {
  const person = await visit(browser, looks);
  const { page } = person;

  await page.goto(provider.issuer);
  await person.look("welcome-page");
  await person.press('a[href="/demo"]');
  await person.look("demo-page");
  await person.press("#demo-sign-in");
  await person.look("login-page");
  await person.signIn(provider);

  await person.look("consent-page");
  await person.seesWithoutScrolling("#consent-allow", "#consent-deny");
  assert.match(await page.innerText("main"), /Demonstration application/);
  await person.press("#consent-deny");
  await person.look("demo-error-page");
  await person.press("main a.button");
  await person.press("#demo-sign-in");
  await person.shows("consent-page");
  await person.press("#consent-allow");
  await person.look("demo-result-page");
  await person.press("#demo-refresh");
  await person.look("demo-result-page", "demo-refreshed-page");
  assert.match(await page.innerText("[role=status]"), /refreshed once/);

  await page.goto(`${provider.issuer}/logout`);
  await person.look("logout-page");
  await page.goto(`${provider.issuer}/oauth2/authorize?client_id=nobody`);
  await person.look("error-page");
  person.forgive(/status of 400/);

  await page.goto(`${provider.issuer}/demo`);
  await person.press("#demo-sign-out");
  await person.look("demo-page", "after-demo-sign-out");
  assert.match(await page.innerText("[role=status]"), /You are signed out/);
  await page.goto(`${provider.issuer}/logged-out`);
  await person.look("logged-out-page");
  await person.press("main a.button");
  await person.shows("welcome-page");
  await page.goto(`${provider.issuer}/login`);
  await person.look("error-page", "login-by-itself");
  person.forgive(/status of 400/);
  await person.press("main a.button");
  await person.shows("welcome-page");

  await page.goto(`${provider.issuer}/demo`);
  await person.press("#demo-sign-in");
  await person.shows("login-page");
  await person.end();
}
