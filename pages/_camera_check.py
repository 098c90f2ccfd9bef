"""Says in words why the browser gives no camera.

The stream's own component says no more than the browser's error ("NotFoundError: ..."). What is wrong is known only
in the browser, so a few lines of JavaScript look there; nothing of it travels to the server.
"""

from __future__ import annotations

import streamlit as st

SENTENCES = {
    "insecure": "Browsers give no camera to an address that begins with http:// and is not localhost. Open this page "
    "by https, or choose Photo or By hand above.",
    "denied": "The camera is not allowed here. Click the sign left of the address, allow the camera and press START "
    "again; or choose Photo or By hand above.",
    "none": "No camera was found. Plug one in and press START; or choose Photo or By hand above.",
}

_HELP = """
- **The browser asks for the camera and you said no, or it never asks:** click the camera or lock sign beside the
  address, allow the camera, and press START again.
- **No camera is found:** plug one in, close other programs that use it, and press START again.
- **The address begins with http:// and is not localhost:** browsers give no camera there; open the page by https.
- **Nothing helps:** choose *Photo* or *By hand* above. The shelf follows them just as well.
"""

_CSS = """
p { margin: 0; padding: .75rem 1rem; border-radius: .6rem; line-height: 1.45; font-family: inherit;
    border: 1px solid var(--st-primary-color); background: var(--st-secondary-background-color); }
p[hidden] { display: none; }
"""

_JS = """
export default function ({ parentElement, data }) {
  const words = parentElement.querySelector("p");
  let permission = null;
  let gone = false;

  async function cause() {
    if (!navigator.mediaDevices) return "insecure";
    try {
      permission ??= await navigator.permissions.query({ name: "camera" });
      permission.onchange = look;
      if (permission.state === "denied") return "denied";
    } catch { /* A browser that does not tell its permissions says no on START. */ }
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.some((device) => device.kind === "videoinput") ? "" : "none";
  }

  async function look() {
    const found = await cause();
    if (gone) return;
    words.textContent = data[found] ?? "";
    words.hidden = !found;
  }

  navigator.mediaDevices?.addEventListener("devicechange", look);
  look();
  return () => {
    gone = true;
    if (permission) permission.onchange = null;
    navigator.mediaDevices?.removeEventListener("devicechange", look);
  };
}
"""

_component = st.components.v2.component(
    "facet_camera_check", html='<p role="alert" hidden></p>', css=_CSS, js=_JS
)


def camera_check(key: str) -> None:
    """Show a sentence that helps while no camera is allowed or connected, and more help to open for the rest."""
    _component(key=key, data=SENTENCES, height="content")
    with st.expander("The camera does not start?", icon=":material/help:", expanded=False):
        st.markdown(_HELP)


_forget = st.components.v2.component(
    "facet_forget_camera",
    html="",
    js="export default function () { localStorage.removeItem('streamlit-webrtc:device-ids'); }",
)


def forget_camera(key: str) -> None:
    """Have the browser forget which camera was chosen; the stream's component keeps that for the next visitor."""
    _forget(key=key, height=1)
