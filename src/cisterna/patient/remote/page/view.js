/* The page drawn from what is known. Only text is ever put in, and only where it has changed. */

import { progress } from "./report.js";
import { outcomeText, saidLast, status } from "./status.js";
import { LANGUAGES, ageText, amount, dateText, doseText, has, t, timeText } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
export const $ = (id) => document.getElementById(id);

function put(id, text) {
  if ($(id).textContent !== text) $(id).textContent = text;
}

const show = (id, shown) => { $(id).hidden = !shown; };

/** A line for the screen reader. It is new each time, and nothing said before it is cut off. */
export function say(text, urgent = false) {
  const line = element("p", text);
  $(urgent ? "urgent" : "said").append(line);
  setTimeout(() => line.remove(), 20_000);
}

/** Every text that stands in the page itself. */
export function drawWords(language, choose) {
  document.title = t("title");
  for (const part of document.querySelectorAll("[data-t]")) part.textContent = t(part.dataset.t);
  for (const part of document.querySelectorAll("[data-label]")) {
    part.setAttribute("aria-label", t(part.dataset.label));
  }
  for (const number of document.querySelectorAll("[data-call]")) {
    number.textContent = t("help.call", { number: number.dataset.call });
  }
  for (const place of document.querySelectorAll(".languages")) {
    place.replaceChildren(...Object.entries(LANGUAGES).map(([code, name]) => {
      const button = element("button", name);
      button.type = "button";
      button.lang = code;
      button.setAttribute("aria-pressed", String(code === language));
      button.addEventListener("click", () => choose(code));
      return button;
    }));
  }
}

function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  drawing.append(use);
  return drawing;
}

/** The whole page. Gives the status, so that the button can explain itself. */
export function draw(known) {
  show("pair", !known.who);
  show("home", Boolean(known.who));
  show("bar", Boolean(known.who));
  drawHelp(known);
  if (!known.who) return null;
  const now = status(known);
  drawStatus(now, known);
  drawAlarms(known);
  drawFacts(known, now);
  drawButton(now);
  return now;
}

function drawStatus({ mood, head, more }, known) {
  const { seen, now, busy, lost, pending } = known;
  const card = $("status");
  if (card.dataset.mood !== mood) {
    card.dataset.mood = mood;
    $("mood").setAttribute("href", `#i-${mood}`);
  }
  put("head", head);
  put("more", more);
  const runs = !pending && !busy && !lost && seen?.running && seen.running.end > now;
  show("given", Boolean(runs));
  if (runs) $("given").value = progress(seen.running, seen.heard, now);
  const ready = mood === "good" && seen?.rule;
  put("what", ready ? doseText(seen.rule, seen.solution) : "");
  const told = known.outcome?.kind === "given" && (runs || seen?.last?.end > known.outcome.sent);
  const outcome = busy || pending || (told && !known.note) ? null : known.note ?? outcomeText(known.outcome, now);
  show("outcome", Boolean(outcome));
  put("outcome", outcome?.text ?? "");
  if (outcome) $("outcome").dataset.mood = outcome.mood;
}

/** The pump also tells of this phone's own pairing: that is no news to her. */
const isOwnPairing = ({ link, code, who: by, since }, { who, paired }) =>
  link && (by === who.key.id || (code.startsWith("pairing-") && since <= paired));

function drawAlarms(known) {
  const { seen, now } = known;
  const alarms = (seen?.alarms ?? []).filter((alarm) => !isOwnPairing(alarm, known));
  const key = JSON.stringify([document.documentElement.lang, alarms.map((a) => [a.code, a.over])]);
  show("alarms", alarms.length > 0);
  if ($("alarms").dataset.key === key) return;
  $("alarms").dataset.key = key;
  $("alarm-list").replaceChildren(...alarms.map((alarm) => alarmItem(alarm, now)));
  if (alarms.length) say(alarms.map((alarm) => alarmText(alarm).join(". ")).join(" "), true);
}

function alarmText({ code, link, over }) {
  const name = has(`alarm.${code}`) ? `alarm.${code}` : "alarm.other";
  const act = link ? "alarm.link.do" : over ? "alarm.over" : `${name}.do`;
  return [t(name), t(act)];
}

function alarmItem(alarm, now) {
  const [title, act] = alarmText(alarm);
  const item = element("li", "", alarm.critical ? "critical" : "notice");
  const words = element("div");
  words.append(element("strong", title), element("p", act));
  if (alarm.since !== null) {
    const since = t("alarm.since", { time: timeText(alarm.since, now) });
    words.append(element("p", since, "since"));
  }
  item.append(icon(alarm.critical ? "warn" : "note"), words);
  return item;
}

function drawFacts({ seen, now, lost, pending }, { mood }) {
  show("facts", true);
  const old = Boolean(seen && lost && !pending);
  show("last-said", old);
  if (old) {
    put("last-said-when", t("said", { age: ageText(seen.heard, now) }));
    put("last-said-words", saidLast(seen, now));
  }
  const rule = seen?.rule;
  fact("dose", rule && mood !== "good" ? doseText(rule, seen.solution) : null);
  const left = rule && !pending && { used: rule.most - seen.left, most: rule.most, left: seen.left };
  fact("left", left ? t("fact.left.value", left) : null);
  fact("last", seen?.last && !seen.running ? lastText(seen.last, seen.solution, now) : null);
  fact("refill", seen && refillText(seen.refill));
  fact("contact", seen ? ageText(seen.heard, now) : t("fact.contact.never"));
}

function fact(name, text) {
  show(`fact-${name}`, Boolean(text));
  put(`fact-${name}-value`, text ?? "");
}

const refillText = (at) =>
  at === null ? t("fact.refill.none") : t("fact.refill.value", { date: dateText(at) });

function lastText({ end, askedNl, leastNl, mostNl }, solution, now) {
  const [whole, least, most] = [askedNl, leastNl, mostNl].map((nl) => amount(nl, solution, askedNl));
  const time = timeText(end, now);
  if (mostNl < askedNl / 50) return t("fact.last.none", { whole, time });
  if (leastNl === askedNl) return t("fact.last.value", { amount: whole, time });
  if (mostNl < askedNl) return t("fact.last.part", { amount: most, whole, time });
  return t("fact.last.between", { least, most, time });
}

function drawButton({ act, off }) {
  const button = $("press");
  button.dataset.act = act;
  button.setAttribute("aria-disabled", String(Boolean(off)));
  put("press-words", t(act));
  $("press-icon").setAttribute("href", act === "stop" ? "#i-halt" : "#i-drop");
}

function drawHelp({ who, phone }) {
  show("clinic-call", Boolean(phone));
  show("clinic-card", !phone);
  if (phone) {
    put("clinic-call", t("help.clinic.call", { number: phone }));
    $("clinic-call").href = `tel:${phone.replace(/[^+\d]/g, "")}`;
  }
  show("forget", Boolean(who));
  put("about", who ? t("help.about", { serial: who.serial }) : "");
}
