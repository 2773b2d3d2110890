// One control for each kind of field. A control has an element, reads its value (undefined for
// nothing said), takes a value, and shows a message beside the field it belongs to.

const OFFSETS = [
  ..."-12 -11 -10 -09:30 -09 -08 -07 -06 -05 -04 -03:30 -03 -02 -01 +00 +01 +02 +03 +03:30".split(" "),
  ..."+04 +04:30 +05 +05:30 +05:45 +06 +06:30 +07 +08 +08:45 +09 +09:30 +10 +10:30 +11".split(" "),
  ..."+12 +12:45 +13 +14".split(" "),
].map((text) => (text.includes(":") ? text : `${text}:00`));
const DAYS = { mon: "Mon", tue: "Tue", wed: "Wed", thu: "Thu", fri: "Fri", sat: "Sat", sun: "Sun" };
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const NUMBER = /^\d{1,15}(\.\d{1,15})?$/;

let count = 0;

export function made(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

function option(value, words) {
  return made("option", { value }, words);
}

function choose(select, value) {
  if (![...select.options].some((o) => o.value === value)) select.append(option(value, value));
  select.value = value;
}

function fresh(side, path) {
  count += 1;
  return `${side}-${path.replaceAll(".", "-")}-${count}`;
}

// A labelled field: label, one or more inputs in a line, and a place for a message.
function framed(field, id, inputs, group) {
  const note = made("p", { class: "wrong", id: `${id}-wrong` });
  const label = group
    ? made("span", { class: "label", id: `${id}-label` }, field.label)
    : made("label", { for: id }, field.label);
  if (field.required && !field.path.startsWith("remote.")) label.append(made("span", { class: "must" }, " (needed)"));
  const line = made("div", { class: "inputs" }, ...inputs);
  const element = made(
    "div",
    { class: `field ${field.kind}`, role: group && "group", "aria-labelledby": group && `${id}-label` },
    label,
    line,
    note,
  );
  const say = (message) => {
    note.textContent = message ?? "";
    element.classList.toggle("is-wrong", Boolean(message));
    for (const input of inputs) {
      if (message) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
      input.setAttribute("aria-describedby", note.id);
    }
  };
  say("");
  return { element, say, focus: () => (inputs[0].focus ? inputs[0].focus() : undefined) };
}

function simple(field, id, input, read, write, complain = () => "") {
  const frame = framed(field, id, [input]);
  return { ...frame, read, write, complain: () => complain(input.value) };
}

function text(field, id) {
  const input = made("input", { id, type: "text", maxlength: 200, autocomplete: "off", list: field.list });
  return simple(field, id, input, () => input.value.trim() || undefined, (value = "") => {
    input.value = value;
  });
}

function choice(field, id) {
  const words = field.words.map((word) => option(word, field.names?.[word] ?? word));
  const select = made("select", { id }, option("", field.unsaid ?? "not said"), ...words);
  return simple(field, id, select, () => select.value || undefined, (value = "") => choose(select, value));
}

function flag(field, id) {
  const select = made("select", { id }, option("", "not said"), option("true", "yes"), option("false", "no"));
  const read = () => (select.value === "" ? undefined : select.value === "true");
  return simple(field, id, select, read, (value) => {
    select.value = value === undefined ? "" : String(value);
  });
}

function whole(field, id) {
  const input = made("input", { id, type: "text", inputmode: "numeric", autocomplete: "off" });
  const complain = (value) => (value.trim() && !/^\d+$/.test(value.trim()) ? "A whole number, such as 5." : "");
  return simple(field, id, input, () => input.value.trim() || undefined, (value = "") => {
    input.value = value;
  }, complain);
}

function clock(field, id) {
  const input = made("input", { id, type: "time" });
  return simple(field, id, input, () => input.value || undefined, (value = "") => {
    input.value = value;
  });
}

// A browser shows dates in its own order; below stands what nobody takes for another date.
function plainDay(value) {
  const [year, month, day] = value.split("-");
  return value ? `${Number(day)} ${MONTHS[Number(month) - 1]} ${year}` : "";
}

function echoing(frame, words) {
  const echo = made("p", { class: "echo" });
  frame.element.append(echo);
  const show = () => {
    echo.textContent = words();
  };
  frame.element.addEventListener("input", show);
  return show;
}

function day(field, id) {
  const input = made("input", { id, type: "date" });
  const one = simple(field, id, input, () => input.value || undefined);
  const show = echoing(one, () => plainDay(input.value));
  const write = (value = "") => {
    input.value = value;
    show();
  };
  return { ...one, write };
}

export function numberWrong(value) {
  if (value === "" || NUMBER.test(value)) return "";
  if (value.includes(",")) return "No comma here: it may be a point or mean thousands. Write the number again, with a point.";
  if (value.startsWith(".")) return "Write the zero before the point, such as 0.5.";
  return "Only a number here, such as 4.4; its unit stands beside it.";
}

function amount(field, id) {
  const input = made("input", { id, type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false" });
  const units = field.units.map((unit) => option(unit, unit));
  const unit = made("select", { id: `${id}-unit`, "aria-label": `Unit of ${field.label}` }, ...units);
  const frame = framed(field, id, [input, unit]);
  const start = field.example?.split(" ")[1];
  if (start && field.units.includes(start)) unit.value = start;
  return {
    ...frame,
    read: () => (input.value.trim() ? { number: input.value.trim(), unit: unit.value } : undefined),
    write: (value) => {
      input.value = value?.number ?? "";
      if (value) choose(unit, value.unit);
    },
    complain: () => numberWrong(input.value.trim()),
  };
}

function moment(field, id) {
  const date = made("input", { id, type: "date", "aria-label": `${field.label}: date` });
  const hour = made("input", { type: "time", "aria-label": `${field.label}: time` });
  const offsets = [option("", "offset?"), ...OFFSETS.map((o) => option(o, o))];
  const offset = made("select", { "aria-label": `${field.label}: offset from UTC` }, ...offsets);
  const frame = framed(field, id, [date, hour, offset], true);
  const show = echoing(frame, () => [plainDay(date.value), hour.value, hour.value && offset.value].join(" "));
  const read = () => {
    if (!date.value && !hour.value) return undefined;
    return hour.value ? `${date.value}T${seconds(hour.value)}${offset.value}` : date.value;
  };
  const complain = () => {
    if (!date.value && !hour.value) return "";
    if (!date.value) return "Give the date too.";
    if (!hour.value) return field.bare ? "" : "Give the time of day and its offset from UTC.";
    return offset.value ? "" : "Give the offset from UTC.";
  };
  const write = (value = "") => {
    const [, on = "", time = "", zone = ""] = /^([^T]*)T?([\d:]*)(.*)$/.exec(value);
    date.value = on;
    hour.value = time.replace(/^(\d\d:\d\d):00$/, "$1");
    choose(offset, zone);
    show();
  };
  return { ...frame, read, write, complain };
}

function seconds(time) {
  return time.length === 5 ? `${time}:00` : time;
}

function several(field, id) {
  const asDays = field.key === "days";
  const select = made(
    "select",
    { id },
    option("", asDays ? "every day" : "not said"),
    option("these", asDays ? "these days" : "none but those ticked"),
  );
  const list = made("div", { class: "ticks", role: "group", "aria-label": field.label });
  const ticks = new Map();
  const add = (word) => {
    const box = made("input", { type: "checkbox", value: word });
    ticks.set(word, box);
    list.append(made("label", {}, box, ` ${DAYS[word] ?? field.names?.[word] ?? word.replace(":", " to ")}`));
  };
  field.words.forEach(add);
  const frame = framed(field, id, [select]);
  frame.element.append(list);
  const show = () => {
    list.hidden = select.value === "";
  };
  select.addEventListener("input", show);
  show();
  return {
    ...frame,
    read: () => (select.value ? [...ticks].filter(([, b]) => b.checked).map(([w]) => w) : undefined),
    write: (value) => {
      select.value = value === undefined ? "" : "these";
      for (const word of value ?? []) if (!ticks.has(word)) add(word);
      for (const [word, box] of ticks) box.checked = Boolean(value?.includes(word));
      show();
    },
    complain: () => "",
  };
}

const MAKERS = {
  text, choice, flag, whole, amount, moment, several, day, clock,
};

export function control(field, side) {
  const one = MAKERS[field.kind](field, fresh(side, field.path));
  one.element.addEventListener("input", () => one.say(one.complain?.()));
  return { complain: () => "", ...one };
}
