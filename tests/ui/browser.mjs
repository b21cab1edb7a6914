// What the scripts share: a browser, a page in it, and what is held against every page.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(import.meta.url);

/** The module of that name in NODE_PATH, or a hint how to get it. */
function module(name) {
  try {
    return require(name);
  } catch {
    console.error(`the package ${name} is not installed: run scripts/setup-tests, and set NODE_PATH to the last line that it prints with --browser`);
    process.exit(3);
  }
}

const { chromium } = module("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** Where the server is: the first argument. */
export const base = process.argv[2] ?? "http://127.0.0.1:8000";

export async function launch() {
  const executablePath = process.env.TIDEWHEEL_CHROMIUM ?? "/usr/bin/chromium";
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  return chromium.launch({ executablePath, args }).catch((error) => {
    console.error(`Chromium does not start (${executablePath}; apt-get install chromium): ${error.message}`);
    process.exit(3);
  });
}

/** A reader: a width, a theme, a language. */
export async function reader(browser, { width = 1440, theme = "light", lang = "en", script = true } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, javaScriptEnabled: script, permissions: ["clipboard-write"] });
  await context.addCookies([{ name: "tw_lang", value: lang, url: base }, { name: "tw_theme", value: theme, url: base }]);
  const page = await context.newPage();
  page.troubles = [];
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) page.troubles.push(`console: ${message.text()}`); });
  page.on("pageerror", (error) => page.troubles.push(`script: ${error.message}`));
  // a page that is left ends its events, and what it was asking for
  page.on("requestfailed", (request) => { if (!request.url().endsWith("/ui/events") && request.failure()?.errorText !== "net::ERR_ABORTED") page.troubles.push(`request: ${request.url()} ${request.failure()?.errorText}`); });
  page.on("request", (request) => { if (!request.url().startsWith(base) && !/^(data|blob):/.test(request.url())) page.troubles.push(`elsewhere: ${request.url()}`); });
  return page;
}

/** What is wrong with the page that is shown. */
export async function wrong(page) {
  return page.evaluate(() => {
    const found = [], width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width) {
      const inside = (one) => one.closest(".scroll,.log,.sub-nav,.sr");
      const wide = [...document.querySelectorAll("body *")].filter((one) => !inside(one) && one.getBoundingClientRect().right > width + 1);
      found.push(`wider than the page: ${wide.slice(-3).map((one) => `${one.tagName}.${one.getAttribute("class")}`).join(", ")}`);
    }
    if (document.querySelectorAll("h1").length !== 1) found.push(`${document.querySelectorAll("h1").length} h1`);
    if (document.querySelector("[style],style,script:not([src])")) found.push("an inline style or script");
    const ids = [...document.querySelectorAll("[id]")].map((one) => one.id), twice = ids.find((id, at) => ids.indexOf(id) !== at);
    if (twice) found.push(`two elements with the id ${twice}`);
    if (/\b(undefined|NaN|Infinity)\b|\{[a-z_]+\}/.test(document.querySelector("main").innerText)) found.push("a figure or a place to fill in that is none");
    return found;
  });
}

/** Serious and critical findings of axe. */
export async function findings(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `axe ${one.id}: ${one.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ")}`);
}

/** Ends the process: 1 and the list where something is wrong. */
export function conclude(name, troubles, facts) {
  for (const trouble of troubles) console.error(trouble);
  console.log(`${name}: ${facts}; ${troubles.length} wrong`);
  process.exit(troubles.length ? 1 : 0);
}

/** Says what is wrong when it is. */
export function check(what, condition) {
  if (!condition) throw new Error(what);
}
