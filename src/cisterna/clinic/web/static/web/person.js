// The charts of a person's page: every one on the same time axis, with the marks of what happened.
// The numbers come from the page; each chart has its table beside it, so nothing is in a picture alone.

const drawn = JSON.parse(document.getElementById("drawn").textContent);
const { axis, zone } = drawn;
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [4, 4]];
const WIDTHS = [2.5, 2, 2, 2, 2];
const LETTERS = { adverse: "A", scan: "M", operation: "O", refill: "R", watch: "W", stop: "S" };
const plots = [];

const day = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" });
const when = (seconds) => day.format(new Date(seconds * 1000));

// One x for all series of a chart: uPlot draws aligned columns.
function columns(series) {
  const xs = [...new Set(series.flatMap((s) => s.points.map((p) => p[0])))].sort((a, b) => a - b);
  const at = new Map(xs.map((x, n) => [x, n]));
  const ys = series.map((s) => {
    const column = new Array(xs.length).fill(undefined);
    for (const [x, y] of s.points) column[at.get(x)] = y;
    return column;
  });
  return [xs, ...ys];
}

function colours() {
  return { ink: css("--ink"), soft: css("--soft"), rule: css("--rule"), accent: css("--accent"), bad: css("--bad"), tint: css("--tint"), paper: css("--paper") };
}

// The band of the baseline lies under the lines; responder lines and marks over the grid.
function under(spec, c) {
  return (u) => {
    const { ctx, bbox } = u;
    const y = (v) => u.valToPos(v, "y", true);
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    if (spec.band) {
      const [low, high] = spec.band;
      const top = y(high), bottom = y(low);
      ctx.fillStyle = c.accent;
      ctx.globalAlpha = 0.16;
      ctx.fillRect(bbox.left, top, bbox.width, Math.max(3, bottom - top));
      ctx.globalAlpha = 1;
    }
    ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
    for (const line of spec.lines ?? []) {
      ctx.strokeStyle = c.soft;
      ctx.setLineDash([6, 4]);
      ctx.lineWidth = devicePixelRatio;
      ctx.beginPath();
      ctx.moveTo(bbox.left, y(line.at));
      ctx.lineTo(bbox.left + bbox.width, y(line.at));
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.fillStyle = c.soft;
      ctx.textAlign = "left";
      ctx.fillText(line.name, bbox.left + 6, y(line.at) - 4);
    }
    let last = -99;
    for (const mark of axis.marks) {
      const x = u.valToPos(mark.at, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.strokeStyle = mark.kind === "adverse" || mark.kind === "stop" ? c.bad : c.soft;
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash([2, 3]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.setLineDash([]);
      if (x - last < 12 * devicePixelRatio) continue;
      last = x;
      ctx.fillStyle = ctx.strokeStyle;
      ctx.textAlign = "center";
      ctx.fillText(LETTERS[mark.kind] ?? "·", x, bbox.top + 12 * devicePixelRatio);
    }
    ctx.restore();
  };
}

function made(one, n, c) {
  const bars = one.bars && uPlot.paths.bars({ size: [0.6, 12], align: n ? 1 : -1 });
  const steps = one.steps && uPlot.paths.stepped({ align: 1 });
  const stroke = one.bars && n ? c.bad : n ? c.ink : c.accent;
  const shape = one.bars ? { paths: bars, fill: n ? c.paper : c.accent } : { paths: steps || undefined };
  const points = { show: !one.bars && !one.steps, size: 7, fill: n ? c.paper : c.accent };
  return { label: one.name, stroke, width: WIDTHS[n % 5], dash: one.bars ? [] : DASHES[n % 5], spanGaps: true, points, ...shape };
}

function options(spec, width) {
  const c = colours();
  const tick = { stroke: c.ink, grid: { stroke: c.rule, width: 1 }, ticks: { stroke: c.rule, width: 1 }, font: "12px system-ui, sans-serif" };
  const yRange = (u, low, high) => [spec.low ?? Math.min(low ?? 1, 0.9), spec.high ?? Math.max((high ?? 1) * 1.15, spec.low === 0 ? 0.001 : 1.1)];
  const values = spec.ticks && ((u, at) => at.map((v) => spec.ticks[v] ?? ""));
  return {
    width, height: 190, tzDate: (s) => uPlot.tzDate(new Date(s * 1000), zone),
    scales: { x: { time: true, range: () => span }, y: { range: yRange } },
    axes: [
      { ...tick, space: 90, values: dates },
      { ...tick, size: 56, ...(values ? { values } : {}), ...(spec.whole ? { incrs: [1, 2, 5, 10, 20, 50] } : {}), ...(spec.ticks ? { incrs: [1] } : {}) },
    ],
    series: [{}, ...spec.series.map((s, n) => made(s, n, c))],
    legend: { show: false }, cursor: { sync: { key: "person" }, drag: { x: false, y: false }, y: false, points: { size: 9 } },
    hooks: { drawAxes: [under(spec, c)], setCursor: [(u) => u.root.matches(":hover") && says(spec, u.data, u.cursor.idx)] },
  };
}

const short = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" });
const dates = (u, at) => at.map((s) => short.format(new Date(s * 1000)));

const status = document.getElementById("says");
function says(spec, data, n) {
  if (n === null || n === undefined) return;
  const row = spec.series.map((s, k) => [s, data[k + 1][n]]).filter(([, v]) => v !== undefined && v !== null);
  const words = row.map(([s, v]) => `${s.name} ${spec.ticks ? spec.ticks[v] : Number(v.toPrecision(4))}`);
  status.textContent = `${when(data[0][n])}: ${words.join(", ")}${spec.ticks || spec.high ? "" : ` ${spec.unit}`}`;
}

function legend(box, spec) {
  box.parentElement.querySelector(".keys-of")?.remove();
  if (spec.series.length < 2 && !axis.marks.length) return;
  const c = colours();
  const list = document.createElement("ul");
  list.className = "keys-of";
  for (const [n, s] of spec.series.entries()) {
    const look = made(s, n, c);
    const item = document.createElement("li");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    line.setAttribute("viewBox", "0 0 40 14");
    line.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", s.bars ? "rect" : "path");
    for (const [k, v] of Object.entries(s.bars ? { x: 12, y: 1, width: 12, height: 12 } : { d: "M0 7H40" })) path.setAttribute(k, v);
    path.setAttribute("fill", s.bars ? look.fill : "none");
    path.setAttribute("stroke", look.stroke);
    path.setAttribute("stroke-width", look.width);
    path.setAttribute("stroke-dasharray", look.dash.join(" "));
    line.append(path);
    item.append(line, s.name);
    list.append(item);
  }
  const here = [...new Set(axis.marks.map((m) => m.kind))].filter((k) => LETTERS[k]);
  if (here.length) {
    const item = document.createElement("li");
    item.textContent = here.map((k) => `${LETTERS[k]} ${k === "scan" ? "MRI or other scan" : k}`).join(", ");
    list.append(item);
  }
  box.after(list);
}

let span = [axis.from, axis.to];
const pad = ([a, b]) => { const w = Math.max((b - a) * 0.02, 43200); return [a - w, b + w]; };
span = pad(span);

function draw() {
  for (const one of plots) {
    one.plot?.destroy();
    one.plot = new uPlot(options(one.spec, one.box.clientWidth), one.data, one.box);
    legend(one.box, one.spec);
  }
}

for (const spec of drawn.charts) {
  const box = document.querySelector(`[data-chart="${spec.key}"]`);
  const one = { spec, box, data: columns(spec.series), at: -1 };
  plots.push(one);
  box.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    one.at = one.at < 0 ? (by > 0 ? 0 : one.data[0].length - 1) : Math.min(Math.max(one.at + by, 0), one.data[0].length - 1);
    one.plot.setCursor({ left: one.plot.valToPos(one.data[0][one.at], "x"), top: 10 });
    says(spec, one.data, one.at);
  });
}

const choice = document.querySelector(".spans");
choice.hidden = false;
choice.addEventListener("click", (event) => {
  const button = event.target.closest("[data-span]");
  if (!button) return;
  const days = Number(button.dataset.span);
  span = pad([days ? Math.max(axis.from, axis.to - days * 86400) : axis.from, axis.to]);
  for (const other of choice.querySelectorAll("button")) other.setAttribute("aria-pressed", other === button);
  draw();
});

draw();
let soon;
addEventListener("resize", () => { clearTimeout(soon); soon = setTimeout(draw, 120); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

// On paper the tables are open and the lines are drawn for white.
addEventListener("beforeprint", () => {
  for (const one of document.querySelectorAll("figure details, #spine details")) one.open = true;
  draw();
});
