"use strict";
// Finds faces as fer_core/vision/detectors does: the same network, sizes, threshold and whole pixels.

// How much to scale a picture in each pass, cheapest first.
function factorsFor(width, height, { smallest, passes }) {
  if (width < smallest) return [Math.min(4, smallest / width, (2 * smallest) / height)];
  const factors = passes.map((wide) => Math.min(1, wide / width, (2 * wide) / height));
  return [...new Set(factors)].sort((a, b) => a - b);
}

// Faces {x, y, w, h, score} in a blue-first picture, largest first; none is a normal answer.
function findFaces(network, bgr, width, height) {
  for (const factor of factorsFor(width, height, network.notes)) {
    const toWidth = factor === 1 ? width : Math.max(1, roundEven(width * factor));
    const toHeight = factor === 1 ? height : Math.max(1, roundEven(height * factor));
    const found = look(network, resize(bgr, width, height, 3, toWidth, toHeight), toWidth, toHeight);
    if (found.length) {
      const faces = found.map(({ x, y, w, h, score }) => ({ x: x / factor, y: y / factor, w: w / factor, h: h / factor, score }));
      return faces.sort((a, b) => b.w * b.h - a.w * a.h);
    }
  }
  return [];
}

function look(network, bytes, width, height) {
  const padded = { width: 32 * Math.ceil(width / 32), height: 32 * Math.ceil(height / 32) };
  const values = new Float32Array(padded.width * padded.height * 3);
  for (let y = 0; y < height; y++) {
    const row = bytes.subarray(y * width * 3, (y + 1) * width * 3);
    values.set(row, y * padded.width * 3);
  }
  const outputs = network.run(values, [1, padded.height, padded.width, 3]);
  const { strides, score: least, overlap } = network.notes;
  const boxes = strides.flatMap((stride, level) => decode(outputs.slice(3 * level, 3 * level + 3), stride, least));
  // The library tells whole numbers, and the framing was measured on them.
  return withoutOverlaps(boxes, overlap)
    .map(({ x, y, w, h, score }) => ({ x: Math.trunc(x), y: Math.trunc(y), w: Math.trunc(w), h: Math.trunc(h), score: Math.trunc(100 * score) / 100 }))
    .filter(({ w, h, score }) => w > 0 && h > 0 && score >= least);
}

function decode([face, thing, box], stride, least) {
  const [, , columns] = face.shape;
  const found = [];
  for (let at = 0; at < face.values.length; at++) {
    const score = Math.sqrt(face.values[at] * thing.values[at]);
    if (score < least) continue;
    const [x, y, w, h] = box.values.subarray(4 * at, 4 * at + 4);
    const width = Math.exp(w) * stride;
    const height = Math.exp(h) * stride;
    const centreX = ((at % columns) + x) * stride;
    const centreY = (Math.floor(at / columns) + y) * stride;
    found.push({ x: centreX - width / 2, y: centreY - height / 2, w: width, h: height, score });
  }
  return found;
}

function withoutOverlaps(boxes, most) {
  const kept = [];
  for (const box of boxes.sort((a, b) => b.score - a.score)) {
    if (kept.every((other) => sharedPart(box, other) <= most)) kept.push(box);
  }
  return kept;
}

function sharedPart(a, b) {
  const wide = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x);
  const high = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y);
  if (wide <= 0 || high <= 0) return 0;
  return (wide * high) / (a.w * a.h + b.w * b.h - wide * high);
}
