// What the pages do in a browser: keys, the lock of a page nobody touches, the passkey that signs.
// Every page works without this file but for passkeys.

const body = document.body;
const OFF = "cisterna-keys-off";

// Keys -------------------------------------------------------------------------------------------

const typing = (element) => element.closest("input, textarea, select, [contenteditable], dialog[open]");
const rows = () => [...document.querySelectorAll("[data-row]")].filter((a) => a.offsetParent);

function step(by) {
  const all = rows();
  const at = all.indexOf(document.activeElement);
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
  next?.focus();
}

function go(place) {
  const link = document.querySelector(`nav a[href="${place}"]`);
  if (link) location.assign(place);
}

let after = "";
const GO = { t: "/", p: "/people/", a: "/audit/", m: "/members/", l: "/library/" };
const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  e: () => {
    const person = body.dataset.person;
    const link = document.querySelector('nav a[href="/emergency/"]');
    if (link) location.assign(person ? `/people/${person}/emergency/` : "/emergency/");
  },
  "?": () => document.getElementById("keys")?.showModal(),
  "/": () => {
    const search = document.querySelector("[data-search]");
    if (search) search.focus();
    else go("/people/");
  },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target) || localStorage.getItem(OFF)) return;
  const key = event.key;
  const chord = after === "g" && GO[key];
  after = key === "g" ? "g" : "";
  const act = chord ? () => go(GO[key]) : KEYS[key];
  if (!act) return;
  event.preventDefault();
  act();
});

const on = document.getElementById("keys-on");
if (on) {
  on.checked = !localStorage.getItem(OFF);
  on.addEventListener("change", () => (on.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
  document.getElementById("keys-open").addEventListener("click", () => document.getElementById("keys").showModal());
}

// Forms ------------------------------------------------------------------------------------------

for (const select of document.querySelectorAll("select[data-submit]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

// A second click while the first is on its way is none; the record would refuse it anyway.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog" || form.method === "get") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

document.querySelector("[data-print]")?.addEventListener("click", () => print());

document.querySelector(".refused, .moved")?.scrollIntoView({ block: "nearest" });

// The lock ---------------------------------------------------------------------------------------

if (body.dataset.idle && location.pathname !== "/locked/") {
  const idle = Number(body.dataset.idle) * 1000;
  let touched = Date.now();
  for (const kind of ["pointerdown", "keydown", "scroll"]) {
    addEventListener(kind, () => (touched = Date.now()), { passive: true });
  }
  const look = async () => {
    if (Date.now() - touched < idle) return;
    const next = location.pathname + location.search;
    const sent = new URLSearchParams({ csrfmiddlewaretoken: body.dataset.csrf, next });
    body.replaceChildren();
    await fetch("/locked/now/", { method: "POST", body: sent, redirect: "manual" }).catch(() => {});
    location.assign(`/locked/?next=${encodeURIComponent(next)}`);
  };
  setInterval(look, 5000);
  document.addEventListener("visibilitychange", look);
}

// The passkey that signs a digest --------------------------------------------------------------------

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function sign(box) {
  const keys = box.dataset.passkeys.split(" ").filter(Boolean);
  const found = await navigator.credentials.get({
    publicKey: {
      challenge: bytes(box.dataset.challenge),
      rpId: box.dataset.site,
      allowCredentials: keys.map((id) => ({ id: bytes(id), type: "public-key" })),
      userVerification: "required",
    },
  });
  const { clientDataJSON, authenticatorData, signature, userHandle } = found.response;
  const response = {
    clientDataJSON: text(clientDataJSON),
    authenticatorData: text(authenticatorData),
    signature: text(signature),
    userHandle: userHandle ? text(userHandle) : null,
  };
  const { id, type } = found;
  return { id, type, rawId: text(found.rawId), response, clientExtensionResults: {} };
}

document.addEventListener(
  "submit",
  async (event) => {
    const box = event.target.querySelector?.(".reauth");
    const field = box?.querySelector("[name=passkey]");
    if (!field || field.value) return;
    event.preventDefault();
    event.stopPropagation();
    const says = box.querySelector("[data-passkey-says]");
    says.textContent = "Touch your passkey.";
    try {
      field.value = JSON.stringify(await sign(box));
      event.target.requestSubmit(event.submitter);
    } catch {
      says.textContent = "The passkey did not answer. Try again.";
    }
  },
  { capture: true },
);
