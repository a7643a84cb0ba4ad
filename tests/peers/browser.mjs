// Debian's Chromium on the real pages: each journey is one file under browser/.
//
// Takes what `doorward dev --print json` printed on stdin; its arguments are a journey and, for some, the looks of the
// window. Screenshots go to the folder that SCREENSHOTS names.

import { readFileSync } from "node:fs";
import { launch } from "./browser/chromium.mjs";
import { cookies } from "./browser/cookies.mjs";
import { crossSite } from "./browser/cross_site.mjs";
import { demo } from "./browser/demo.mjs";
import { docs } from "./browser/docs.mjs";
import { formPost } from "./browser/form_post.mjs";
import { keyboard } from "./browser/keyboard.mjs";
import { newPassword } from "./browser/new_password.mjs";
import { policy } from "./browser/policy.mjs";
import { problems } from "./browser/problems.mjs";

const JOURNEYS = {
  cookies,
  "cross-site": crossSite,
  demo,
  docs,
  "form-post": formPost,
  keyboard,
  "new-password": newPassword,
  policy,
  problems,
};

const [name, ...looks] = process.argv.slice(2);
const provider = JSON.parse(readFileSync(0, "utf8"));
const browser = await launch(provider);
try {
  await JOURNEYS[name]({ provider, browser, looks });
} finally {
  await browser.close();
}
