"use strict";
// Pictures as the server makes them: resized as OpenCV does, grey by the same weights, cut out by the same square.

// Python's round: halves go to the even neighbour.
function roundEven(value) {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

// For each place of the shrunk side, which places it covers and how much of each counts (OpenCV's INTER_AREA).
function areaTaps(from, to) {
  const step = from / to;
  const taps = [];
  for (let at = 0; at < to; at++) {
    const begin = at * step;
    const end = Math.min(begin + step, from);
    const first = Math.min(Math.floor(begin + 1e-9), from - 1);
    const last = Math.min(Math.ceil(end - 1e-9), from);
    const weights = [];
    for (let i = first; i < last; i++) weights.push((Math.min(i + 1, end) - Math.max(i, begin)) / (end - begin));
    taps.push({ first, weights });
  }
  return taps;
}

// For each place of the enlarged side the two it lies between (OpenCV's INTER_LINEAR).
function linearTaps(from, to) {
  const taps = [];
  for (let at = 0; at < to; at++) {
    const centre = ((at + 0.5) * from) / to - 0.5;
    const first = Math.floor(centre);
    const share = centre - first;
    if (first < 0) taps.push({ first: 0, weights: [1] });
    else if (first >= from - 1) taps.push({ first: from - 1, weights: [1] });
    else taps.push({ first, weights: [1 - share, share] });
  }
  return taps;
}

// Bytes of a picture (height, width, channels) at another size; made smaller it is averaged by area.
function resize(bytes, width, height, channels, toWidth, toHeight) {
  if (width === toWidth && height === toHeight) return bytes;
  const make = toWidth < width || toHeight < height ? areaTaps : linearTaps;
  const across = make(width, toWidth);
  const down = make(height, toHeight);
  const rows = new Float32Array(height * toWidth * channels);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < toWidth; x++) {
      const { first, weights } = across[x];
      for (let c = 0; c < channels; c++, to++) {
        let sum = 0;
        let from = (y * width + first) * channels + c;
        for (let i = 0; i < weights.length; i++, from += channels) sum += weights[i] * bytes[from];
        rows[to] = sum;
      }
    }
  }
  const out = new Uint8ClampedArray(toWidth * toHeight * channels);
  const stride = toWidth * channels;
  for (let y = 0, to = 0; y < toHeight; y++) {
    const { first, weights } = down[y];
    for (let x = 0; x < stride; x++, to++) {
      let sum = 0;
      for (let i = 0, from = first * stride + x; i < weights.length; i++, from += stride) sum += weights[i] * rows[from];
      // A clamped array rounds halves to even, as OpenCV does.
      out[to] = sum;
    }
  }
  return out;
}

// Grey (ITU-R BT.601, in OpenCV's whole numbers) and blue-first bytes of what a canvas gives.
function channelsOf(rgba, mirrored, width) {
  const count = rgba.length / 4;
  const gray = new Uint8ClampedArray(count);
  const bgr = new Uint8ClampedArray(3 * count);
  for (let to = 0; to < count; to++) {
    const row = Math.floor(to / width);
    const from = 4 * (mirrored ? row * width + (width - 1 - (to - row * width)) : to);
    const red = rgba[from];
    const green = rgba[from + 1];
    const blue = rgba[from + 2];
    gray[to] = (red * 9798 + green * 19235 + blue * 3735 + 16384) >> 15;
    bgr[3 * to] = blue;
    bgr[3 * to + 1] = green;
    bgr[3 * to + 2] = red;
  }
  return { gray, bgr };
}

// The square that a box becomes: left, top and side in whole pixels.
function squareOf(box, framing) {
  const longer = Math.max(box.w, box.h);
  const side = Math.max(1, roundEven(framing.scale * longer));
  const x = box.x + box.w / 2 + framing.dx * longer;
  const y = box.y + box.h / 2 + framing.dy * longer;
  return { left: roundEven(x - side / 2), top: roundEven(y - side / 2), side };
}

// A grey face of size x size; where the square leaves the picture its border goes on.
function cropFace(gray, width, height, { left, top, side }, size) {
  const square = new Uint8ClampedArray(side * side);
  for (let y = 0, to = 0; y < side; y++) {
    const row = Math.min(Math.max(top + y, 0), height - 1) * width;
    for (let x = 0; x < side; x++, to++) square[to] = gray[row + Math.min(Math.max(left + x, 0), width - 1)];
  }
  return resize(square, side, side, 1, size, size);
}
