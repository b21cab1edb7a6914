// Pictures of the pages for the documentation: node screenshots.mjs BASE FOLDER
import { base, launch, reader } from "./browser.mjs";

const folder = process.argv[3] ?? "docs/img";
const PICTURES = [
  { name: "overview", path: "/ui/" },
  { name: "overview-dark-es", path: "/ui/", theme: "dark", lang: "es" },
  { name: "overview-phone", path: "/ui/", width: 390, height: 844 },
  { name: "decision", path: "/ui/decisions/4" },
  { name: "drift", path: "/ui/drift" },
  { name: "models", path: "/ui/models" },
  { name: "compare", path: "/ui/models/compare?a=6&b=7" },
  { name: "predict", path: "/ui/predict", fill: true },
  { name: "pipeline", path: "/ui/pipeline?turn=7" },
  { name: "data", path: "/ui/batches" },
];

const browser = await launch();
for (const { name, path, theme, lang, width = 1440, height, fill } of PICTURES) {
  const page = await reader(browser, { theme, lang, width });
  await page.goto(base + path, { waitUntil: "load" });
  if (fill) {
    await page.click("main form button[type=submit]");
    await page.waitForLoadState("load");
  }
  await page.waitForSelector("#live .dot:not(.off)");
  await page.screenshot({ path: `${folder}/ui-${name}.png`, fullPage: !height, clip: height && { x: 0, y: 0, width, height } });
  for (const trouble of page.troubles) console.error(`${path}: ${trouble}`);
  await page.context().close();
}
await browser.close();
