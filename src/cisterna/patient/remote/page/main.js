/* The remote: what is known, when the pump is asked, and what a press does. */

import { Link } from "./link.js";
import { onPaired, startPairing } from "./pairview.js";
import { understood } from "./report.js";
import { outcomeText } from "./status.js";
import * as store from "./store.js";
import { $, draw, drawWords, say } from "./view.js";
import { exchange } from "./wire.js";
import { chosen, doseText, speak, t } from "./words.js";

const SLOW_MS = 3_000;
const IDLE_MS = 120_000;
const RUNNING_MS = 60_000;
const LOST_MS = [5_000, 10_000, 20_000, 40_000, 60_000];
const TICK_MS = 5_000;
const STEADY_MS = 600; // a second tap of a shaking hand is no answer
const SURE_MS = 60_000; // an open question closes by itself

const known = { busy: null, slow: false, lost: null, note: null, paired: 0 };
let link = null;
let language = "en";
let status = null;
let timer = 0;
let losses = 0;
let talking = false;
let again = false; // somebody wanted contact while there was one
let askedAt = 0;

function redraw() {
  known.now = Date.now();
  known.online = navigator.onLine;
  status = draw(known);
}

/** Do something with the pump; the page says when it takes long. */
async function busy(what, act) {
  known.busy = what;
  known.slow = false;
  const slow = setTimeout(() => {
    known.slow = true;
    if (what !== "read") say(t("slow.more"));
    redraw();
  }, SLOW_MS);
  redraw();
  try {
    return await act();
  } finally {
    clearTimeout(slow);
    known.busy = null;
    known.slow = false;
  }
}

async function remember() {
  const names = ["who", "phone", "paired", "pending", "outcome", "seen"];
  const values = await Promise.all(names.map(store.get));
  names.forEach((name, at) => { known[name] = values[at] ?? null; });
  known.paired ??= 0;
}

/** Ask the pump what became of an open press, then how it is. Never two at a time. */
async function contact() {
  if (!known.who) return;
  again = talking;
  if (talking) return;
  talking = true;
  clearTimeout(timer);
  let wait = IDLE_MS;
  try {
    wait = await busy(known.busy ?? "read", asked);
  } finally {
    talking = false;
    redraw();
    timer = setTimeout(wanted, again ? 0 : wait);
  }
}

/** A hidden page leaves the pump in peace, unless a press is still open. */
const wanted = () => { if (!document.hidden || known.pending) contact(); };

async function asked() {
  known.pending = (await store.get("pending")) ?? null;
  const settled = known.pending && (await link.settle());
  if (settled?.outcome) resolved(settled.outcome);
  return heard(settled?.lost ? settled : await link.readState());
}

function resolved(outcome) {
  known.pending = null;
  known.outcome = outcome;
  known.note = null;
  const said = outcomeText(outcome, Date.now());
  if (said) say(said.text, outcome.kind !== "given");
}

/** Keep a report; gives when to ask next. */
function heard(found) {
  const seen = found.lost ? null : understood(found);
  const before = status?.head;
  known.lost = found.lost ?? (seen ? null : "strange");
  if (seen) {
    known.seen = seen;
    store.note({ seen });
    losses = 0;
  }
  known.busy = null;
  redraw();
  if (status && status.head !== before) say(`${status.head}. ${status.more}`);
  if (!seen) return LOST_MS[Math.min(losses++, LOST_MS.length - 1)];
  const soon = [seen.ready, seen.running?.end].filter((at) => at && at > Date.now());
  const next = Math.min(...soon) - Date.now() + 1000;
  return Math.min(seen.running ? RUNNING_MS : IDLE_MS, Math.max(1000, next));
}

function press() {
  if (!status || known.busy === "ask" || known.busy === "stop") return;
  if (status.off) say(`${status.head}. ${status.more}`);
  else if (status.act === "stop") stopDose();
  else question();
}

function question() {
  const { rule, solution, version } = known.seen;
  $("sure-dose").textContent = doseText(rule, solution);
  $("sure").dataset.version = version;
  $("sure").showModal();
  askedAt = performance.now();
  setTimeout(() => $("sure").close(), SURE_MS);
}

function answered(event) {
  if (performance.now() - askedAt < STEADY_MS) return;
  $("sure").close();
  if (event.currentTarget.id === "yes") askDose(Number($("sure").dataset.version));
}

async function askDose(version) {
  known.note = null;
  say(t("asking.head"));
  const found = await busy("ask", async () => {
    const first = await link.ask(version);
    return first.lost ? ((await link.settle()) ?? first) : first;
  });
  if (found.outcome) resolved(found.outcome);
  if (found.dropped) note("stop", found.dropped === "changed" ? "dropped.changed" : "dropped");
  known.pending = (await store.get("pending")) ?? null;
  if (known.pending) say(`${t("unknown.head")}. ${t("unknown.more")}`, true);
  if (found.dropped && found.dropped !== "changed" && found.dropped !== "late") {
    known.lost = found.dropped;
  }
  redraw();
  contact();
}

async function stopDose() {
  known.note = null;
  say(t("stopping.head"));
  const found = await busy("stop", () => link.stop());
  if (found.stopped) {
    known.seen.running = null;
    note("good", "stopped");
  } else note("warn", found.lost ? "stop.lost" : "stop.over");
  redraw();
  contact();
}

function note(mood, name) {
  known.note = { mood, text: t(name) };
  say(known.note.text, mood !== "good");
}

async function forget() {
  await store.drop("who", "phone", "paired", "pending", "outcome", "seen", "counter");
  location.reload();
}

async function choose(code) {
  language = code;
  await store.put({ language });
  await speak(language);
  known.note = null;
  drawWords(language, choose);
  redraw();
}

function listen() {
  $("press").addEventListener("click", press);
  for (const id of ["yes", "no"]) $(id).addEventListener("click", answered);
  for (const place of document.querySelectorAll(".help")) {
    place.addEventListener("click", () => $("help").showModal());
  }
  $("help-back").addEventListener("click", () => $("help").close());
  $("forget-ask").addEventListener("click", () => { $("forget-sure").hidden = false; });
  $("forget-no").addEventListener("click", () => { $("forget-sure").hidden = true; });
  $("forget-yes").addEventListener("click", forget);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) contact(); });
  globalThis.addEventListener("online", contact);
  globalThis.addEventListener("offline", () => { known.lost = "offline"; redraw(); });
  setInterval(() => { if (!document.hidden) redraw(); }, TICK_MS);
}

async function begin() {
  await remember();
  redraw();
  if (!known.who) return startPairing(known, store, exchange);
  link = new Link(known.who, store, exchange);
  return contact();
}

onPaired(async () => {
  say(t("pair.done"));
  await begin();
  $("head").focus();
});

language = chosen(await store.get("language"));
await speak(language);
drawWords(language, choose);
listen();
navigator.serviceWorker?.register("sw.js");
await begin();
document.body.dataset.ready = "true";
