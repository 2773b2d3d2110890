// Python beside the page, in a worker of its own: the page stays readable while it loads and works.
// Every file it asks for was handed to it; anything else it asks for is refused.

const FILES = "https://bedside.invalid/";
const given = new Map();

function bytes(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const letters = atob(text);
  const made = new Uint8Array(letters.length);
  for (let n = 0; n < letters.length; n += 1) made[n] = letters.charCodeAt(n);
  return made;
}

self.fetch = async (address) => {
  const file = given.get(String(address));
  if (!file) throw new TypeError(`nothing leaves this page: ${address}`);
  const stream = new Blob([bytes(file.text)]).stream();
  const body = file.packed ? stream.pipeThrough(new DecompressionStream("gzip")) : stream;
  return new Response(body, { headers: { "Content-Type": file.type } });
};

function say(stage) {
  self.postMessage({ stage });
}

async function start({ wasm, stdlib, site, lock }) {
  given.set(`${FILES}pyodide.asm.wasm`, { text: wasm, packed: true, type: "application/wasm" });
  given.set(`${FILES}python_stdlib.zip`, { text: stdlib, type: "application/zip" });
  say("Starting Python");
  const python = await loadPyodide({
    indexURL: FILES,
    packageBaseUrl: FILES,
    lockFileContents: lock,
    stdout: () => {},
  });
  given.clear();
  say("Unpacking the facts and the code of the order");
  const where = "/home/pyodide/site";
  python.unpackArchive(bytes(site).buffer, "zip", { extractDir: where });
  python.runPython(`import sys; sys.path.insert(0, "${where}")`);
  say("Reading the code of the order");
  return python.runPython(`
import json
from cisterna.bedside.answer import answer, paper
from cisterna.bedside.fields import filled

def asked(name, text):
    given = json.loads(text)
    result = {"answer": answer, "filled": filled, "paper": paper}[name](*given)
    return json.dumps(result, ensure_ascii=False)

asked
`);
}

let ready;
self.onmessage = async ({ data }) => {
  try {
    if (data.parts) {
      ready = start(data.parts);
      const asked = await ready;
      self.postMessage({ ready: true });
      return asked;
    }
    const asked = await ready;
    self.postMessage({ id: data.id, value: asked(data.name, JSON.stringify(data.given)) });
  } catch (problem) {
    self.postMessage({ id: data.id, failed: String(problem) });
  }
};
