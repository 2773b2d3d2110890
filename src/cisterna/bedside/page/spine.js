// The spine of the page: what the modes say about the delivery of the answer, or about one she tries.
// Everything here is redrawn at once, without Python; nothing here changes an order.

import { made } from "./controls.js";
import { figure } from "./figures.js";
import { levelsOf, meanRate, nothing, periodic, run, settled, swing, walk } from "./modes.js";
import { spinePicture } from "./picture.js";

const BOLUS_H = 1 / 6;
const SHOWN_H = 48;
const LUMBAR = ["L3", "L4", "L5"];
const MCG_ML = 1e-3;

const element = (id) => document.getElementById(id);
const largest = (levels) => levels.reduce((a, b) => Math.max(a, b), 0);

// Deliveries -------------------------------------------------------------------------------------

const times = (delivery, share) => delivery.map(([hours, rate]) => [hours, rate * share]);

// The cycle of what is tried: `schedule` is "ordered" or the number of boluses a day, 0 for none.
function cycleOf(drug, { share, schedule }) {
  if (schedule === "ordered") return times(drug.cycle, share);
  const count = Number(schedule);
  const rate = drug.mg_per_h * share;
  if (count === 0) return [[24, rate]];
  const period = 24 / count;
  return [[BOLUS_H, (rate * period) / BOLUS_H], [period - BOLUS_H, 0]];
}

// What leaves the tip from the fill on; a schedule of her own leaves out what the line holds.
function deliveryOf(drug, tried, bridged) {
  if (tried.schedule !== "ordered") {
    const cycle = cycleOf(drug, tried);
    return Array(tried.schedule === "0" ? 2 : Number(tried.schedule) * 2).fill(cycle).flat();
  }
  const { cases } = drug;
  return times(cases.ordered ?? (bridged ? cases.bridged : cases.omitted), tried.share);
}

// What is seen -----------------------------------------------------------------------------------

// The old order, settled: its modes at the fill and its mean levels; null where there is none.
function settledBefore(modes, { before }) {
  if (!before) return null;
  const { tip, cycle } = before;
  const y = periodic(modes, tip, cycle);
  const at = { y, rate: cycle.at(-1)[1] };
  return { y, levels: settled(modes, tip, meanRate(cycle)), atFill: levelsOf(modes, tip, at) };
}

// Levels of all outputs under what is tried, at an hour or settled, with the swing of a cycle.
function seen(modes, drug, before, tried, { hour, isSettled, bridged }) {
  const zero = nothing(modes);
  if (!isSettled && hour === 0) {
    return { levels: before?.atFill ?? levelsOf(modes, tried.tip, { y: zero, rate: 0 }) };
  }
  if (!isSettled) {
    const state = run(modes, tried.tip, deliveryOf(drug, tried, bridged), hour, before?.y ?? zero);
    return { levels: levelsOf(modes, tried.tip, state) };
  }
  const cycle = cycleOf(drug, tried);
  const found = { levels: settled(modes, tried.tip, meanRate(cycle)) };
  return cycle.length > 1 ? { ...found, ...swing(modes, tried.tip, cycle) } : found;
}

// The highest level of the two days in any case, and settled: an axis that stays while she looks.
function highest(modes, drug, before, ordered, band) {
  const every = [settled(modes, ordered.tip, drug.mg_per_h), ...(before ? [before.levels] : [])];
  for (const delivery of Object.values(drug.cases)) {
    every.push(...walk(modes, ordered.tip, delivery, SHOWN_H, before?.y));
  }
  return Math.max(...every.map((levels) => band(levels, ordered.tip).highest));
}

// The part of the page ---------------------------------------------------------------------------

export function spinePart(given) {
  const names = given.modes[Object.keys(given.modes)[0]].outputs;
  const spots = names.slice(0, given.modes[Object.keys(given.modes)[0]].tips.length);
  const picture = spinePicture(given.place, names, spots.length);
  const control = Object.fromEntries(
    ["spine-hour", "spine-settled", "spine-drug", "try-tip", "try-dose", "try-schedule"].map((id) => [id, element(id)]),
  );
  let course = null;
  let drug = null;
  let fixed = null;
  let bridged = false;
  let last = "";
  let begun = "";
  const twin = element("spine-bridged");
  const theTick = element("bridged");

  control["try-tip"].max = spots.length - 1;
  element("spine-assumptions").append(...given.assumptions.map((words) => made("li", {}, words)));

  const band = (levels, tip) => {
    const { low, high } = given.modes[drug.id];
    const n = spots.indexOf(tip);
    const level = [...levels];
    const ends = { low: level.map((c, row) => c * low[row][n]), high: level.map((c, row) => c * high[row][n]) };
    return { ...ends, highest: largest(ends.high.slice(0, spots.length)) };
  };
  const asOrdered = () => ({ tip: course.tip, share: 1, schedule: "ordered" });
  const tried = () => ({
    tip: spots[control["try-tip"].valueAsNumber],
    share: control["try-dose"].valueAsNumber / 100,
    schedule: control["try-schedule"].value,
  });
  const isTrying = (one) => one.tip !== course.tip || one.share !== 1 || one.schedule !== "ordered";

  function back() {
    control["try-tip"].value = spots.indexOf(course.tip);
    control["try-dose"].value = 100;
    control["try-schedule"].value = "ordered";
  }

  function choose() {
    drug = course.drugs.find((one) => one.id === control["spine-drug"].value) ?? course.drugs[0];
    const modes = given.modes[drug.id];
    const before = settledBefore(modes, drug);
    const most = highest(modes, drug, before, asOrdered(), band);
    const unit = most >= MCG_ML ? { name: "mcg/mL", size: 1e-3 } : { name: "ng/mL", size: 1e-6 };
    fixed = { modes, before, most, unit };
    control["try-dose"].disabled = !drug.mg_per_h;
    redraw();
  }

  function redraw() {
    const { modes, before, most, unit } = fixed;
    const view = { hour: control["spine-hour"].valueAsNumber, isSettled: control["spine-settled"].checked, bridged };
    const now = tried();
    const trying = isTrying(now);
    const shown = seen(modes, drug, before, now, view);
    const then = trying ? seen(modes, drug, before, asOrdered(), view).levels : before?.levels ?? null;
    const range = band(shown.levels, now.tip);
    const moment = view.isSettled ? "settled" : `${view.hour} h after the fill`;
    const dose = `${figure(drug.daily * now.share)} ${drug.unit}`;
    const { selectedOptions: [chosen] } = control["try-schedule"];
    const said = `${dose} at ${now.tip}${now.schedule === "ordered" ? "" : `, ${chosen.text}`}`;
    say(now, dose, moment, view);
    picture.draw({
      ...{ ...shown, then, unit, trying, moment, persons: given.persons },
      ...{ tip: now.tip, row: spots.indexOf(now.tip), range, name: drug.name },
      most: Math.max(most, range.highest, largest((shown.high ?? []).slice(0, spots.length))),
      caption: `${drug.name} along the spine, ${trying ? `tried: ${said}, ` : ""}${moment}`,
      lumbar: (levels) => LUMBAR.reduce((sum, name) => sum + levels[spots.indexOf(name)], 0) / LUMBAR.length,
    });
  }

  function say(now, dose, moment, { isSettled }) {
    const percent = Math.round(now.share * 100);
    const ordered = percent === 100 ? "as ordered" : `${percent} % of the order`;
    const words = {
      "spine-hour": moment,
      "try-tip": `${now.tip}${now.tip === course.tip ? ", as ordered" : ""}`,
      "try-dose": `${dose}, ${ordered}`,
    };
    for (const [id, text] of Object.entries(words)) {
      control[id].setAttribute("aria-valuetext", text);
      element({ "spine-hour": "spine-moment" }[id] ?? `${id}-now`).textContent = text;
    }
    control["spine-hour"].disabled = isSettled;
    element("try-back").disabled = !isTrying(now);
  }

  function tryIt() {
    control["spine-settled"].checked = true;
    redraw();
  }

  for (const id of ["try-tip", "try-dose", "try-schedule"]) control[id].addEventListener("input", tryIt);
  for (const id of ["spine-hour", "spine-settled"]) control[id].addEventListener("input", redraw);
  control["spine-drug"].addEventListener("input", choose);
  twin.addEventListener("input", () => theTick.click());
  element("spine-table").addEventListener("toggle", () => drug && redraw());
  element("try-back").addEventListener("click", () => {
    back();
    redraw();
    control["try-tip"].focus();
  });

  function start() {
    const { drugs, refusals, start: words } = course;
    element("spine-refusals").replaceChildren(...refusals.map((text) => made("p", {}, text)));
    element("spine-drawn").hidden = !drugs.length;
    element("spine-drugs").hidden = drugs.length < 2;
    control["spine-drug"].replaceChildren(...drugs.map(({ id, name }) => made("option", { value: id }, name)));
    if (!drugs.length) return;
    picture.start(words);
    twin.parentElement.hidden = Boolean(drugs[0].cases.ordered);
    const moment = `${course.hour} ${Boolean(drugs[0].before)}`;
    if (moment !== begun) {
      begun = moment;
      control["spine-hour"].value = course.hour;
      control["spine-settled"].checked = !drugs[0].before;
    }
    back();
    choose();
  }

  return {
    // The answer's delivery; where it is the one shown already, what she looks at stays.
    show(found, isBridged) {
      element("spine").hidden = !found;
      bridged = isBridged;
      twin.checked = bridged;
      const text = JSON.stringify(found ?? null);
      if (text === last) return;
      last = text;
      course = found;
      drug = null;
      if (found) start();
    },
    // The next answer is shown from its own moment, whatever she looked at before.
    forget() {
      last = "";
      begun = "";
    },
    bridge(isBridged) {
      bridged = isBridged;
      twin.checked = bridged;
      if (drug) redraw();
    },
  };
}
