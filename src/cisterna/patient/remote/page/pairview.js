/* The first screen: number and code from the card, and what went wrong if it did. */

import { fromLink, pair, tidy, tidyCode } from "./pairing.js";
import { $, say } from "./view.js";
import { t } from "./words.js";

const PHONE = /^\+?[\d ()./-]{0,30}$/;
let paired = () => {};

/** What happens when this phone is connected. */
export const onPaired = (act) => { paired = act; };

/** Show the form; a link from the clinic's card fills it in. */
export function startPairing(known, store, exchange) {
  const found = fromLink(location.hash);
  if (location.hash) history.replaceState(null, "", location.pathname);
  for (const [name, value] of Object.entries(found)) if (value) $(`pair-${name}`).value = value;
  $("pair-form").onsubmit = (event) => {
    event.preventDefault();
    connect(store, exchange);
  };
}

async function connect(store, exchange) {
  if ($("pair-go").getAttribute("aria-disabled") === "true") return;
  const serial = tidy($("pair-serial").value);
  const code = tidyCode($("pair-code").value);
  const phone = $("pair-phone").value.trim();
  if (!PHONE.test(phone)) return wrong("phone");
  told(t("pair.busy"), "busy");
  $("pair-go").setAttribute("aria-disabled", "true");
  const found = await tried({ serial, code }, exchange);
  $("pair-go").setAttribute("aria-disabled", "false");
  if (found.wrong) return wrong(found.wrong);
  if (!found.who) return told(t(problem(found)), "stop");
  await store.put({
    who: found.who, phone, paired: Date.now(), counter: 0, pending: null, outcome: null, seen: null,
  });
  navigator.storage?.persist?.();
  $("pair-form").reset();
  told("", "");
  return paired();
}

/** A browser that knows no Ed25519 cannot be a remote. */
async function tried(card, exchange) {
  try {
    return await pair(card, exchange);
  } catch {
    return { old: true };
  }
}

function problem({ refused, lost, old }) {
  if (old) return "pair.old";
  return refused ? "pair.refused" : lost === "forged" ? "pair.forged" : "pair.lost";
}

function wrong(name) {
  told(t(`pair.${name}.wrong`), "stop");
  for (const field of ["serial", "code", "phone"]) {
    $(`pair-${field}`).setAttribute("aria-invalid", String(field === name));
  }
  $(`pair-${name}`).focus();
}

function told(text, mood) {
  const place = $("pair-told");
  place.textContent = text;
  place.hidden = !text;
  place.dataset.mood = mood;
  if (text) say(text, mood === "stop");
}
