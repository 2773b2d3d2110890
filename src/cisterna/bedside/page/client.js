// The page's side of Python: hand the worker its parts, ask it, and get answers as objects.

function taken(id) {
  const element = document.getElementById(id);
  const text = element.textContent;
  element.remove();
  return text;
}

async function unpacked(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).blob();
}

export async function startPython(lock, onStage) {
  const code = await unpacked(taken("part-worker"));
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const worker = new Worker(address);
  const waiting = new Map();
  let count = 0;
  const ask = (name, ...given) =>
    new Promise((resolve, reject) => {
      count += 1;
      waiting.set(count, { resolve, reject });
      worker.postMessage({ id: count, name, given });
    });
  return new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message || "the worker did not start"));
    worker.onmessage = ({ data }) => {
      if (data.stage) onStage(data.stage);
      else if (data.ready) {
        URL.revokeObjectURL(address);
        resolve({ ask });
      } else if (data.id === undefined) reject(new Error(data.failed));
      else {
        const { resolve: done, reject: failed } = waiting.get(data.id);
        waiting.delete(data.id);
        if (data.failed) failed(new Error(data.failed));
        else done(JSON.parse(data.value));
      }
    };
    const parts = { lock };
    for (const name of ["wasm", "stdlib", "site"]) parts[name] = taken(`part-${name}`);
    worker.postMessage({ parts });
  });
}
