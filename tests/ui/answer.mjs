// A turn that waits is answered by clicks, by a reader of Spanish: without a reason first, then with one, then again.
import { base, check, conclude, launch, reader } from "./browser.mjs";

const browser = await launch(), page = await reader(browser, { lang: "es", theme: "dark" }), troubles = [];
const REASON = "la isla es nuestra <b>ahora</b>";

try {
  await page.goto(`${base}/ui/`);
  await page.click('main a[href*="/ui/decisions/2"]');
  await page.waitForURL(/\/ui\/decisions\/2/);
  const waiting = page.url();
  check("the question", await page.locator("#answer form").count() === 1);

  // the same form in another window, begun now and sent when the answer has been given
  const late = await page.context().newPage();
  await late.goto(waiting);
  await late.fill("#reason", "otra vez");

  // what is wrong is told at the field, in the reader's language; what was chosen stays
  await page.evaluate(() => document.querySelector("#reason").removeAttribute("required"));
  await page.fill("#reason", "   ");
  await page.click('#answer button[value="retrain"]');
  await page.waitForSelector("#wrong-reason");
  check("in Spanish", /por qué/i.test(await page.innerText("#wrong-reason")));

  await page.fill("#reason", REASON);
  await page.click('#answer button[value="retrain"]');
  await page.waitForFunction(() => !document.querySelector("#answer form"));
  check("no refusal", !/no se hizo/i.test(await page.innerText("h1")));

  await page.goto(`${base}/ui/pipeline?turn=2`);
  await page.waitForFunction(() => !document.querySelector(".node.run") && document.querySelectorAll(".node.ok").length >= 5, null, { timeout: 120_000 });
  await page.goto(waiting);
  check("the reason stands in the decision", (await page.innerText("main")).includes(REASON));
  check("a version came of it", await page.locator('main a[href="/ui/models/2"]').count() > 0);

  await late.click('#answer button[value="skip"]');
  await late.waitForLoadState("load");
  check("once is once", !(await late.innerText("main")).includes("otra vez"));
  troubles.push(...page.troubles.filter((one) => !one.includes("422")));
} catch (error) {
  troubles.push(`at ${page.url()}: ${error.message}`);
}
await browser.close();
conclude("answer", troubles, "a turn that waited went on");
