// The form of one order, from the same list of fields that the reader of files uses.

import { control, made } from "./controls.js";

const LABELS = {
  by: "Ordered by", changed_at: "Dose last changed", screening_effect: "Screening effect lasted",
  id: "Record number", born: "Birth date", age: "Age, instead of birth date", zone: "Time zone (IANA)",
  eri: "Replacement indicator (ERI)", ziconotide_exposed: "Has held ziconotide before",
  tubing_volume: "Tubing volume, own papers", fixed_flow: "Fixed flow (constant-flow pump)",
  offset: "Pump clock, offset from UTC", tip: "Tip level", trimmed: "Length cut off",
  supplied: "Length as supplied", new: "Just replaced", holds: "The line is full of",
  filled_at: "Filled at", name: "Name", primary: "Doses are of", from: "From", days: "On",
  first: "First bolus at", background: "Between boluses", interval: "From start to start",
  lockout: "Lockout, start to start", max_per_day: "At most in any 24 h",
  per_24h: "Most in any 24 h", floor: "Safe floor", low_reservoir: "Low-reservoir alarm",
  model: "Model", medicines: "Other medicines",
};
const GROUPS = [
  ["Solution", ["solution"], true],
  ["Infusion", ["infusion"], true],
  ["Patient dose (remote)", ["remote"], false],
  ["Pump", ["pump"], false],
  ["Catheter and line", ["catheter", "line"], false],
  ["Limits and alarm", ["limits", "safe", "alarm"], false],
  ["Order and phase", ["order"], false],
  ["Patient", ["patient"], false],
];
const ROWS = { drug: "Drug", segment: "Segment", step: "Step" };
const HOLDS = {
  this: "this solution", csf: "spinal fluid, no drug", "the old order": "the old order's solution",
};

function labelled(field, spec, side) {
  const word = field.key.replaceAll("_", " ");
  const label = LABELS[field.key] ?? word[0].toUpperCase() + word.slice(1);
  const more = { ...field, label, names: spec.names };
  if (field.path === "solution.drug.name") more.label = "Drug";
  if (field.path === "solution.drug.product") more.list = "products";
  if (field.path === "line.holds") {
    const words = Object.keys(HOLDS).slice(0, side === "new" ? 3 : 2);
    return { ...more, kind: "choice", words, names: HOLDS, unsaid: "not said: this solution" };
  }
  return more;
}

// A table: its fields as controls; `read` leaves out what is not said, and itself where all is.
function table(fields, spec, side, index) {
  const parts = new Map();
  const element = made("div", { class: "fields" });
  for (const field of fields) {
    const part = field.kind === "rows" ? rows(field, spec, side, index) : control(labelled(field, spec, side), side);
    parts.set(field.key, part);
    index.push({ path: field.path, part });
    element.append(part.element);
  }
  const read = () => {
    const values = {};
    for (const [key, part] of parts) {
      const value = part.element.hidden ? undefined : part.read();
      if (value !== undefined) values[key] = value;
    }
    return Object.keys(values).length ? values : undefined;
  };
  const write = (values = {}) => {
    for (const [key, part] of parts) part.write(values[key]);
  };
  return { element, read, write, parts };
}

function rows(field, spec, side, index) {
  const word = ROWS[field.key];
  const list = made("div", { class: "rows" });
  const add = made("button", { type: "button" }, `Add a ${word.toLowerCase()}`);
  const element = made("div", { class: "many" }, list, add);
  let lines = [];
  const changed = () => element.dispatchEvent(new Event("input", { bubbles: true }));
  const number = () => lines.forEach((l, n) => {
    l.title.textContent = lines.length > 1 || field.key !== "drug" ? `${word} ${n + 1}` : word;
  });
  const put = (values) => {
    const own = [];
    const inner = table(field.fields, spec, side, own);
    const title = made("span", { class: "row-title" });
    const away = made("button", { type: "button", class: "away" }, "Remove");
    const box = made("div", { class: "row", role: "group" }, made("div", { class: "row-head" }, title, away), inner.element);
    const line = { inner, box, title, own };
    title.id = `${side}-${field.key}-${Math.random().toString(36).slice(2)}`;
    box.setAttribute("aria-labelledby", title.id);
    away.setAttribute("aria-describedby", title.id);
    away.addEventListener("click", () => {
      lines = lines.filter((l) => l !== line);
      box.remove();
      number();
      changed();
      add.focus();
    });
    inner.write(values);
    lines.push(line);
    list.append(box);
    number();
    return line;
  };
  add.addEventListener("click", () => {
    put({}).inner.parts.values().next().value.focus();
    changed();
  });
  return {
    element,
    say: () => {},
    focus: () => add.focus(),
    complain: () => "",
    at: (n) => lines[n - 1]?.own ?? [],
    read: () => (lines.length ? lines.map((l) => l.inner.read() ?? {}) : undefined),
    write: (values = []) => {
      list.replaceChildren();
      lines = [];
      for (const value of values) put(value);
    },
  };
}

export function orderForm(spec, side) {
  const index = [];
  const byKey = new Map(spec.fields.map((f) => [f.key, f]));
  const tables = new Map();
  const element = made("div", { class: "form" });
  for (const [title, keys, open] of GROUPS) {
    const group = made("details", { open, class: "group" }, made("summary", {}, title));
    for (const key of keys) {
      const one = table(byKey.get(key).fields, spec, side, index);
      tables.set(key, one);
      group.append(one.element);
    }
    element.append(group);
  }
  const mode = tables.get("infusion").parts.get("mode");
  const byMode = () => {
    const taken = spec.modes[mode.read()] ?? [];
    for (const [key, part] of tables.get("infusion").parts) {
      part.element.hidden = !["mode", "primary", ...taken].includes(key);
    }
  };
  element.addEventListener("input", byMode);

  // `solution.drug[2].concentration` to the control of that field.
  const find = (key) => {
    const match = /^(.*?)\[(\d+)\]\.(.*)$/.exec(key);
    if (!match) return index.find((i) => i.path === key)?.part;
    const many = index.find((i) => i.path === match[1])?.part;
    return many?.at?.(Number(match[2])).find((i) => i.path === `${match[1]}.${match[3]}`)?.part;
  };
  const every = function* (list = index) {
    for (const { part } of list) {
      yield part;
      for (let n = 1; part.at?.(n).length; n += 1) yield* every(part.at(n));
    }
  };
  return {
    element,
    find,
    read: () => {
      const values = {};
      for (const field of spec.fields) {
        const table = tables.get(field.key)?.read();
        if (table) values[field.key] = table;
      }
      return values;
    },
    write: (values) => {
      for (const [key, one] of tables) one.write(values[key]);
      byMode();
    },
    mark: (problems) => {
      for (const part of every()) part.say(part.complain());
      for (const { key, expected } of problems) {
        const part = find(key);
        if (part && !part.complain()) part.say(`Expected: ${expected}.`);
      }
    },
    reveal: (key) => {
      const part = find(key);
      if (!part) return false;
      for (let up = part.element; up && up !== element; up = up.parentElement) {
        if (up.tagName === "DETAILS") up.open = true;
      }
      part.focus();
      return true;
    },
  };
}
