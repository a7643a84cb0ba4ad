// One person's visit: a window, what Chromium complains of in it, and a look at each page.

import assert from "node:assert/strict";
import { join } from "node:path";
import { faults } from "./accessible.mjs";
import { tabThrough } from "./focus.mjs";

const VIEWPORTS = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };
const WAITS_MAX_MS = 20_000;

/** A window of its own, with cookies of its own. `looks` are words such as `phone`, `dark`, `without-scripts`. */
export async function visit(browser, looks = []) {
  const context = await browser.newContext({
    viewport: VIEWPORTS[looks.find((look) => look in VIEWPORTS) ?? "desktop"],
    colorScheme: looks.includes("dark") ? "dark" : "light",
    javaScriptEnabled: !looks.includes("without-scripts"),
    locale: "en-GB",
  });
  context.setDefaultTimeout(WAITS_MAX_MS);
  const visit = new Visit(context, looks);
  await visit.openTab();
  return visit;
}

class Visit {
  #looks;
  #seen = 0;

  constructor(context, looks) {
    this.context = context;
    this.page = null;
    this.complaints = [];
    this.#looks = looks;
    context.on("weberror", (error) => this.complaints.push(`script: ${error.error()}`));
    context.on("console", (message) => {
      const isComplaint = ["error", "warning"].includes(message.type());
      if (isComplaint) this.complaints.push(`console on ${message.page()?.url()}: ${message.text()}`);
    });
  }

  /** Goes on in a new tab. Over the old one Chromium may ask whether to open an installed application. */
  async openTab() {
    await this.page?.close();
    this.page = await this.context.newPage();
  }

  /** Fails unless the page with this body id is shown. */
  async shows(id) {
    const shown = await this.page.getAttribute("body", "id");
    assert.equal(shown, id, `${this.page.url()} shows: ${(await this.page.innerText("body")).slice(0, 600)}`);
  }

  /** Looks at the page that must be shown: a screenshot, and what keeps people from using it. */
  async look(id, name = id) {
    await this.shows(id);
    this.#seen += 1;
    const file = [...this.#looks, String(this.#seen).padStart(2, "0"), name].join("-");
    await this.page.screenshot({ path: join(process.env.SCREENSHOTS, `${file}.png`), fullPage: true });
    assert.deepEqual([...(await faults(this.page)), ...(await tabThrough(this.page))], [], `faults of ${file}`);
  }

  /** A screenshot alone: of pages that are drawn by what others wrote. */
  async picture(name) {
    this.#seen += 1;
    const file = [...this.#looks, String(this.#seen).padStart(2, "0"), name].join("-");
    await this.page.screenshot({ path: join(process.env.SCREENSHOTS, `${file}.png`) });
  }

  /** Fails unless all of these are in the window without scrolling. */
  async seesWithoutScrolling(...selectors) {
    await this.page.evaluate(() => window.scrollTo(0, 0));
    const height = this.page.viewportSize().height;
    for (const selector of selectors) {
      const { y, height: own } = await this.page.locator(selector).boundingBox();
      assert.ok(y >= 0 && y + own <= height, `${selector} is from ${y} to ${y + own} in a window of ${height}`);
    }
  }

  /** Does what leads to another page, and waits for that page, which may have the same id. */
  async follow(act) {
    await Promise.all([this.page.waitForEvent("load"), act()]);
  }

  press(selector) {
    return this.follow(() => this.page.click(selector));
  }

  async signIn({ username, password }) {
    await this.page.fill("#username", username);
    await this.page.fill("#password", password);
    await this.press("#login-submit");
  }

  /** Takes back a complaint that the page is meant to cause. */
  forgive(expected) {
    this.complaints = this.complaints.filter((complaint) => !expected.test(complaint));
  }

  /** Closes the window; whatever Chromium complained of fails. */
  async end() {
    await this.context.close();
    assert.deepEqual(this.complaints, []);
  }
}
