/* What the page says right now: one headline, what it means, and what the large button does. */

import { has, t, timeText } from "./words.js";

const FRESH_MS = 180_000; // older than this, the pump is asked before a dose can be
const MINUTE_MS = 60_000;
const STEP = ["counter", "before-restart", "not-yet", "window", "role", "arguments", "unfit"];

/** The end of the minute: she is never told to come back too early. */
const minute = (ms) => Math.ceil(ms / MINUTE_MS) * MINUTE_MS;

/** Why the pump said no, in plain words. */
export function why(code) {
  const name = STEP.includes(code) ? "why.step" : `why.${code}`;
  return t(has(name) ? name : "why.other");
}

/** {mood, head, more, act: "ask" | "stop", off}: `off` means that the button only explains. */
export function status({ now, busy, slow, lost, online, pending, seen }) {
  const act = seen?.running?.kind === "patient" && seen.running.end > now ? "stop" : "ask";
  if (busy === "ask" || busy === "stop") return { ...working(busy, slow), act: busy, off: true };
  if (pending) return { mood: "warn", ...says("unknown"), act: "ask", off: true };
  if (lost === "rejected") return { mood: "warn", ...says("revoked"), act: "ask", off: true };
  if (lost === "forged" || lost === "strange") {
    return { mood: "warn", ...says(lost), act, off: act === "ask" };
  }
  if (lost) return { ...away(seen, online), act, off: act === "ask" };
  if (!seen || now - seen.heard > FRESH_MS) {
    const more = t(slow ? "slow.more" : "first.more");
    return { mood: "busy", head: t("first.head"), more, act: "ask", off: true };
  }
  return { ...answered(seen, now), act };
}

const says = (name) => ({ head: t(`${name}.head`), more: t(`${name}.more`) });

function working(act, slow) {
  const head = t(act === "stop" ? "stopping.head" : "asking.head");
  return { mood: "busy", head, more: t(slow ? "slow.more" : "asking.more") };
}

function away(seen, online) {
  const more = !seen ? "offline.never" : online ? "offline.more" : "offline.phone";
  return { mood: "away", head: t("offline.head"), more: t(more) };
}

function answered(seen, now) {
  const { running, answer, ready } = seen;
  if (running && running.end > now) {
    const name = running.kind === "patient" ? "running" : "running.clinician";
    const more = t(`${name}.more`, { time: timeText(minute(running.end), now) });
    return { mood: "running", head: t(`${name}.head`), more, off: running.kind !== "patient" };
  }
  if (answer === "ready") return { mood: "good", ...says("ready"), off: false };
  const more = why(seen.why);
  if (answer === "wait" && ready !== null) {
    const head = t("wait.head", { time: timeText(minute(ready), now) });
    return { mood: "wait", head, more, off: true };
  }
  return { mood: "stop", head: t("refused.head"), more, off: true };
}

/** What the pump said last, for when there is no contact. */
export function saidLast(seen, now) {
  const { running, answer, ready } = seen;
  if (running && running.end > now) {
    return t("said.running", { time: timeText(minute(running.end), now) });
  }
  if (answer === "wait" && ready !== null) {
    return t("said.wait", { time: timeText(minute(ready), now) });
  }
  return answer === "ready" ? t("said.ready") : `${t("said.refused")} ${why(seen.why)}`;
}

/** {mood, text} of what became of the last press, as long as it is news; null if it is not. */
export function outcomeText(outcome, now) {
  if (!outcome) return null;
  const unsure = outcome.kind === "unsure";
  if (!unsure && now - outcome.sent > 10 * MINUTE_MS) return null;
  const said = t(`outcome.${outcome.kind}`);
  const text = outcome.kind === "refused" ? `${said} ${why(outcome.code)}` : said;
  return { mood: outcome.kind === "given" ? "good" : unsure ? "warn" : "stop", text };
}
