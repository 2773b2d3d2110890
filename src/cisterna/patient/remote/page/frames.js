/* Frames: canonical JSON of one known shape. Whatever comes in, `read` gives a frame or null. */

import { canonical, parsed } from "./canonical.js";
import { VERSION } from "./proof.js";

const MOST_BYTES = 65_536;

const count = (x) => Number.isSafeInteger(x) && x >= 0;
const pattern = (form) => (x) => typeof x === "string" && form.test(x);
const id = pattern(/^[0-9a-f]{32}$/);
const hex32 = pattern(/^[0-9a-f]{64}$/);
const hex64 = pattern(/^[0-9a-f]{128}$/);
export const isSerial = pattern(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const words = pattern(/^[ -~]{0,300}$/);
const maybe = (fits) => (x) => x === null || fits(x);
const isObject = (x) => typeof x === "object" && x !== null && !Array.isArray(x);
const oneOf = (...names) => (x) => names.includes(x);

/** A check: an object with exactly these keys, each of which passes its own check. */
const record = (shape) => (x) =>
  isObject(x) &&
  Object.keys(x).length === Object.keys(shape).length &&
  Object.entries(shape).every(([key, fits]) => Object.hasOwn(x, key) && fits(x[key]));

const response = record({
  kind: oneOf("accepted", "refused", "report"),
  code: maybe(pattern(/^[a-z][a-z0-9-]{0,63}$/)),
  message: words,
  content: maybe(isObject),
});
const answer = record({
  pump: isSerial, key: hex32, id, at_ms: count, version: count, counter: count, response,
});
const greeting = record({ pump: isSerial, nonce: id, at_ms: count, version: count });

const SHAPES = {
  answer: record({ body: answer, sig: hex64 }),
  greeting: record({ body: greeting, sig: hex64 }),
  paired: record({ key: hex32, public: hex32, proof: hex32 }),
  rejected: record({}),
};

/** The text of a frame. */
export const written = (kind, frame) => canonical({ frame, kind, v: VERSION });

/** The frame that a pump sent as {kind, frame}, or null if it is none. */
export function read(text) {
  if (text.length > MOST_BYTES) return null;
  const value = parsed(text);
  if (!isObject(value) || Object.keys(value).length !== 3 || value.v !== VERSION) return null;
  if (!Object.hasOwn(SHAPES, value.kind) || !SHAPES[value.kind](value.frame)) return null;
  return { kind: value.kind, frame: value.frame };
}
