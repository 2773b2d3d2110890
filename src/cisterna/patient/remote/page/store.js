/* What this phone keeps: one IndexedDB, so that a key can be kept that nobody can take out. */

const NAME = "cisterna-remote";

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

let opened = null;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("kept");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

async function within(mode, act) {
  const transaction = (await database()).transaction("kept", mode, { durability: "strict" });
  const written = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
  const found = await act(transaction.objectStore("kept"));
  await written;
  return found;
}

/** What is kept under a name; undefined if nothing is. */
export const get = (name) => within("readonly", (kept) => done(kept.get(name)));

const keep = (kept, values) =>
  Promise.all(Object.entries(values).map(([name, value]) => done(kept.put(value, name))));

/** Keep several values at once; it resolves when they are on disk. */
export const put = (values) => within("readwrite", (kept) => keep(kept, values));

/** The same for what belongs to a pump, and whether it was kept: once she has forgotten the pump,
    in this window or another, an answer under way leaves nothing. */
export const note = (values) =>
  within("readwrite", async (kept) => {
    const paired = Boolean(await done(kept.get("who")));
    if (paired) await keep(kept, values);
    return paired;
  });

/** Forget several names at once. */
export const drop = (...names) =>
  within("readwrite", (kept) => Promise.all(names.map((name) => done(kept.delete(name)))));

/** The next counter of this key: on disk before anybody sees it. `seen` is what the pump has used. */
export const nextCounter = (seen = 0) =>
  within("readwrite", async (kept) => {
    const next = Math.max((await done(kept.get("counter"))) ?? 0, seen) + 1;
    if (await done(kept.get("who"))) await done(kept.put(next, "counter"));
    return next;
  });
