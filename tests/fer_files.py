"""Small files in the format of FER-2013, made by the tests that need them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

HEADER = "emotion,pixels,Usage"
FERPLUS_HEADER = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"


def pixel_text(value: int = 7, count: int = 2304) -> str:
    """A face of one grey value, as the file writes it."""
    return " ".join([str(value)] * count)


def line(tag: object = 3, pixels: str | None = None, usage: str = "Training") -> str:
    """One row of the file."""
    return f"{tag},{pixel_text() if pixels is None else pixels},{usage}"


def write_file(path: Path, *lines: str, header: str = HEADER) -> Path:
    """Write a file of these lines."""
    path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return path


def striped_faces(emotion: np.ndarray, seed: int = 0) -> np.ndarray:
    """(N, 48, 48) uint8 pictures whose stripes run at an angle that gives the tag away, with noise."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:48, :48]
    angles = np.pi * np.asarray(emotion) / 7
    waves = np.sin(
        (rows[None] * np.cos(angles)[:, None, None] + columns[None] * np.sin(angles)[:, None, None]) / 3
    )
    return np.clip(128 + 80 * waves + random.normal(0, 10, waves.shape), 0, 255).astype(np.uint8)


def write_striped_file(path: Path, training: int = 140, test: int = 70) -> Path:
    """A learnable data set: the seven tags in turn, Training rows first, then PublicTest."""
    emotion = np.arange(training + test) % 7
    usage = ["Training"] * training + ["PublicTest"] * test
    faces = striped_faces(emotion)
    return write_file(
        path,
        *(
            line(tag, " ".join(map(str, face.ravel())), use)
            for tag, face, use in zip(emotion, faces, usage, strict=True)
        ),
    )


def write_votes(path: Path, usages: list[str], votes: list[list[int]]) -> Path:
    """A FER+ votes file."""
    return write_file(
        path,
        *(f"{use},,{','.join(map(str, row))}" for use, row in zip(usages, votes, strict=True)),
        header=FERPLUS_HEADER,
    )
