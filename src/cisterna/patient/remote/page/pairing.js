/* Pairing: this browser makes a key, proves that it read the printed code, and learns the pump's. */

import { isSerial, read, written } from "./frames.js";
import { codeKey, codeProof, codeShown, newKey } from "./proof.js";

const PATIENCE_MS = 12_000;
const CODE = /^[!-~]{8,128}$/;

/** What a card says, in the form in which it counts: no spaces. */
export const tidy = (text) => text.replace(/\s+/g, "");

/** A code as it is printed, however it was typed: capitals, in groups of five. */
export function tidyCode(text) {
  const letters = text.toUpperCase().replace(/[^A-Z0-9]/g, "");
  return letters.length === 25 ? letters.match(/.{5}/g).join("-") : tidy(text);
}

/** The parts of a pairing link: `#serial=…&code=…&phone=…`. They never leave this device. */
export function fromLink(hash) {
  const found = new URLSearchParams(hash.replace(/^#/, ""));
  return Object.fromEntries(["serial", "code", "phone"].map((key) => [key, found.get(key) ?? ""]));
}

/** {who} to keep, {wrong: "serial" | "code"}, {refused}, or {lost} and why. */
export async function pair({ serial, code }, exchange) {
  if (!isSerial(serial)) return { wrong: "serial" };
  if (!CODE.test(code)) return { wrong: "code" };
  const shared = await codeKey(code);
  const key = await newKey();
  const proof = await codeProof(shared, "pair", [serial, "remote", key.public]);
  const offer = written("pair", { proof, public: key.public, role: "remote" });
  const { text, lost } = await exchange(serial, offer, PATIENCE_MS);
  if (lost) return { lost };
  const { kind, frame } = read(text) ?? {};
  if (kind === "rejected") return { refused: true };
  if (kind !== "paired" || frame.key !== key.id) return { lost: "forged" };
  const said = [serial, frame.public, key.id];
  if (!(await codeShown(shared, "paired", said, frame.proof))) return { lost: "forged" };
  return { who: { serial, pump: frame.public, key: { sign: key.sign, id: key.id } } };
}
