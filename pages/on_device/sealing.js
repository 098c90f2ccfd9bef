"use strict";
// Shuts every way out of this frame but one: the message to the page around it.

// What the frame may still do: run what it has loaded, in a worker, and draw.
const SEAL = [
  "default-src 'none'",
  "script-src 'wasm-unsafe-eval' blob:",
  "worker-src blob:",
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'none'",
  "img-src 'none'",
  "media-src 'none'",
  "font-src 'none'",
  "frame-src 'none'",
  "form-action 'none'",
  "base-uri 'none'",
].join("; ");

// A policy has no line on peer connections that browsers know; without their names none is made.
const WAYS_OUT = [
  "RTCPeerConnection",
  "webkitRTCPeerConnection",
  "RTCDataChannel",
  "WebTransport",
  "WebSocket",
  "WebSocketStream",
  "EventSource",
  "XMLHttpRequest",
  "BroadcastChannel",
  "SharedWorker",
  "fetch",
  "open",
];

function seal() {
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = SEAL;
  document.head.append(policy);
  for (const name of WAYS_OUT) {
    if (name in window) Object.defineProperty(window, name, { value: undefined, writable: false, configurable: false });
  }
  Object.defineProperty(navigator, "sendBeacon", { value: undefined, writable: false, configurable: false });
}
