// From the values of the form to the text of a prescription file.
// What cannot be written as its own kind is written as a text, so that the reader refuses it by name.

const DATE = /^\d{4}-\d\d-\d\d$/;
const MOMENT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?([+-]\d\d:\d\d|Z))?$/;

function quoted(text) {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}

function written(kind, value) {
  if (kind === "amount") return quoted(`${value.number} ${value.unit}`);
  if (kind === "several") return `[${value.map(quoted).join(", ")}]`;
  if (kind === "flag") return String(value);
  if (kind === "whole" && /^\d+$/.test(value)) return String(Number(value));
  if (kind === "day" && DATE.test(value)) return value;
  if (kind === "moment" && MOMENT.test(value)) return value;
  return quoted(value);
}

function tableLines(fields, values, path) {
  const plain = fields.filter((f) => f.kind !== "table" && f.kind !== "rows");
  const lines = plain
    .filter((f) => values[f.key] !== undefined)
    .map((f) => `${f.key} = ${written(f.kind, values[f.key])}`);
  for (const field of fields.filter((f) => f.kind === "rows")) {
    for (const row of values[field.key] ?? []) {
      lines.push(`[[${path}.${field.key}]]`, ...tableLines(field.fields, row, path));
    }
  }
  return lines;
}

export function tomlOf(fields, values) {
  const lines = ['schema = "cisterna/prescription/1"'];
  for (const field of fields) {
    const table = values[field.key];
    if (field.kind !== "table" || table === undefined) continue;
    lines.push("", `[${field.key}]`, ...tableLines(field.fields, table, field.key));
  }
  return `${lines.join("\n")}\n`;
}
