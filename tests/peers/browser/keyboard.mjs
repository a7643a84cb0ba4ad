// Signing in without a mouse.

import { tabTo } from "./focus.mjs";
import { visit } from "./visit.mjs";

export async function keyboard({ provider, browser }) {
  const person = await visit(browser);
  const { page } = person;
  const enter = () => person.follow(() => page.keyboard.press("Enter"));
  const press = async (selector) => {
    await tabTo(page, selector);
    await enter();
  };

  await page.goto(provider.issuer);
  await press('a[href="/demo"]');
  await press("#demo-sign-in");
  await person.shows("login-page");

  // The field has the focus when the page opens: nothing is pressed before the name.
  await page.keyboard.type(provider.username);
  await page.keyboard.press("Tab");
  await page.keyboard.type(provider.password);
  await enter();

  await person.shows("consent-page");
  await press("#consent-allow");
  await person.shows("demo-result-page");
  await press("#demo-sign-out");
  await person.end();
}
