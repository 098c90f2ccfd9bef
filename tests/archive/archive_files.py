"""A small archive: pictures and a video of the drawn face, and files that are none."""

from __future__ import annotations

from pathlib import Path

import cv2

from fer_core.live.drawn_clip import clip_frame
from fer_core.media.sample import drawn_video

BROKEN = ("broken.jpg", "broken.mp4")


def write_archive(folder: Path, pictures: int, videos: int = 1, seconds: float = 3.0) -> set[str]:
    """Names of the files in it; BROKEN are among them."""
    names = set()
    for number in range(pictures):
        name = f"pictures/{number:03}.jpg"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / name), clip_frame(number / 10))
        names.add(name)
    for number in range(videos):
        name = f"video-{number}.mp4"
        (folder / name).write_bytes(drawn_video(seconds))
        names.add(name)
    for name in BROKEN:
        (folder / name).write_bytes(b"\x00\x00\x00\x18ftypisom nothing else" * 3)
    return names | set(BROKEN)
