// One story by clicks, on a project whose source has more batches: run now, watch the graph, read why, compare versions,
// predict and explain, roll back, see it in the ledger.
import { base, check, conclude, launch, reader } from "./browser.mjs";

const browser = await launch(), page = await reader(browser), troubles = [], steps = [];
const began = Date.now();
async function step(what, act) {
  const from = Date.now();
  await act();
  steps.push(`${what} ${((Date.now() - from) / 1000).toFixed(1)} s`);
}

try {
  let versions;
  await step("run now", async () => {
    await page.goto(`${base}/ui/`);
    await page.click("main .head button[type=submit]");
    await page.waitForURL(/\/ui\/pipeline/);
  });
  await step("watch the graph until the turn has ended", async () => {
    // the page draws itself again; nothing is reloaded here
    await page.waitForSelector(".node.run", { timeout: 20_000 });
    await page.waitForFunction(() => !document.querySelector(".node.run") && document.querySelectorAll(".node.ok").length >= 5, null, { timeout: 120_000 });
  });
  await step("read why", async () => {
    await page.click('nav.nav a[data-key="w"]');
    await page.click("main tbody tr:first-child a");
    await page.waitForURL(/\/ui\/decisions\/\d+/);
    check("a verdict", (await page.innerText("h1")).length > 20);
    check("what would have changed it", /would/i.test(await page.innerText("main")));
  });
  await step("compare the two newest versions", async () => {
    await page.click('nav.nav a[data-key="m"]');
    const picks = page.locator('main input[type="checkbox"]');
    versions = await picks.evaluateAll((all) => all.map((one) => Number(one.value)));
    for (const box of await picks.all()) if (await box.isChecked()) await box.uncheck();
    await picks.nth(0).check();
    await picks.nth(1).check();
    await page.click('main button[form="compare"]');
    await page.waitForURL(/\/ui\/models\/compare/);
    check("settings that differ", await page.locator("main table").count() > 0);
  });
  await step("predict and explain", async () => {
    await page.click('nav.nav a[data-key="x"]');
    await page.waitForURL(/\/ui\/predict/);
    const numbers = page.locator('main form input[type="number"]');
    for (const input of await numbers.all()) if (!await input.inputValue()) await input.fill(await input.getAttribute("min") ?? "3");
    await page.click("main form button[type=submit]");
    await page.waitForSelector(".big");
    check("a figure", /\d/.test(await page.innerText(".big")));
    check("its reasons", await page.locator(".shap, svg.tw-chart").count() > 0);
  });
  await step("roll back", async () => {
    await page.click('nav.nav a[data-key="m"]');
    await page.click('main a[href*="/rollback"]');
    await page.fill("dialog[open] textarea, main textarea", "tried by a test");
    await page.click("dialog[open] button[type=submit], main form[action*=rollback] button[type=submit]");
    await page.waitForLoadState("load");
    check("no refusal", !/not done/i.test(await page.innerText("h1")));
  });
  await step("see it in the ledger", async () => {
    const ready = await (await page.request.get(`${base}/ready`)).json();
    check(`version ${versions[0]} still answers`, String(ready.model_version) !== String(versions[0]));
    await page.goto(`${base}/ui/models/${ready.model_version}`);
    check("the reason in the ledger", (await page.innerText("main")).includes("tried by a test"));
  });
  troubles.push(...page.troubles);
} catch (error) {
  troubles.push(`after ${steps.at(-1) ?? "nothing"}, at ${page.url()}: ${error.message}`);
}
await browser.close();
conclude("story", troubles, `${steps.join(", ")}; ${((Date.now() - began) / 1000).toFixed(0)} s in all`);
