// The page: two orders, one question at a time to Python, and its answer in its places.

import { startPython } from "./client.js";
import { control, made } from "./controls.js";
import { figure } from "./figures.js";
import { levelsOf, run, settled } from "./modes.js";
import { orderPane } from "./pane.js";
import { spinePart } from "./spine.js";

const WAIT_MS = 120;
const LONGEST_MS = 30_000;
const data = JSON.parse(document.getElementById("data").textContent);
const by = (id) => document.getElementById(id);
const places = new Map([...document.querySelectorAll("[data-part]")].map((e) => [e.dataset.part, e]));
const OWN = ["results", "residual", "spine"];
const VISIT = [
  { key: "order", label: "Order that was running", kind: "choice", words: ["old", "new"],
    names: { old: "the old order", new: "the new order" }, unsaid: "choose" },
  { key: "measured", label: "Volume drawn out", kind: "amount", units: ["mL"] },
  { key: "at", label: "Time of this visit", kind: "moment" },
  { key: "boluses", label: "Patient doses since the fill", kind: "whole" },
  { key: "pump_says", label: "Volume the pump reports", kind: "amount", units: ["mL"] },
];

// What is read aloud, and what stands above everything --------------------------------------------

const status = by("status");
const bar = by("bar");
function say(words, kind) {
  if (status.textContent !== words) status.textContent = words;
  bar.className = `bar ${kind}`;
}

let stage = 0;
function loading(words) {
  stage += 1;
  by("progress").value = stage;
  say(`${words} … The example below was worked out when this page was made.`, "plain");
}

// Python ------------------------------------------------------------------------------------------

let failed = false;
const python = new Promise((resolve) => {
  // First let the page be painted, then load.
  requestAnimationFrame(() => setTimeout(() => resolve(startPython(data.lock, loading)), 0));
});
python.then(
  () => {
    by("progress").hidden = true;
    document.body.dataset.ready = "true";
    ask();
  },
  (problem) => fail(`Python did not start: ${problem.message}. Use a browser of 2023 or newer.`),
);

function fail(words) {
  failed = true;
  by("progress").hidden = true;
  clear();
  say(words, "danger");
}

// The orders --------------------------------------------------------------------------------------

by("products").append(
  ...Object.values(data.form.products).flat().map((value) => made("option", { value })),
);
const panes = {
  old: orderPane("old", "Old order", data.form, python),
  new: orderPane("new", "New order", data.form, python),
};
const spine = spinePart(data.spine);
const hasOld = by("has-old");
const bridged = by("bridged");
const same = made("button", { type: "button" }, "Patient, pump and catheter as in the old order");
panes.new.tools.append(same);
same.addEventListener("click", () => {
  const { patient, pump, catheter } = panes.old.form.read();
  panes.new.put({ ...panes.new.form.read(), patient, pump, catheter });
});

const visit = VISIT.map((field) => [field, control({ ...field, path: `visit.${field.key}` }, "visit")]);
by("visit-fields").append(...visit.map(([, part]) => part.element));

function visited() {
  const given = {};
  for (const [{ key }, part] of visit) {
    const value = part.read();
    if (value !== undefined) given[key] = value.number ? `${value.number} ${value.unit}` : value;
  }
  return given;
}

// Question and answer -----------------------------------------------------------------------------

const oldText = () => (hasOld.checked ? panes.old.text() : null);
let timer;
let busy = false;
let again = false;

function changed() {
  places.get("results").setAttribute("aria-busy", "true");
  if (!document.body.dataset.ready && !failed) clear("Python is still starting: your change is worked out as soon as it runs.");
  clearTimeout(timer);
  timer = setTimeout(ask, WAIT_MS);
}

async function ask() {
  if (failed || !document.body.dataset.ready) return;
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  const late = setTimeout(
    () => fail("No plan: this order takes too long to work out. Save it as text and load the page again."),
    LONGEST_MS,
  );
  try {
    const { ask: question } = await python;
    const found = await question("answer", oldText(), panes.new.text(), bridged.checked, visited());
    if (!failed) show(found);
  } catch (problem) {
    clear();
    say(`No plan: the page itself failed (${problem.message}). Tell the makers.`, "danger");
  }
  clearTimeout(late);
  busy = false;
  if (again) {
    again = false;
    ask();
  } else places.get("results").removeAttribute("aria-busy");
}

function clear(words = "") {
  for (const [name, place] of places) if (!OWN.includes(name)) place.replaceChildren();
  places.get("residual").replaceChildren();
  spine.show(null);
  if (words) places.get("story").append(made("p", { class: "plain" }, words));
}

// New pieces take the place of old ones; what she has opened or closed stays so.
function put(place, html) {
  const open = new Map([...place.querySelectorAll("details")].map((d, n) => [n, d.open]));
  place.innerHTML = html;
  place.querySelectorAll("details").forEach((d, n) => {
    d.open = open.get(n) ?? false;
  });
}

function show(found) {
  for (const [name, place] of places) {
    if (!OWN.includes(name)) put(place, found.html[name] ?? "");
  }
  put(places.get("residual"), found.residual?.html ?? "");
  spine.show(found.spine, bridged.checked);
  by("bridge-choice").hidden = !found.bridge_needed;
  document.body.classList.toggle("unbridged", Boolean(found.bridge_needed) && !bridged.checked);
  for (const side of ["old", "new"]) {
    panes[side].form.mark(found.problems.filter((p) => p.pane === side));
  }
  by("paper").disabled = !found.html.verdict;
  say(`${found.words.headline} ${found.words.verdict}`, found.words.kind);
}

// What she does -----------------------------------------------------------------------------------

for (const pane of Object.values(panes)) pane.section.addEventListener("order-changed", changed);
bridged.addEventListener("input", () => {
  spine.bridge(bridged.checked);
  changed();
});
by("visit-fields").addEventListener("input", changed);
hasOld.addEventListener("input", () => {
  panes.old.section.classList.toggle("off", !hasOld.checked);
  changed();
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-key]");
  if (!link || !panes[link.dataset.pane]) return;
  event.preventDefault();
  panes[link.dataset.pane].reveal(link.dataset.key);
});
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => event.preventDefault());

by("accident").addEventListener("click", () => {
  spine.forget();
  hasOld.checked = true;
  panes.old.section.classList.remove("off");
  bridged.checked = false;
  for (const side of ["old", "new"]) panes[side].start(data.start[side]);
  changed();
});

by("paper").addEventListener("click", async () => {
  const { ask: question } = await python;
  const found = await question("paper", oldText(), panes.new.text());
  if (!found.html) {
    say(`No sheet: ${found.because}`, "danger");
    return;
  }
  const address = URL.createObjectURL(new Blob([found.html], { type: "text/html;charset=utf-8" }));
  const link = made("a", { href: address, target: "_blank" }, "The sheet is ready: open it here.");
  if (!window.open(address, "_blank")) by("paper").after(link);
  setTimeout(() => URL.revokeObjectURL(address), 600_000);
});

for (const side of ["old", "new"]) panes[side].start(data.start[side]);
spine.show(data.course, bridged.checked);
// For tests and for whoever wants the answer as data.
globalThis.cisterna = {
  ask: async (...given) => (await python).ask(...given),
  spine: { modes: data.spine.modes, settled, run, levelsOf, figure },
};
