// Every page that a link leads to, for each kind of reader. A second argument names the only width to try.
import { base, conclude, findings, launch, reader, wrong } from "./browser.mjs";

// So many pages of one kind: more of them show no more.
const OF_A_KIND = 1;
const SOME_QUERIES = ["/ui/?until=2", "/ui/decisions?action=skip", "/ui/models?at=2000-01-01T00:00", "/ui/search?q=nothing-is-called-that"];

/** The route of a path: numbers, hashes and queries left out. */
const kind = (url) => `${url.pathname.replace(/\/[0-9a-f]{32}\b/g, "/ID").replace(/\/\d+/g, "/N")}?${[...url.searchParams.keys()].sort().join("&")}`;

async function crawl(browser) {
  const page = await reader(browser);
  const kinds = new Map(), pages = [], queue = ["/ui/", ...SOME_QUERIES], seen = new Set(queue);
  while (queue.length) {
    const path = queue.shift();
    const answer = await page.request.get(base + path).catch((error) => ({ ok: () => false, status: () => error.message.split("\n")[0] }));
    if (!answer.ok()) { pages.broken = [...(pages.broken ?? []), `${answer.status()} at ${path}`]; continue; }
    if (!(answer.headers()["content-type"] ?? "").startsWith("text/html") || answer.headers()["content-disposition"]) continue;
    const text = await answer.text();
    pages.push({ path, bytes: Buffer.byteLength(text) });
    for (const [, href] of text.matchAll(/<a\b[^>]*\bhref="([^"#]+)/g)) {
      const url = new URL(href.replaceAll("&amp;", "&"), base + path);
      if (url.origin !== base || !url.pathname.startsWith("/ui") || url.pathname === "/ui/preference" || seen.has(url.href)) continue;
      seen.add(url.href);
      const count = kinds.get(kind(url)) ?? 0;
      kinds.set(kind(url), count + 1);
      if (count < OF_A_KIND) queue.push(url.pathname + url.search);
    }
  }
  await page.context().close();
  return pages;
}

const began = Date.now(), browser = await launch(), pages = await crawl(browser), troubles = [...(pages.broken ?? [])];
for (const { path, bytes } of pages) if (bytes > 60 * 1024) troubles.push(`${path}: ${bytes} bytes`);
const widths = process.argv[3] ? [Number(process.argv[3])] : [390, 1440];
const readers = widths.flatMap((width) => ["light", "dark"].flatMap((theme) => ["en", "es"].map((lang) => ({ width, theme, lang }))));
let shown = 0;

/** All pages as one reader sees them. */
async function read({ width, theme, lang }) {
  const page = await reader(browser, { width, theme, lang });
  await page.addInitScript(() => {
    window.shifted = { by: 0, what: [] };
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) {
        window.shifted.by += entry.value;
        window.shifted.what.push(...entry.sources.map(({ node, previousRect: a, currentRect: b }) => `${node?.nodeName} ${node?.className ?? node?.textContent} from ${a.x},${a.y} ${a.width}x${a.height} to ${b.x},${b.y} ${b.width}x${b.height}`));
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  const careful = (width === 390 && theme === "light" && lang === "es") || (width === 1440 && theme === "dark" && lang === "en");
  for (const { path } of pages) {
    page.troubles.length = 0;
    await page.goto(base + path, { waitUntil: "load" });
    const found = [...page.troubles, ...await wrong(page)];
    if (await page.getAttribute("html", "lang") !== lang) found.push("another language");
    const shift = await page.evaluate(() => window.shifted);
    if (shift.by > 0.01) found.push(`layout shift ${shift.by.toFixed(3)}: ${shift.what.join("; ")}`);
    if (careful) found.push(...await findings(page));
    if (process.env.SOON) found.forEach((one) => console.error(`${path} at ${width} ${theme} ${lang}: ${one}`));
    troubles.push(...found.map((one) => `${path} at ${width} ${theme} ${lang}: ${one}`));
    shown += 1;
  }
  await page.context().close();
}

const all = async () => { while (readers.length) await read(readers.shift()); };
await Promise.all([all(), all(), all()]);
await browser.close();
conclude("pages", troubles, `${pages.length} pages, ${shown} times shown in ${((Date.now() - began) / 1000).toFixed(0)} s, largest ${Math.max(...pages.map((one) => one.bytes))} bytes`);
