"use strict";
// The camera's frame on the live page: loads what reads faces, shuts its network, opens the camera, and tells the page
// around it a time, whether there is a face, and five shares.

const FILES = ["build/tf-core.min.js", "build/tf-backend-wasm.min.js", "network.js", "pixels.js", "faces.js", "worker.js"];
const WASM = ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm"];
const CAMERA = { audio: false, video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 15 } } };
// Seconds between two messages, and where nothing changes; how much a share must change to be news.
const EVERY = 0.5;
const CALM = 1.5;
const NEWS = 0.1;
// Seconds between two pictures at least, and without a picture before that is told.
const BETWEEN = 1 / 16;
const PATIENCE = 3;
// Pictures a second below which a device is called slow.
const SLOW = 4;

const canvas = document.querySelector("canvas");
const empty = document.querySelector(".empty");
const button = document.querySelector("button");
const status = document.querySelector("[role=status]");
// Apart, since screen readers would read each of its changes.
const speed = document.querySelector(".speed");
const video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });

let args = null;
let worker = null;
let stream = null;
let smoother = null;
let gathered = null;
let label = "no face";
let sentAt = 0;
let sent = null;
let askedAt = 0;
let shownAt = -1;
let busy = false;
let timer = null;
let speeds = [];

function tell(type, rest = {}) {
  parent.postMessage({ isStreamlitMessage: true, type: `streamlit:${type}`, ...rest }, "*");
}

function send(value) {
  tell("setComponentValue", { value, dataType: "json" });
}

function say(text, figures = "") {
  if (status.textContent !== text) status.textContent = text;
  speed.textContent = figures;
  fit();
}

function fit() {
  tell("setFrameHeight", { height: Math.ceil(document.body.getBoundingClientRect().height) });
}

async function load() {
  const get = async (path) => {
    const answer = await fetch(path);
    if (!answer.ok) throw new Error(path);
    return answer;
  };
  const scripts = Promise.all(FILES.map(async (path) => (await get(path)).text()));
  const wasm = Promise.all(WASM.map(async (name) => [name, await (await get(`build/${name}`)).arrayBuffer()]));
  const detector = get("build/detector.bin").then((answer) => answer.arrayBuffer());
  const recogniser = get(args.recogniser).then((answer) => answer.arrayBuffer());
  return {
    code: (await scripts).join("\n;\n"),
    wasm: Object.fromEntries(await wasm),
    detector: await detector,
    recogniser: await recogniser,
  };
}

function start({ code, ...files }) {
  // Made after the seal, it is under it too.
  const made = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  return new Promise((resolve, reject) => {
    made.onerror = (event) => reject(new Error(event.message || "worker"));
    made.onmessage = ({ data }) => {
      if (data.kind !== "loaded") {
        reject(new Error(data.why));
        return;
      }
      made.onmessage = ({ data: result }) => take(result);
      resolve(made);
    };
    made.postMessage({ kind: "load", labels: args.labels, ...files });
  });
}

async function ready() {
  if (worker) return true;
  if (typeof WebAssembly !== "object" || typeof Worker !== "function" || typeof OffscreenCanvas !== "function") {
    say(args.sentences.old);
    return false;
  }
  let files;
  try {
    files = await load();
  } catch {
    say(args.sentences.files);
    return false;
  }
  seal();
  try {
    worker = await start(files);
  } catch (error) {
    // The network is shut now, so a second try needs a new frame.
    console.error(error);
    say(args.sentences.broken);
    button.hidden = true;
    return false;
  }
  return true;
}

async function startCamera() {
  button.disabled = true;
  say(worker ? "Opening the camera." : "Loading what reads faces (about 5 MB).");
  if (!navigator.mediaDevices?.getUserMedia) {
    say(args.sentences.insecure);
  } else if (await ready()) {
    say("Waiting for the camera.");
    try {
      stream = await navigator.mediaDevices.getUserMedia(CAMERA);
      await play();
    } catch (error) {
      stopCamera();
      const known = { NotAllowedError: "denied", NotFoundError: "none", OverconstrainedError: "none" };
      say(args.sentences[known[error.name] ?? "busy"]);
    }
  }
  button.disabled = false;
}

async function play() {
  smoother = new Smoother(args.labels, args.smoothing);
  gathered = new Gathered(args.labels.length);
  speeds = [];
  label = "no face";
  sentAt = askedAt = 0;
  sent = null;
  busy = false;
  stream.getVideoTracks()[0].onended = () => {
    stopCamera();
    say(args.sentences.lost);
  };
  video.srcObject = stream;
  await video.play();
  canvas.hidden = false;
  empty.hidden = true;
  button.textContent = "STOP";
  timer = setInterval(watch, 1000);
  next();
}

function stopCamera() {
  clearInterval(timer);
  for (const track of stream?.getTracks() ?? []) {
    track.onended = null;
    track.stop();
  }
  stream = null;
  video.srcObject = null;
  canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
  canvas.hidden = true;
  empty.hidden = false;
  button.textContent = "START";
  say("");
  send(null);
}

function next() {
  if (!stream) return;
  if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(ask);
  else requestAnimationFrame(() => (video.currentTime === shownAt ? next() : ask()));
}

// Hands the newest picture to the worker; while one is read none waits.
async function ask() {
  const now = performance.now() / 1000;
  if (!stream) return;
  if (busy || now - askedAt < BETWEEN) {
    if (!busy) next();
    return;
  }
  busy = true;
  askedAt = now;
  shownAt = video.currentTime;
  try {
    const picture = await createImageBitmap(video);
    worker.postMessage({ kind: "read", picture, mirrored: args.mirrored }, [picture]);
  } catch {
    // A camera that has just begun may have no picture yet.
    busy = false;
    next();
  }
}

function take(result) {
  busy = false;
  if (!stream) {
    result.picture?.close();
    return;
  }
  if (result.kind === "failed") {
    console.error(result.why);
    stopCamera();
    say(args.sentences.broken);
    return;
  }
  const now = performance.now() / 1000;
  speeds = [...speeds.filter((each) => now - each.at < 5), { at: now, ms: result.ms, began: askedAt }];
  gathered.add(result.shares);
  if (now - sentAt >= EVERY) {
    const message = gathered.message(Date.now() / 1000);
    // While a label is about to be decided, or an expression is held for the count, every message counts.
    const wanted = args.counting || smoother.rival !== null;
    if (wanted || now - sentAt >= CALM || isNews(message, sent, NEWS)) {
      gathered.clear();
      sentAt = now;
      sent = message;
      label = smoother.update(message.time, sharesOf(message)).label;
      send(message);
    }
  }
  draw(result);
  next();
}

function draw({ picture, faces }) {
  const { width, height } = picture;
  if (canvas.width !== width || canvas.height !== height) {
    Object.assign(canvas, { width, height });
    requestAnimationFrame(fit);
  }
  const context = canvas.getContext("2d");
  context.save();
  if (args.mirrored) {
    context.translate(width, 0);
    context.scale(-1, 1);
  }
  context.drawImage(picture, 0, 0);
  context.restore();
  picture.close();
  if (!faces.length) return;
  const { x, y, w, h } = faces[0];
  const size = Math.max(0.6, Math.min(width, height) / 480);
  const colour = args.colours[label];
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = Math.max(1, 2 * size);
  context.strokeRect(x, y, w, h);
  context.font = `600 ${Math.round(18 * size)}px sans-serif`;
  const tall = 26 * size;
  const wide = context.measureText(label).width + 12 * size;
  const left = Math.max(0, Math.min(x, width - wide));
  const top = y >= tall ? y - tall : Math.max(0, y);
  context.fillRect(left, top, wide, tall);
  context.fillStyle = "#fff";
  context.fillText(label, left + 6 * size, top + 19 * size);
}

function watch() {
  const now = performance.now() / 1000;
  speeds = speeds.filter((each) => now - each.at < 5);
  if (speeds.length < 2) {
    say(now - askedAt > PATIENCE ? args.sentences.still : "Waiting for the first picture.");
    return;
  }
  const rate = (speeds.length - 1) / (speeds.at(-1).at - speeds[0].at);
  const middle = (name) => speeds.map(({ ms }) => ms[name]).sort((a, b) => a - b)[speeds.length >> 1];
  const figures = `${rate.toFixed(0)} pictures a second here; finding faces ${middle("detection").toFixed(0)} ms, reading them ${middle("classification").toFixed(0)} ms.`;
  say(rate < SLOW ? args.sentences.slow : "", figures);
}

button.addEventListener("click", () => (stream ? (stopCamera(), say("The camera is off.")) : startCamera()));

window.addEventListener("message", ({ data, source }) => {
  if (source !== parent || data?.type !== "streamlit:render") return;
  args = data.args;
  const theme = data.theme ?? {};
  for (const [name, colour] of [["text", theme.textColor], ["stage", theme.secondaryBackgroundColor], ["accent", theme.primaryColor]]) {
    if (colour) document.documentElement.style.setProperty(`--${name}`, colour);
  }
  if (smoother) smoother.settings = args.smoothing;
  fit();
});

window.addEventListener("resize", fit);

tell("componentReady", { apiVersion: 1 });
