/* What the pump says of itself, read into what a person has to know. Nothing is guessed. */

const SCHEMA = "cisterna/pump-state/1";
const whole = Number.isSafeInteger;

/** The report for the page, its times as times of this phone; null if it is none that we know. */
export function understood({ report, atMs, sent }) {
  if (report?.schema !== SCHEMA || !report.dose || !Array.isArray(report.alarms)) return null;
  const { dose } = report;
  if (!["ready", "wait", "refused"].includes(dose.answer)) return null;
  const when = (ms) => (whole(ms) ? sent + (ms - atMs) : null);
  return {
    heard: sent,
    version: report.version,
    answer: dose.answer,
    why: dose.why,
    ready: when(dose.ready_ms),
    solution: { drug: dose.primary ?? null, ngPerMl: dose.ng_per_ml ?? null },
    rule: dose.rule && ruled(dose.rule),
    left: dose.left,
    running: dose.running && running(dose.running, when),
    last: dose.last && ended(dose.last, when),
    refill: when(report.refill?.low_reservoir_ms),
    alarms: report.alarms.map((alarm) => alarmed(alarm, when)),
  };
}

const ruled = (rule) => ({
  volumeNl: rule.volume_nl,
  durationMs: rule.duration_ms,
  most: rule.most_per_day,
});

const running = (dose, when) => ({
  kind: dose.kind,
  end: when(dose.end_ms),
  given: dose.given_nl / dose.volume_nl,
});

const ended = (dose, when) => ({
  end: when(dose.ended_ms),
  askedNl: dose.asked_nl,
  leastNl: dose.least_nl,
  mostNl: dose.most_nl,
});

const alarmed = (alarm, when) => ({
  code: alarm.code,
  link: "who" in alarm,
  who: alarm.who ?? null,
  critical: alarm.class === "critical",
  since: when(alarm.since_ms),
  over: alarm.over === true,
});

/** How much of a running dose is given by now, from 0 to 1, if it goes on as the pump said. */
export function progress({ given, end }, heard, now) {
  if (end <= heard) return 1;
  return Math.min(1, given + ((1 - given) * (now - heard)) / (end - heard));
}
