// What a person sees who makes mistakes: nothing typed, a wrong password, too many of them.

import assert from "node:assert/strict";
import { visit } from "./visit.mjs";

/** More than `dev` lets pass, which is generous to who develops. */
const ATTEMPTS_MAX = 200;
const TOO_MANY_REQUESTS = 429;

export async function problems({ provider, browser, looks }) {
  const person = await visit(browser, looks);
  const { page } = person;
  const wrong = { username: provider.username, password: "not the password" };
  const problem = () => page.innerText("[role=alert]");

  await page.goto(`${provider.issuer}/demo`);
  await person.press("#demo-sign-in");
  await person.shows("login-page");

  // A browser that knows `required` would not send this.
  await page.evaluate(() => { document.querySelector("form").noValidate = true; });
  await person.press("#login-submit");
  await person.look("login-page", "nothing-typed");
  assert.match(await problem(), /Something is missing/);
  assert.equal(await page.getAttribute("#password", "aria-invalid"), "true");

  await person.signIn(wrong);
  await person.look("login-page", "wrong-password");
  assert.match(await problem(), /username or the password is wrong/);
  assert.equal(await page.inputValue("#username"), provider.username);
  assert.equal(await page.inputValue("#password"), "");

  await guessUntilLocked(page, provider, wrong);
  await person.signIn(provider);
  await person.look("login-page", "locked");
  assert.match(await problem(), /Too many attempts/, "the right password opens a locked account");
  person.forgive(/status of 429/);
  await person.end();
}

/** Sends the form again and again, with the browser's cookies and faster than it could. */
async function guessUntilLocked(page, { issuer }, wrong) {
  const form = { sign_in: await page.inputValue("[name=sign_in]"), ...wrong };
  for (let attempts = 0; attempts < ATTEMPTS_MAX; attempts += 1) {
    const answer = await page.request.post(`${issuer}/login`, { form });
    if (answer.status() === TOO_MANY_REQUESTS) return;
  }
  throw new Error(`the account is not locked after ${ATTEMPTS_MAX} wrong passwords`);
}
