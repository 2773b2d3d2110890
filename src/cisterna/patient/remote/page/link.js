/* The patient's end of the link: asks, stops, reads, and believes only what the pump has signed.

   A press is good for seconds, is never queued, and is on disk before it is sent. Where no answer
   came, the pump is asked: first a reading, whose higher counter makes every older command void,
   then the same command again. The pump answers with what became of it, and gives nothing. */

import { read, written } from "./frames.js";
import { digest, genuine, randomId, signed } from "./proof.js";

const DOSE_MS = 10_000; // a request for a dose expires after this
const OTHER_MS = 30_000; // and every other request after this
const PRESS_MS = 8_000; // a press that could not be signed by then is dropped
const PATIENCE_MS = 9_000;
const CLOCK_MS = 20_000; // how long a greeting is relied on
const NOT_ARRIVED = ["counter", "expired", "before-restart"];
const UNSURE = ["unknown-outcome", "id-used"];
const TIME_CODES = ["counter", "expired", "before-restart", "not-yet", "window"];

const alone = (act) =>
  globalThis.navigator?.locks ? navigator.locks.request("cisterna-link", act) : act();

export class Link {
  #clock = null;
  #seen = 0;

  /** `who`: serial, pump (its public key), key {sign, id}. `store` keeps, `exchange` sends. */
  constructor(who, store, exchange) {
    this.who = who;
    this.store = store;
    this.exchange = exchange;
  }

  /** {report, atMs, sent} as the pump tells it now, or {lost} and why. */
  readState() {
    return alone(async () => {
      for (let again = false; ; again = true) {
        const sent = Date.now();
        const { answer, lost } = await this.#command("read_state", OTHER_MS, again);
        if (lost) return { lost };
        const { response, at_ms: atMs } = answer;
        if (response.kind === "report") return { report: response.content, atMs, sent };
        if (again || !TIME_CODES.includes(response.code)) return { lost: "forged" };
      }
    });
  }

  /** Ask for the dose of the programme version that she saw. {outcome}, {dropped} or {lost}. */
  ask(version) {
    const pressed = performance.now();
    const late = () => performance.now() - pressed > PRESS_MS;
    return alone(async () => {
      if (await this.store.get("pending")) return { lost: "pending" };
      if (late()) return { dropped: "late" };
      const { lost } = await this.#greet();
      if (lost) return { dropped: lost };
      if (this.#clock.version !== version) return { dropped: "changed" };
      const { id, text } = await this.#signed("ask_dose", DOSE_MS, version);
      if (late()) return { dropped: "late" };
      const sent = Date.now();
      if (!(await this.store.note({ pending: { id, text, sent } }))) return { dropped: "late" };
      return this.#settled(await this.#send(id, text), sent, false);
    });
  }

  /** What became of a press without an answer: {outcome} or {lost}; null if none is open. */
  settle() {
    return alone(async () => {
      const pending = await this.store.get("pending");
      if (!pending) return null;
      const { lost } = await this.#command("read_state", OTHER_MS, true);
      if (lost) return { lost };
      return this.#settled(await this.#send(pending.id, pending.text), pending.sent, true);
    });
  }

  /** Stop the running dose: {stopped}, {refused: code} or {lost}. Asking twice does no harm. */
  stop() {
    return alone(async () => {
      for (let again = false; ; again = true) {
        const { answer, lost } = await this.#command("stop_dose", OTHER_MS, again);
        if (lost) return { lost };
        const { kind, code } = answer.response;
        if (kind === "accepted") return { stopped: true };
        if (again || !TIME_CODES.includes(code)) return { refused: code };
      }
    });
  }

  async #settled({ answer, lost }, sent, again) {
    if (lost) return { lost };
    const outcome = { ...verdict(answer.response, again), sent, atMs: answer.at_ms };
    await this.store.note({ pending: null, outcome });
    return { outcome };
  }

  async #command(verb, windowMs, afresh) {
    const old = !this.#clock || performance.now() - this.#clock.heard > CLOCK_MS;
    if (old || afresh) {
      const { lost } = await this.#greet();
      if (lost) return { lost };
    }
    const { id, text } = await this.#signed(verb, windowMs, this.#clock.version);
    return this.#send(id, text);
  }

  /** The pump's clock: never ahead of it, so that no request is good for longer than it says. */
  async #greet() {
    const nonce = randomId();
    const knock = (await this.#signed("knock", OTHER_MS, 0, 0)).text;
    const { kind, frame, lost } = await this.#reply(written("hello", { nonce }), knock);
    if (lost) return { lost };
    const { body, sig } = frame;
    const mine = kind === "greeting" && body.pump === this.who.serial && body.nonce === nonce;
    if (!mine || !(await genuine(this.who.pump, "greeting", body, sig))) return { lost: "forged" };
    this.#heard(body);
    return {};
  }

  #now() {
    return this.#clock.atMs + Math.floor(performance.now() - this.#clock.heard);
  }

  async #signed(verb, windowMs, base, issued = this.#now()) {
    const head = {
      base,
      counter: await this.store.nextCounter(this.#seen),
      digest: await digest("args", {}),
      expires_ms: issued + windowMs,
      id: randomId(),
      issued_ms: issued,
      key: this.who.key.id,
      pump: this.who.serial,
      role: "remote",
      verb,
    };
    const sig = await signed(this.who.key.sign, "command", head);
    return { id: head.id, text: written("command", { args: {}, head, sig }) };
  }

  /** {answer} that the pump has signed for this very command, or {lost} and why. */
  async #send(id, text) {
    const { kind, frame, lost } = await this.#reply(text);
    if (lost) return { lost };
    if (kind === "rejected") return { lost: "rejected" };
    if (kind !== "answer") return { lost: "forged" };
    const { body, sig } = frame;
    const mine = body.pump === this.who.serial && body.key === this.who.key.id && body.id === id;
    if (!mine || !(await genuine(this.who.pump, "answer", body, sig))) return { lost: "forged" };
    this.#seen = Math.max(this.#seen, body.counter);
    this.#heard(body);
    return { answer: body };
  }

  async #reply(text, knock) {
    const { text: found, lost } = await this.exchange(this.who.serial, text, PATIENCE_MS, knock);
    if (lost) return { lost };
    return read(found) ?? { lost: "forged" };
  }

  #heard({ at_ms: atMs, version }) {
    this.#clock = { atMs, version, heard: performance.now() };
  }
}

/** What an answer to a press means. `again`: it answers the question about an older press. */
function verdict({ kind, code, content }, again) {
  if (kind === "accepted") return { kind: "given" };
  if (kind !== "refused" || UNSURE.includes(code)) return { kind: "unsure" };
  if (again && NOT_ARRIVED.includes(code)) return { kind: "not-arrived" };
  const ready = content?.ready_ms;
  return { kind: "refused", code, readyMs: Number.isSafeInteger(ready) ? ready : null };
}
