/* One value, one text: the canonical JSON that is signed and read, as in cisterna.pump.link. */

const KEY = /^[a-z][a-z0-9_-]{0,63}$/;
const TEXT = /^[ -~]*$/;
const DEEPEST = 12;
const LONGEST_TEXT = 1024;

/** The value with its keys sorted. Throws for what has no canonical form. */
function sorted(value, depth) {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new TypeError("not an integer");
    return value;
  }
  if (typeof value === "string") {
    if (value.length > LONGEST_TEXT || !TEXT.test(value)) throw new TypeError("not a plain text");
    return value;
  }
  if (typeof value !== "object" || depth === 0) throw new TypeError("not a plain value");
  if (Array.isArray(value)) return value.map((item) => sorted(item, depth - 1));
  const keys = Object.keys(value).sort();
  if (!keys.every((key) => KEY.test(key))) throw new TypeError("not a plain name");
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key], depth - 1)]));
}

/** The one text of a value. */
export const canonical = (value) => JSON.stringify(sorted(value, DEEPEST));

/** The value of a canonical text; undefined for every other text. */
export function parsed(text) {
  try {
    const value = JSON.parse(text);
    return canonical(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}
