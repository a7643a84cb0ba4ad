// What can be measured of a page's accessibility: names, structure, contrast, size, fit.

/** What is wrong with the page that is shown, each in a sentence. */
export async function faults(page) {
  return [...(await page.evaluate(structure)), ...(await page.evaluate(fit)), ...(await page.evaluate(contrast))];
}

/** Runs in the page. */
function structure() {
  const found = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const tell = (element) => element.outerHTML.slice(0, 120);
  const isNamed = (element) => element.textContent.trim() || element.getAttribute("aria-label");

  if (!document.documentElement.lang) found.push("the page does not say its language");
  if (!document.title.trim()) found.push("the page has no title");
  if (all("h1").length !== 1) found.push(`the page has ${all("h1").length} h1`);
  if (all("main").length !== 1) found.push(`the page has ${all("main").length} main`);
  const levels = all("h1, h2, h3, h4").map((heading) => Number(heading.tagName[1]));
  levels.forEach((level, at) => {
    if (level > (levels[at - 1] ?? 0) + 1) found.push(`a heading of level ${level} follows none above it`);
  });
  for (const input of all("input:not([type=hidden]), select, textarea")) {
    if (!input.labels.length && !input.getAttribute("aria-label")) found.push(`no label: ${tell(input)}`);
  }
  for (const element of all("a[href], button, summary")) {
    if (!isNamed(element)) found.push(`no name: ${tell(element)}`);
  }
  for (const image of all("img:not([alt])")) found.push(`no alt: ${tell(image)}`);
  for (const attribute of ["aria-describedby", "aria-labelledby", "for"]) {
    for (const element of all(`[${attribute}]`)) {
      const ids = element.getAttribute(attribute).split(/\s+/);
      if (!ids.every((id) => document.getElementById(id))) found.push(`${attribute} names nothing: ${tell(element)}`);
    }
  }
  const ids = all("[id]").map((element) => element.id);
  if (new Set(ids).size !== ids.length) found.push(`an id is there twice: ${ids}`);
  return found;
}

/** Runs in the page: nothing is cut off at the side, and what is pressed is large enough (WCAG 2.2, 2.5.8). */
function fit() {
  const found = [];
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth - clientWidth} px wider than the window`);
  for (const element of document.querySelectorAll("button, a.button, input:not([type=hidden]), summary")) {
    const { width, height } = element.getBoundingClientRect();
    if (Math.min(width, height) < 24 && !(element.labels?.length && element.type === "checkbox")) {
      found.push(`too small to press, ${width} x ${height}: ${element.outerHTML.slice(0, 120)}`);
    }
  }
  return found;
}

/** Runs in the page: text stands out from what is behind it (WCAG 2.2, 1.4.3). */
function contrast() {
  const pixel = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
    .getContext("2d", { willReadFrequently: true });
  const channels = (color) => {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = color;
    pixel.fillRect(0, 0, 1, 1);
    return [...pixel.getImageData(0, 0, 1, 1).data].map((channel) => channel / 255);
  };
  const over = ([r, g, b, a], behind) => [r, g, b].map((channel, at) => channel * a + behind[at] * (1 - a));
  const luminance = (color) => {
    const [r, g, b] = color.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    if (!element) return channels("Canvas").slice(0, 3);
    const style = getComputedStyle(element);
    // What is painted cannot be computed.
    if (style.backgroundImage !== "none") return null;
    const own = channels(style.backgroundColor);
    const below = own[3] === 1 ? own : behind(element.parentElement);
    return below && over(own, below);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const background = walker.currentNode.data.trim() && element.checkVisibility() && behind(element);
    if (!background) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const [light, dark] = [luminance(over(channels(color), background)), luminance(background)].sort((a, b) => b - a);
    const isLarge = Number.parseFloat(fontSize) >= (fontWeight >= 700 ? 18.66 : 24);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < (isLarge ? 3 : 4.5)) {
      found.push(`contrast ${ratio.toFixed(2)}: ${walker.currentNode.data.trim().slice(0, 60)}`);
    }
  }
  return found;
}
