// What a person without a mouse meets: the order of the focus, and whether it can be seen.

const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary";
const TABS_MAX = 60;

/** Goes through the page by Tab, from its top; an element that is skipped, out of order or not marked is a fault. */
export async function tabThrough(page) {
  const count = await page.evaluate(begin, FOCUSABLE);
  if (count > TABS_MAX) return [`${count} stops on one page`];
  const found = [];
  for (let at = 0; at < count; at += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(stop, FOCUSABLE);
    if (focused.at !== at) found.push(`stop ${at} of the focus is element ${focused.at}: ${focused.tell}`);
    if (!focused.isSeen) found.push(`the focus is not seen on ${focused.tell}`);
  }
  return found;
}

/** Presses Tab until the element has the focus. */
export async function tabTo(page, selector) {
  for (let tabs = 0; tabs < TABS_MAX; tabs += 1) {
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`${selector} cannot be reached by Tab on ${page.url()}`);
}

/** Runs in the page: puts the focus before everything, and counts what Tab should reach. */
function begin(selector) {
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute("tabindex");
  return [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility()).length;
}

/** Runs in the page: where the focus is. */
function stop(selector) {
  const focused = document.activeElement;
  const stops = [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(focused);
  const hasOutline = outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
  return {
    at: stops.indexOf(focused),
    isSeen: focused.matches(":focus-visible") && (hasOutline || boxShadow !== "none"),
    tell: focused.outerHTML.slice(0, 120),
  };
}
