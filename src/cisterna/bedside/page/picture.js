// The drawn spine: canal and tip, the levels with their band, and the same as figures and a table.
// The canal and the places of everything come from the code that draws the sheet's spine.

import { made } from "./controls.js";
import { figure, roundStep } from "./figures.js";

const SVG = "http://www.w3.org/2000/svg";
const svgId = (id) => document.getElementById(`spine-${id}`);

function drawn(name, attributes, text = "") {
  const one = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
  one.textContent = text;
  return one;
}

function sample(kind) {
  const picture = drawn("svg", { viewBox: "0 0 40 14", class: "sample", "aria-hidden": "true" });
  const inside = kind === "band" ? drawn("path", { d: "M0 1H40V13H0Z", class: kind }) : drawn("path", { d: "M0 7H40", class: `line ${kind}` });
  picture.append(inside);
  return picture;
}

function cells(kind, texts) {
  return texts.map((text, n) => (n ? made(kind, kind === "th" ? { scope: "col" } : {}, text) : made("th", { scope: kind === "th" ? "col" : "row" }, text)));
}

function tableOf(caption, heads, rows) {
  const body = rows.map((row) => made("tr", {}, ...cells("td", row)));
  const head = made("thead", {}, made("tr", {}, ...cells("th", heads)));
  return made("table", { class: "compact" }, made("caption", {}, caption), head, made("tbody", {}, ...body));
}

export function spinePicture(place, names, count) {
  const { row, top, foot, left, right, canal, width, height } = place;
  const bottom = height - foot;
  const labels = [...svgId("canal").querySelectorAll("text")];
  const y = (n) => top + (n + 0.5) * row;
  let axis = "";
  let says = "";
  svgId("svg").setAttribute("viewBox", `0 0 ${width} ${height}`);

  function drawAxis(most, unit) {
    const step = roundStep(most / unit.size);
    const steps = Math.ceil(most / unit.size / step - 1e-9);
    const key = `${step} ${steps} ${unit.name}`;
    const end = steps * step * unit.size;
    const x = (value) => left + (value / end) * (right - left);
    if (key === axis) return x;
    axis = key;
    const parts = [];
    for (let n = 0; n <= steps; n += 1) {
      const at = x(n * step * unit.size);
      parts.push(drawn("line", { x1: at, x2: at, y1: top, y2: bottom, class: "grid" }));
      parts.push(drawn("text", { x: at, y: bottom + 18, "text-anchor": "middle" }, figure(n * step, 4)));
    }
    const title = { x: (left + right) / 2, y: bottom + 38, "text-anchor": "middle" };
    parts.push(drawn("text", title, `${unit.name} in the fluid (CSF)`));
    parts.push(drawn("path", { d: `M${left} ${top}V${bottom}H${right}`, class: "axis" }));
    svgId("axis").replaceChildren(...parts);
    return x;
  }

  const points = (levels, x) => Array.from({ length: count }, (_, n) => `${x(levels[n]).toFixed(1)} ${y(n)}`);
  const path = (id, levels, x) => svgId(id).setAttribute("d", levels ? `M${points(levels, x).join("L")}` : "M0 0");

  function markTip(at) {
    labels.forEach((label, n) => label.classList.toggle("label", n === at));
    const [dot, word] = svgId("tip").children;
    dot.setAttribute("cx", canal);
    dot.setAttribute("cy", y(at));
    word.setAttribute("x", canal + 20);
    word.setAttribute("y", y(at) + 5);
  }

  function legend({ then, trying, low, persons }) {
    const keys = [["present", trying ? "as tried" : "now"]];
    if (then) keys.push(["then", trying ? "as ordered" : "before the change"]);
    if (low) keys.push(["swing", "lowest and highest in the cycle"]);
    keys.push(["band", `5 to 95 % of ${persons} virtual persons, settled`]);
    const text = JSON.stringify(keys);
    if (svgId("legend").dataset.keys === text) return;
    svgId("legend").dataset.keys = text;
    svgId("legend").replaceChildren(...keys.map(([kind, words]) => made("li", {}, sample(kind), made("span", {}, words))));
  }

  function figures(scene) {
    const { levels, then, unit, trying, tip, row: at, lumbar } = scene;
    const show = (value) => figure(value / unit.size);
    const band = (n) => `${show(scene.range.low[n])} to ${show(scene.range.high[n])}`;
    const one = (name, read, ends = "–") => [name, show(read(levels)), ends, then ? show(read(then)) : "–"];
    const ratio = (of) => (of && of[count] > 0 ? figure(lumbar(of) / of[count]) : "–");
    const rows = [
      one(`At ${tip}, the tip`, (of) => of[at], band(at)),
      ...(scene.low ? [[`At ${tip}, in a cycle`, `${show(scene.low[at])} to ${show(scene.high[at])}`, "–", "–"]] : []),
      one("Lumbar, mean of L3 to L5", lumbar),
      ...names.slice(count).map((name, n) => one(name[0].toUpperCase() + name.slice(1), (of) => of[count + n], band(count + n))),
      ["Ratio of lumbar to cistern", ratio(levels), "–", ratio(then)],
    ];
    const heads = ["Mean level", trying ? "As tried" : "Now", "5 to 95 %", trying ? "As ordered" : "Before"];
    svgId("figures").replaceChildren(tableOf(`${scene.caption}, in ${unit.name}`, heads, rows));
  }

  function table({ levels, then, range, unit, trying, caption }) {
    const details = svgId("table");
    if (!details.open) return;
    const show = (value) => figure(value / unit.size);
    const rows = Array.from({ length: count }, (_, n) => [
      names[n], show(levels[n]), show(range.low[n]), show(range.high[n]), then ? show(then[n]) : "–",
    ]);
    const heads = ["Level", trying ? "As tried" : "Now", "5 %", "95 %", trying ? "As ordered" : "Before"];
    details.lastElementChild.replaceChildren(tableOf(`${caption}, CSF in ${unit.name}`, heads, rows));
  }

  function words({ levels, unit, tip, row: at, caption, then, trying }) {
    const show = (value) => `${figure(value / unit.size)} ${unit.name}`;
    const first = `${caption}. At the tip (${tip}) ${show(levels[at])}, in the basal cistern ${show(levels[count])}`;
    const second = then ? `; ${trying ? "as ordered" : "before the change"} ${show(then[at])} and ${show(then[count])}` : "";
    return `${first}${second}. ${says} The table below has the numbers.`;
  }

  return {
    start(text) {
      says = `${text} Patient doses are not included.`;
      svgId("start").textContent = says;
    },
    draw(scene) {
      const x = drawAxis(scene.most || scene.unit.size, scene.unit);
      const { low, high } = scene.range;
      svgId("band").setAttribute("d", `M${[...points(high, x), ...points(low, x).reverse()].join("L")}Z`);
      path("now", scene.levels, x);
      path("then", scene.then, x);
      path("low", scene.low, x);
      path("high", scene.high, x);
      markTip(scene.row);
      legend(scene);
      svgId("caption").textContent = scene.caption;
      svgId("svg-text").textContent = words(scene);
      figures(scene);
      table(scene);
    },
  };
}
