// JPEG of a canvas, made by a worker that all flows of the page share.

let worker = null;
let nextId = 1;
const waiting = new Map();

function start() {
  worker = new Worker(new URL("./encode_worker.js", import.meta.url));
  worker.addEventListener("message", ({ data: { id, jpeg } }) => {
    waiting.get(id).resolve(jpeg);
    waiting.delete(id);
  });
  // A worker that cannot be loaded answers nothing: whoever waits must hear of it.
  worker.addEventListener("error", (event) => {
    worker = null;
    for (const { reject } of waiting.values()) reject(new Error(`no JPEG: ${event.message || "the worker failed"}`));
    waiting.clear();
  });
}

/** Bytes of the canvas as it is now; it may be drawn on again once this has been called. */
export async function jpegOf(canvas, quality) {
  const picture = await createImageBitmap(canvas);
  if (!worker) start();
  const id = nextId++;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, picture, quality }, [picture]);
  });
}
