// The little script of the pages. Each works without it; it adds copying, dialogs, keys, files of charts and life.
"use strict";
const $ = (selector, from = document) => from.querySelector(selector);
const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
const words = document.body.dataset;
const say = (text) => { const box = $("#said"); if (box) box.textContent = text; };

// Copying: of what data-copy holds, or of the page's address where it holds nothing.
async function copy(button) {
  try { await navigator.clipboard.writeText(button.dataset.copy || location.href); say(words.copied); } catch { say(words.refused); return; }
  button.classList.add("done"); setTimeout(() => button.classList.remove("done"), 1200);
}

// A chart as a file: the SVG with the page's colours written in, or the table below it as CSV.
function save(button) {
  const figure = button.closest("figure"), kind = button.dataset.save;
  let text;
  if (kind === "csv") {
    const quote = (cell) => /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
    text = $$("tr", figure).map((row) => $$("th,td", row).map((cell) => quote(cell.textContent)).join(",")).join("\r\n");
  } else {
    const shown = $$("svg.tw-chart", figure).find((one) => one.getClientRects().length) || $("svg", figure);
    const colours = getComputedStyle(document.documentElement);
    text = new XMLSerializer().serializeToString(shown).replace(/var\((--[\w-]+)\)/g, (_, name) => colours.getPropertyValue(name).trim());
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: kind === "csv" ? "text/csv" : "image/svg+xml" }));
  link.download = `${figure.dataset.name || "chart"}.${kind}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

document.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest(selector);
  const copier = at("[data-copy]"), saver = at("[data-save]"), opener = at("[data-open]"), closer = at("dialog [data-close]"), shower = at("[data-switch] button");
  if (copier) copy(copier);
  if (saver) save(saver);
  if (opener) { const dialog = document.getElementById(opener.dataset.open); if (dialog) { event.preventDefault(); dialog.showModal(); } }
  if (closer) { event.preventDefault(); closer.closest("dialog").close(); }
  if (shower) {
    const group = shower.parentElement;
    $$("button", group).forEach((other) => other.setAttribute("aria-pressed", String(other === shower)));
    $(group.dataset.switch).dataset.show = shower.value;
  }
});

// An action is sent once.
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  event.target.dataset.sent = "1";
  setTimeout(() => { delete event.target.dataset.sent; }, 8000);
});

// What is drawn when a page, or a part of it, is shown.
function shown(from) {
  $$("[data-to-end]", from).forEach((box) => { box.scrollLeft = box.scrollWidth; });
  $$("[data-to-running]", from).forEach((box) => { const now = $(".node.run", box); if (now) box.scrollLeft = now.getBoundingClientRect().left - box.getBoundingClientRect().left - box.clientWidth / 3; });
  $$("[data-follow]", from).forEach((box) => { box.scrollTop = box.scrollHeight; });
  $$("form[data-now] select, form[data-now] input[type=checkbox]", from).forEach((input) => input.addEventListener("change", () => input.form.requestSubmit()));
}
shown(document);

// What if: a slider and its number are one value. The answer is asked for at most each 80 ms; a late one is dropped.
const what = $("form[data-what-if]");
if (what) {
  const first = $("#answer").dataset.value || "";
  let timer, asked = 0, drawn = 0;
  const ask = async () => {
    timer = undefined;
    const mine = ++asked, query = new URLSearchParams(new FormData(what));
    try {
      const answer = await fetch(`${what.dataset.whatIf}?${query}`, { headers: { "x-asked": first } });
      const text = await answer.text();
      if (!answer.ok || mine < drawn) return;
      drawn = mine;
      for (const part of [...new DOMParser().parseFromString(text, "text/html").body.children]) document.getElementById(part.id)?.replaceWith(part);
      $$("[aria-describedby]", what).forEach((input) => input.setAttribute("aria-invalid", String(!!$(".wrong", document.getElementById(input.getAttribute("aria-describedby"))))));
      history.replaceState(null, "", `${what.getAttribute("action")}?${query}`);
      say($("#answer .big")?.textContent || "");
    } catch { /* the next change asks again */ }
  };
  what.addEventListener("input", (event) => {
    const at = event.target, other = at.dataset.of ? document.getElementById(at.dataset.of) : $$("[data-of]", what).find((one) => one.dataset.of === at.id);
    if (other) other.value = at.value;
    timer ??= setTimeout(ask, 80);
  });
}

// Keys.
let going = false;
function row(step) {
  const rows = $$("main tbody tr").filter((one) => $("a", one) && one.getClientRects().length);
  if (!rows.length) return;
  const here = rows.findIndex((one) => one.contains(document.activeElement));
  $("a", rows[Math.min(rows.length - 1, Math.max(0, here < 0 ? 0 : here + step))]).focus();
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || $("dialog[open]")) return;
  const key = event.key;
  if (going) { going = false; const link = $(`[data-key="${CSS.escape(key)}"]`); if (link) { event.preventDefault(); link.click(); } return; }
  const act = {
    g: () => { going = true; setTimeout(() => { going = false; }, 1200); },
    "?": () => $("#keys").showModal(),
    "/": () => $("#q")?.focus(),
    t: () => $("#theme")?.click(),
    j: () => row(1), k: () => row(-1),
    "[": () => $("[data-older]")?.click(), "]": () => $("[data-newer]")?.click(),
  }[key];
  const arrows = { ArrowDown: 1, ArrowUp: -1 }[key];
  if (act) { event.preventDefault(); act(); } else if (arrows && document.activeElement?.closest("tbody")) { event.preventDefault(); row(arrows); }
});

// Live: the server says what it rests on; where that is no longer what this page was drawn from, its live parts are
// asked for again and put in place. What a person holds or has opened stays.
const live = $("#live");
function mark(state, text) { const dot = $("i", live); dot.className = state === "on" ? "dot" : "dot off"; $("span", live).textContent = text; }
let last = 0, drawing = false, again = false;
async function redraw() {
  if (drawing) { again = true; return; }
  drawing = true;
  try {
    const answer = await fetch(location.href, { headers: { "x-part": "live" } });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.body.dataset.state = page.body.dataset.state;
      for (const part of $$("[data-part]")) {
        const other = page.getElementById(part.id);
        if (other && !part.contains(document.activeElement) && !$("dialog[open],details[open]", part) && part.innerHTML !== other.innerHTML) {
          const follow = $("[data-follow]", part), kept = follow && follow.scrollTop + follow.clientHeight < follow.scrollHeight - 40 ? follow.scrollTop : null;
          part.innerHTML = other.innerHTML; shown(part);
          if (kept !== null) $("[data-follow]", part).scrollTop = kept;
        }
      }
    }
  } catch { /* the next event tries again */ }
  drawing = false;
  if (again) { again = false; redraw(); }
}
function heard(state) {
  last = Date.now(); mark("on", words.live);
  // a page without a blank in its state rests on what stands before the blank only
  const mine = document.body.dataset.state;
  if ((mine.includes(" ") ? state : state.split(" ")[0]) !== mine) redraw();
}
let events;
function listen() {
  if (events || document.hidden || !window.EventSource) return;
  events = new EventSource("/ui/events");
  events.addEventListener("state", (event) => heard(event.data));
  events.addEventListener("beat", () => { last = Date.now(); mark("on", words.live); });
}
document.addEventListener("visibilitychange", () => {
  if (document.hidden) { events?.close(); events = undefined; } else listen();
});
addEventListener("pagehide", () => { events?.close(); events = undefined; });
setInterval(() => {
  if (document.hidden || Date.now() - last < 15000) return;
  mark("off", last ? words.stale.replace("{time}", new Date(last).toISOString().slice(11, 19)) : words.notLive);
  // where events are blocked, the page asks
  fetch("/ui/state").then((answer) => answer.ok ? answer.text() : Promise.reject()).then(heard).catch(() => {});
}, 5000);
listen();
// Figures that no event tells of.
const every = $("[data-every]")?.dataset.every;
if (every) setInterval(() => { if (!document.hidden) redraw(); }, every * 1000);
