"use strict";
// Reads pictures, away from the page's own thread. One file with what stands before it (frame.js joins them), started
// after the frame has shut its network, so nothing here can reach one.

const FACE = 48;
let detector = null;
let recogniser = null;
let outputs = [];
let canvas = null;

async function load({ wasm, detector: detectorFile, recogniser: recogniserFile, labels }) {
  if (typeof WebAssembly !== "object") throw new Error("wasm");
  const begun = performance.now();
  // TensorFlow.js would fetch its WebAssembly; it is here already.
  globalThis.fetch = async (path) => new Response(wasm[path.split("/").pop()], { headers: { "Content-Type": "application/wasm" } });
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  tf.wasm.setWasmPaths("here/");
  if (!(await tf.setBackend("wasm"))) throw new Error("wasm");
  await tf.ready();
  detector = new Network(tf, detectorFile);
  recogniser = new Network(tf, recogniserFile);
  // A network that knows more expressions is read as those that both know (fer_core/labels.py).
  outputs = labels.map((label) => recogniser.notes.labels.indexOf(label));
  // The first run of each is slow.
  findFaces(detector, new Uint8ClampedArray(256 * 192 * 3), 256, 192);
  recogniser.run(new Float32Array(FACE * FACE), [1, FACE, FACE, 1]);
  return { ms: performance.now() - begun };
}

// The largest face of a picture and what it shows.
function read(rgba, width, height, mirrored) {
  const begun = performance.now();
  const { gray, bgr } = channelsOf(rgba, mirrored, width);
  const faces = findFaces(detector, bgr, width, height);
  const found = performance.now();
  let shares = null;
  if (faces.length) {
    const crop = cropFace(gray, width, height, squareOf(faces[0], detector.notes.framing), FACE);
    const [{ values }] = recogniser.run(Float32Array.from(crop), [1, FACE, FACE, 1]);
    const known = outputs.map((at) => values[at]);
    const sum = known.reduce((a, b) => a + b, 0);
    shares = known.map((share) => share / sum);
  }
  return { faces, shares, ms: { detection: found - begun, classification: performance.now() - found } };
}

function pixelsOf(picture) {
  const { width, height } = picture;
  if (canvas === null || canvas.width !== width || canvas.height !== height) canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0);
  return context.getImageData(0, 0, width, height).data;
}

self.onmessage = async ({ data }) => {
  try {
    if (data.kind === "load") {
      self.postMessage({ kind: "loaded", ...(await load(data)) });
    } else {
      const { picture, mirrored } = data;
      const begun = performance.now();
      const rgba = pixelsOf(picture);
      const pixels = performance.now() - begun;
      const result = read(rgba, picture.width, picture.height, mirrored);
      result.ms.pixels = pixels;
      self.postMessage({ kind: "read", picture, ...result }, [picture]);
    }
  } catch (error) {
    self.postMessage({ kind: "failed", during: data.kind, why: String(error?.message ?? error) });
  }
};
