/* What is said, in her language: texts, amounts by ISMP, times in the phone's zone. */

export const LANGUAGES = { en: "English", es: "Español" };
const DAY_MS = 86_400_000;
const FG_PER = { mg: 1e12, mcg: 1e9 };

let texts = {};
let units = {};
let language = "en";

const file = async (name) => (await fetch(name)).json();

/** The first of her languages that there is; `wished` is the one she chose on this phone. */
export function chosen(wished, hers = navigator.languages) {
  const known = [wished, ...hers].map((tag) => tag?.slice(0, 2)).find((tag) => tag in LANGUAGES);
  return known ?? "en";
}

/** Load a language; everything below speaks it from then on. */
export async function speak(code) {
  [texts, units] = await Promise.all([file(`words/${code}.json`), file("drugs.json")]);
  language = code;
  document.documentElement.lang = code;
}

/** Whether there is a text of this name. */
export const has = (key) => Object.hasOwn(texts, key);

/** A text with its gaps filled. */
export const t = (key, gaps = {}) =>
  texts[key].replace(/\{(\w+)\}/g, (_, name) => String(gaps[name]));

/** Her own form of writing dates, if it is one of this language. */
const locale = () => navigator.languages.find((tag) => tag.startsWith(language)) ?? language;

const plural = (name, n) => t(`${name}.${new Intl.PluralRules(language).select(n)}`, { n });

/** "10 minutes"; seconds where it is no whole minutes. */
export const lasting = (ms) =>
  ms % 60_000 ? plural("seconds", Math.round(ms / 1000)) : plural("minutes", ms / 60_000);

const number = (value, digits) => String(Number(value.toPrecision(digits)));

/** An amount of drug for a person: mcg or mg, leading zero, no trailing zero; mL if unknown.
    A part of a dose (`wholeNl`) is told in the unit of the whole, and roughly. */
export function amount(volumeNl, { drug, ngPerMl }, wholeNl = volumeNl) {
  const digits = volumeNl === wholeNl ? 4 : 2;
  if (!drug || !ngPerMl) return `${number(volumeNl / 1e6, digits)} mL`;
  const small = wholeNl * ngPerMl < 0.01 * FG_PER.mg;
  const unit = small ? "mcg" : (units[drug] ?? "mg");
  return `${number((volumeNl * ngPerMl) / FG_PER[unit], digits)} ${unit}`;
}

/** "0.2 mg of morphine, over 10 minutes". */
export function doseText({ volumeNl, durationMs }, solution) {
  const gaps = { amount: amount(volumeNl, solution), time: lasting(durationMs) };
  if (!solution.drug) return t("fact.dose.volume", gaps);
  const name = `drug.${solution.drug}`;
  return t("fact.dose.value", { ...gaps, drug: has(name) ? t(name) : solution.drug });
}

const midnight = (ms) => new Date(ms).setHours(0, 0, 0, 0);

/** A date of this zone. */
export const dateText = (ms) =>
  new Intl.DateTimeFormat(locale(), { day: "numeric", month: "long" }).format(ms);

/** A time in this zone on the 24-hour clock (SR-67), with its day where it is not today. */
export function timeText(ms, now = Date.now()) {
  const form = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const clock = new Intl.DateTimeFormat(locale(), form);
  const days = Math.round((midnight(ms) - midnight(now)) / DAY_MS);
  const day = { 0: "today", 1: "tomorrow", "-1": "yesterday" }[days] ?? "day";
  return t(`time.${day}`, { time: clock.format(ms), date: dateText(ms) });
}

/** How long ago: "just now", "3 minutes ago". */
export function ageText(ms, now = Date.now()) {
  const seconds = Math.max(0, Math.round((now - ms) / 1000));
  if (seconds < 60) return t("now");
  const ago = new Intl.RelativeTimeFormat(language, { numeric: "always" });
  if (seconds < 3600) return ago.format(-Math.floor(seconds / 60), "minute");
  if (seconds < 172_800) return ago.format(-Math.floor(seconds / 3600), "hour");
  return ago.format(-Math.floor(seconds / 86_400), "day");
}
