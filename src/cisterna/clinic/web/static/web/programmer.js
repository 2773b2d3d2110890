// The order on the bench: each change is worked out by the server and redrawn; a dragged dose too.
// Nothing here decides or records; only the newest answer is shown.

import { spinePart } from "../bedside/spine.js";

const WAIT_MS = 80;
const by = (id) => document.getElementById(id);
const form = by("order");
const place = by("plan");
let spine = null;
let latest = null;
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
  spine?.show(found, true);
  by("says").textContent = found ? "Worked out as entered." : "Not an order yet.";
  place.removeAttribute("aria-busy");
  document.body.dataset.ready = "true";
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
  const [, number, unit] = /^\s*([0-9.]+)\s*(\S+)\s*$/.exec(from) ?? [];
  if (!number) return;
  const value = Number(((Number(number) * drag.valueAsNumber) / 100).toPrecision(3));
  dose.value = `${value} ${unit}`;
  by("drag-now").textContent = dose.value;
  changed();
}
function typed() {
  from = dose.value;
  drag.value = 100;
  by("drag-now").textContent = from;
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
