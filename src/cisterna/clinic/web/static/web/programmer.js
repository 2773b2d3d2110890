// The order on the bench: each change is worked out by the server and redrawn; a dragged dose too.
// Until its answer is here the spine and the date are reckoned from the last one: both go by the
// dose. Nothing here decides or records; only the newest answer is shown.

import { spinePart } from "../bedside/spine.js";

const WAIT_MS = 80;
const PARTS = /^\s*([0-9.]+)\s*(\S+)\s*$/;
const by = (id) => document.getElementById(id);
const form = by("order");
const place = by("plan");
let spine = null;
let latest = null;
let live = null;
let timer;
let asked = 0;

async function ask() {
  asked += 1;
  const mine = asked;
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.dataset.plan, { method: "POST", body: new FormData(form) });
    if (!answer.ok || answer.redirected) throw new Error("the clinic did not answer");
    const html = await answer.text();
    if (mine === asked) show(html);
  } catch (problem) {
    if (mine !== asked) return;
    place.replaceChildren();
    latest = null;
    spine?.show(null);
    by("says").textContent = `No plan is shown: ${problem.message}.`;
  }
}

function show(html) {
  place.innerHTML = html;
  const found = JSON.parse(by("course").textContent);
  latest = found;
  live = JSON.parse(by("live")?.textContent ?? "null");
  by("live-date").textContent = "";
  spine?.show(found, true);
  by("says").textContent = found ? "Worked out as entered." : "Not an order yet.";
  place.removeAttribute("aria-busy");
  document.body.dataset.ready = "true";
}

// At once, in this frame: what the last answer becomes with another dose of the same mode.
function reckon() {
  const [, number, unit] = PARTS.exec(dose.value) ?? [];
  if (!live || !latest || unit !== live.unit || !Number(number)) return;
  const share = Number(number) / live.dose;
  const times = (pieces) => pieces.map(([hours, rate]) => [hours, rate * share]);
  const scaled = (drug) => ({
    ...drug,
    daily: drug.daily * share,
    mg_per_h: drug.mg_per_h * share,
    cycle: times(drug.cycle),
    cases: drug.cases.ordered ? { ordered: times(drug.cases.ordered) } : drug.cases,
  });
  spine?.show({ ...latest, drugs: latest.drugs.map(scaled) }, true);
  if (!live.low) return;
  const filled = Date.parse(live.filled);
  const low = new Date(filled + (Date.parse(live.low) - filled) / share);
  by("live-date").textContent = `Low-reservoir alarm about ${low.toISOString().slice(0, 10)}, being worked out`;
}

function changed() {
  clearTimeout(timer);
  timer = setTimeout(ask, WAIT_MS);
}

// Dragging is the clinician's own hand on her own field; it begins anew from what she types.
const dose = by("infusion.daily_dose");
const drag = by("drag");
let from = "";
function dragged() {
  const [, number, unit] = PARTS.exec(from) ?? [];
  if (!number) return;
  const value = Number(((Number(number) * drag.valueAsNumber) / 100).toPrecision(3));
  dose.value = `${value} ${unit}`;
  by("drag-now").textContent = dose.value;
  requestAnimationFrame(reckon);
  changed();
}
function typed() {
  from = dose.value;
  drag.value = 100;
  by("drag-now").textContent = from;
  requestAnimationFrame(reckon);
}
drag.addEventListener("input", (event) => {
  event.stopPropagation();
  dragged();
});
dose.addEventListener("input", typed);
form.addEventListener("input", changed);
typed();
ask();
// The modes are the same for everybody and take a while the first time: the plan does not wait.
fetch(form.dataset.spine).then((answer) => answer.json()).then((modes) => {
  spine = spinePart(modes);
  spine.show(latest, true);
  document.body.dataset.spine = "true";
});
