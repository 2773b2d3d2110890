// The accident of the start page, hour by hour, with the bridge and without it. The numbers came with
// the page; nothing is worked out here.

import { figure } from "../bedside/figures.js";

const EACH_MS = 140;
const by = (id) => document.getElementById(id);
const scene = JSON.parse(by("numbers").textContent);
const root = by("accident");
const hour = by("hour");
const play = by("play");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let timer = null;

const { place } = scene;
const x = (value) => place.left + (value / scene.most) * (place.right - place.left);
const points = (values) => values.map((value, n) => `${x(value).toFixed(1)} ${place.top + (n + 0.5) * place.row}`);
const last = scene.dose.forgotten.length - 1;

function line(term, words) {
  const one = document.createElement("div");
  const dt = document.createElement("dt");
  const dd = document.createElement("dd");
  dt.textContent = term;
  dd.textContent = words;
  one.append(dt, dd);
  return one;
}

function draw() {
  const at = hour.valueAsNumber;
  const { case: which } = root.dataset;
  const given = scene.given[which][at];
  const meant = scene.given.bridged[0];
  const dose = scene.dose[which][Math.min(at, last)];
  by("spine-given").setAttribute("d", `M${points(given).join("L")}`);
  by("spine-over").setAttribute("d", which === "forgotten" ? `M${[...points(given), ...points(meant).reverse()].join("L")}Z` : "M0 0");
  const { left, right } = scene.hours;
  by("tip-hour").setAttribute("transform", `translate(${left + (at / hour.max) * (right - left)} 0)`);
  by("hour-now").textContent = at;
  by("spine-hour").textContent = `${at} h after the fill`;
  hour.setAttribute("aria-valuetext", `${at} h after the fill: ${figure(dose)} mg/day leaves the tip`);
  const name = scene.names[scene.tip];
  by("now").replaceChildren(
    line("Leaves the tip", `${figure(dose)} mg/day, ordered ${figure(scene.meant)}`),
    line(`Fluid at the tip, ${name}`, `${figure(given[scene.tip])} ${scene.unit}, ordered ${figure(meant[scene.tip])}`),
  );
}

function stop() {
  clearInterval(timer);
  timer = null;
  play.textContent = "Play";
}

function step() {
  hour.value = hour.valueAsNumber + 1;
  draw();
  if (hour.valueAsNumber >= Number(hour.max)) stop();
}

function start() {
  if (hour.valueAsNumber >= Number(hour.max)) hour.value = 0;
  timer = setInterval(step, EACH_MS);
  play.textContent = "Pause";
}

function turn(event) {
  event.preventDefault();
  root.dataset.case = event.currentTarget.dataset.to;
  history.replaceState(null, "", event.currentTarget.href);
  by("told").textContent = root.querySelector(`.of-${root.dataset.case} .verdict`).textContent;
  draw();
  root.querySelector(`.says .of-${root.dataset.case} .do`).focus();
}

for (const link of root.querySelectorAll("[data-to]")) link.addEventListener("click", turn);
hour.addEventListener("input", () => { stop(); draw(); });
play.addEventListener("click", () => (timer ? stop() : start()));
// Who asks for less motion steps the hours with the slider.
const quiet = () => { play.hidden = calm.matches; stop(); };
calm.addEventListener("change", quiet);
quiet();
draw();
document.body.dataset.ready = "true";
