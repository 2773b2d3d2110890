/* The page without a network: its own files from the cache, frames only ever to the relay.

   The server writes the digest of all files into VERSION, so a change of any of them is a new
   worker. It takes over when the page was closed: one page never runs files of two versions. */

const VERSION = "development";
const CACHE = `cisterna-remote-${VERSION}`;
const FILES = [
  "./", "canonical.js", "drugs.json", "frames.js", "icon-192.png", "icon-512.png", "icon.svg",
  "link.js", "main.js", "manifest.webmanifest", "pairing.js", "pairview.js", "proof.js",
  "remote.css", "report.js", "status.js", "store.js", "view.js", "wire.js", "words.js",
  "words/en.json", "words/es.json",
];

self.addEventListener("install", (event) => {
  const fresh = FILES.map((file) => new Request(file, { cache: "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fresh)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys().then((names) => Promise.all(
    names.filter((name) => name.startsWith("cisterna-remote-") && name !== CACHE)
      .map((name) => caches.delete(name)))));
});

self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET") return;
  event.respondWith(
    caches.open(CACHE)
      .then((cache) => cache.match(event.request, { ignoreSearch: true }))
      .then((found) => found ?? fetch(event.request)));
});
