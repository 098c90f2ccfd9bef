"use strict";
// The server's smoothing (fer_core/live/smoothing.py), fed with the very numbers that the server gets.

const UNCERTAIN = "uncertain";
const NO_FACE = "no face";

class Smoother {
  constructor(labels, settings) {
    this.labels = labels;
    this.settings = settings;
    this.blend = null;
    this.time = null;
    this.seen = -Infinity;
    this.label = NO_FACE;
    this.rival = null;
    this.rivalSince = 0;
  }

  // Takes shares in the order of the labels, or null without a face; gives {label, blend}.
  update(time, shares) {
    const now = this.time === null ? time : Math.max(time, this.time);
    const passed = this.time === null ? 0 : now - this.time;
    this.time = now;
    if (shares === null) {
      if (this.blend !== null && now - this.seen >= this.settings.lost_after) this.blend = null;
    } else {
      const old = 0.5 ** (passed / this.settings.half_life);
      this.blend = this.blend === null ? [...shares] : this.blend.map((share, i) => old * share + (1 - old) * shares[i]);
      this.seen = now;
    }
    this.#choose(now);
    return { label: this.label, blend: this.blend };
  }

  #choose(now) {
    const wanted = this.#wanted();
    if (wanted === this.label) {
      this.rival = null;
      return;
    }
    if (wanted !== NO_FACE && this.label !== NO_FACE) {
      if (wanted !== this.rival) {
        this.rival = wanted;
        this.rivalSince = now;
      }
      if (now - this.rivalSince < this.settings.dwell) return;
    }
    this.label = wanted;
    this.rival = null;
  }

  #wanted() {
    if (this.blend === null) return NO_FACE;
    const { threshold, margin } = this.settings;
    const leader = this.blend.indexOf(Math.max(...this.blend));
    if (this.blend[leader] < threshold) return UNCERTAIN;
    const current = this.labels.indexOf(this.label);
    if (current >= 0 && this.blend[current] >= threshold && this.blend[leader] - this.blend[current] < margin) return this.label;
    return this.labels[leader];
  }
}

// Gathers what single pictures show into one reading a message.
class Gathered {
  constructor(size) {
    this.size = size;
    this.clear();
  }

  clear() {
    this.sums = new Array(this.size).fill(0);
    this.faces = 0;
    this.pictures = 0;
  }

  add(shares) {
    this.pictures += 1;
    if (shares === null) return;
    this.faces += 1;
    shares.forEach((share, i) => (this.sums[i] += share));
  }

  // What is sent: a time in seconds, whether there was a face, and the mean shares, all of three decimals.
  message(time) {
    const face = this.faces > 0;
    const shares = this.sums.map((sum) => (face ? Math.round((1000 * sum) / this.faces) / 1000 : 0));
    return { time: Math.round(1000 * time) / 1000, face, shares };
  }
}

// Whether a message says something else than the one before.
function isNews(message, before, least) {
  if (before === null || message.face !== before.face) return true;
  return message.shares.some((share, i) => Math.abs(share - before.shares[i]) >= least);
}

// The shares of a message as both sides take them: rounding left their sum a little off 1.
function sharesOf({ face, shares }) {
  if (!face) return null;
  const sum = shares.reduce((a, b) => a + b, 0);
  return shares.map((share) => share / sum);
}
