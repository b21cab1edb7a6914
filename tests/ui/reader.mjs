// Readers of other kinds: the keyboard alone, no script, events that are cut and come again.
import { base, check, conclude, launch, reader } from "./browser.mjs";

const browser = await launch(), troubles = [], done = [];
async function attempt(what, act) {
  try {
    await act();
    done.push(what);
  } catch (error) {
    troubles.push(`${what}: ${error.message}`);
  }
}

await attempt("keyboard", async () => {
  const page = await reader(browser);
  await page.goto(`${base}/ui/`);
  await page.keyboard.press("Tab");
  check("the first stop skips to the content", await page.evaluate(() => document.activeElement.classList.contains("skiplink")));
  await page.keyboard.press("g");
  await page.keyboard.press("w");
  await page.waitForURL(/\/ui\/decisions$/);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/ui\/decisions\/\d+/);
  const shown = page.url();
  await page.keyboard.press("[");
  await page.waitForURL((url) => url.href !== shown);
  await page.keyboard.press("?");
  check("the keys", await page.locator("dialog#keys[open]").count() === 1);
  await page.keyboard.press("Escape");
  await page.keyboard.press("t");
  await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
  await page.keyboard.press("/");
  await page.keyboard.type("v2");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/ui\/models\/2$/);
  await page.context().close();
});

await attempt("without script", async () => {
  const page = await reader(browser, { script: false });
  for (const path of ["/ui/", "/ui/decisions", "/ui/models", "/ui/predict", "/ui/pipeline", "/ui/batches", "/ui/drift", "/ui/settings"]) {
    await page.goto(base + path);
    check(`${path} has its heading`, (await page.innerText("h1")).length > 2);
  }
  await page.goto(`${base}/ui/models`);
  await page.click('main a[href*="/rollback"]');
  check("the confirmation is a page of its own", await page.locator("main textarea[name=reason]").count() >= 1);
  await page.goto(`${base}/ui/`);
  await page.click('header a[hreflang="es"]');
  check("Spanish", await page.getAttribute("html", "lang") === "es");
  await page.context().close();
});

await attempt("events that are cut", async () => {
  const page = await reader(browser);
  await page.goto(`${base}/ui/`);
  await page.waitForSelector("#live .dot:not(.off)");
  await page.context().setOffline(true);
  await page.evaluate(() => { events?.close(); events = undefined; last = Date.now() - 20_000; });
  await page.waitForSelector("#live .dot.off", { timeout: 15_000 });
  check("it says since when", /\d\d:\d\d:\d\d/.test(await page.innerText("#live")));
  await page.context().setOffline(false);
  await page.evaluate(() => listen());
  await page.waitForSelector("#live .dot:not(.off)", { timeout: 15_000 });
  await page.context().close();
});

await attempt("a copy and a chart as a file", async () => {
  const page = await reader(browser);
  await page.goto(`${base}/ui/drift`);
  const [svg] = await Promise.all([page.waitForEvent("download"), (async () => {
    await page.locator("figure.chart details summary").first().click();
    await page.locator('figure.chart [data-save="svg"]').first().click();
  })()]);
  check("an SVG", svg.suggestedFilename().endsWith(".svg"));
  await page.context().close();
});

await browser.close();
conclude("reader", troubles, done.join(", "));
