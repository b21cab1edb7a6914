// What stands on the pages of models is what the command line prints: `models list --format json` on stdin.
import { readFileSync } from "node:fs";
import { base, conclude, launch, reader } from "./browser.mjs";

const versions = JSON.parse(readFileSync(0, "utf8")), browser = await launch(), page = await reader(browser), troubles = [];
let compared = 0;
for (const version of versions) {
  await page.goto(`${base}/ui/models/${version.version}`);
  const shown = await page.$$eval("[data-metric]", (all) => all.map((one) => ({ name: one.dataset.metric, newest: Boolean(one.closest("[data-of=newest]")), v: Number(one.dataset.v), text: one.textContent })));
  for (const [newest, metrics] of [[false, version.metrics], [true, version.metrics_newest_batch]]) {
    for (const [name, metric] of Object.entries(metrics)) {
      const here = shown.filter((one) => one.name === name && one.newest === newest);
      if (!here.length) { troubles.push(`v${version.version}: ${name}${newest ? " of the newest batch" : ""} is not shown`); continue; }
      for (const one of here) {
        compared += 1;
        if (Math.abs(one.v - metric.value) > 1e-9 * Math.abs(metric.value)) troubles.push(`v${version.version}: ${name} is ${one.v} on the page and ${metric.value} on the command line`);
      }
    }
  }
}
await browser.close();
if (!compared) troubles.push("nothing was compared");
conclude("figures", troubles, `${versions.length} versions, ${compared} figures`);
