// Numbers as a person reads them, and round steps of an axis: the rules of the sheet, in the page.
// A zero before the point, none at the end, thousands in groups, and never more digits than mean something.

const LEAST = 0.001;

export function figure(value, digits = 3) {
  if (value === 0) return "0";
  if (value < LEAST) return `below ${LEAST}`;
  const whole = Math.trunc(value).toString().length;
  const places = value >= 1 ? Math.max(0, digits - whole) : digits - 1 - Math.floor(Math.log10(value));
  const [front, back = ""] = value.toFixed(places).split(".");
  const grouped = front.replace(/\B(?=(\d{3})+$)/g, ",");
  const rest = back.replace(/0+$/, "");
  return rest ? `${grouped}.${rest}` : grouped;
}

// The smallest of 1, 2, 2.5 and 5 times a power of ten with at most `about` steps up to `most`.
export function roundStep(most, about = 4) {
  const power = 10 ** Math.floor(Math.log10(most / about));
  return power * [1, 2, 2.5, 5, 10].find((size) => size * power * about >= most * (1 - 1e-9));
}
