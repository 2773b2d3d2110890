// The spine's model in the page, as pure functions: exported modes in, levels out.
// Units: h, mg, mL. Between two changes of rate each mode answers by itself, exactly:
//   y(t + τ) = e^(λτ) y(t) + (e^(λτ) − 1)/λ · drive · rate,   level = see · y + instant · rate.
// A `Modes` object is what `cisterna.spine.export` writes; `tip` is a level's name and a delivery is
// a list of [hours, mg/h].

const flat = new WeakMap();

// The numbers of a drug in typed arrays, made once.
function ready(modes) {
  if (!flat.has(modes)) {
    const instant = modes.tips.map((_, tip) => Float64Array.from(modes.instant, (row) => row[tip]));
    flat.set(modes, {
      rates: Float64Array.from(modes.rates_per_h),
      see: modes.see.map((row) => Float64Array.from(row)),
      drive: new Map(modes.tips.map((tip, n) => [tip, Float64Array.from(modes.drive[n])])),
      instant: new Map(modes.tips.map((tip, n) => [tip, instant[n]])),
    });
  }
  return flat.get(modes);
}

export function nothing(modes) {
  return new Float64Array(modes.rates_per_h.length);
}

// One piece of constant rate; changes `y`.
function moveOn(known, drive, y, hours, rate) {
  for (let k = 0; k < y.length; k += 1) {
    const less = Math.expm1(known.rates[k] * hours);
    y[k] += less * (y[k] + (drive[k] / known.rates[k]) * rate);
  }
}

// The modes `hours` after `start` under a delivery, and the rate at that moment.
export function run(modes, tip, delivery, hours, start = nothing(modes)) {
  const known = ready(modes);
  const drive = known.drive.get(tip);
  const y = start.slice();
  let left = hours;
  let rate = 0;
  for (const [length, level] of delivery) {
    if (left <= 0) break;
    rate = level;
    moveOn(known, drive, y, Math.min(length, left), rate);
    left -= length;
  }
  return { y, rate };
}

// The concentration of every output: 26 levels from above to below, then the sites.
export function levelsOf(modes, tip, { y, rate }) {
  const known = ready(modes);
  const instant = known.instant.get(tip);
  const out = new Float64Array(known.see.length);
  for (let n = 0; n < out.length; n += 1) {
    const row = known.see[n];
    let sum = instant[n] * rate;
    for (let k = 0; k < y.length; k += 1) sum += row[k] * y[k];
    out[n] = sum;
  }
  return out;
}

// The level of every output under a constant rate for ever; a cycle's means under its mean rate.
export function settled(modes, tip, rate) {
  const known = ready(modes);
  const drive = known.drive.get(tip);
  return levelsOf(modes, tip, { y: known.rates.map((l, k) => (-drive[k] / l) * rate), rate });
}

export function lengthOf(delivery) {
  return delivery.reduce((sum, [hours]) => sum + hours, 0);
}

export function meanRate(delivery) {
  return delivery.reduce((sum, [hours, rate]) => sum + hours * rate, 0) / lengthOf(delivery);
}

// The modes where a cycle of delivery begins, once it has been repeated for ever.
export function periodic(modes, tip, cycle) {
  const { rates } = ready(modes);
  const length = lengthOf(cycle);
  return run(modes, tip, cycle, length).y.map((y, k) => -y / Math.expm1(rates[k] * length));
}

// The level of every output along a delivery, at `steps` moments and at the ends of its pieces.
export function* walk(modes, tip, delivery, steps, start = nothing(modes)) {
  let state = { y: start, rate: 0 };
  for (const piece of parted(delivery, steps)) {
    state = run(modes, tip, [piece], piece[0], state.y);
    yield levelsOf(modes, tip, state);
  }
}

// The lowest and the highest level of every output within a settled cycle.
export function swing(modes, tip, cycle, steps = 24) {
  const low = new Float64Array(modes.outputs.length).fill(Infinity);
  const high = new Float64Array(modes.outputs.length);
  for (const levels of walk(modes, tip, cycle, steps, periodic(modes, tip, cycle))) {
    levels.forEach((level, n) => {
      low[n] = Math.min(low[n], level);
      high[n] = Math.max(high[n], level);
    });
  }
  return { low, high };
}

// The same delivery in pieces that are no longer than a `steps`-th of it.
function parted(delivery, steps) {
  const longest = lengthOf(delivery) / steps;
  return delivery.flatMap(([hours, rate]) => {
    const count = Math.ceil(hours / longest - 1e-9);
    return Array.from({ length: count }, () => [hours / count, rate]);
  });
}
