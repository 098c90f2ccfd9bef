"""A few hundred drawn faces in FER-2013's format: to try everything without the real data.

The faces are cartoons made by this code. They are no data about people, and no figure about them means anything;
wherever they show, they are called synthetic.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from fer_core.data.reading import SIDE, FerDataset
from fer_core.labels import FER2013_LABELS, FERPLUS_COLUMNS

#: Name of the sample wherever it is listed.
SYNTHETIC: Final = "synthetic sample"

#: Label -> mouth bend (up is positive), mouth opening, brow tilt (inward down is positive), brow lift, eye opening.
_SHAPES: Final = {
    "angry": (-0.5, 0.05, 0.8, -0.3, 0.7),
    "disgust": (-0.4, 0.2, 0.4, -0.2, 0.5),
    "fear": (-0.2, 0.5, -0.6, 0.7, 1.3),
    "happy": (1.0, 0.25, 0.0, 0.2, 0.8),
    "sad": (-0.9, 0.0, -0.7, 0.1, 0.7),
    "surprise": (0.0, 1.0, 0.0, 0.9, 1.4),
    "neutral": (0.0, 0.0, 0.0, 0.0, 1.0),
}
#: FER-2013 is uneven, so the sample is as well: share of each label, in per cent.
_SHARES: Final = {
    "angry": 14,
    "disgust": 3,
    "fear": 13,
    "happy": 25,
    "sad": 17,
    "surprise": 11,
    "neutral": 17,
}
_VOTED: Final = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
_SCALE: Final = 4


def draw_face(label: str, random: np.random.Generator) -> npt.NDArray[np.uint8]:
    """One cartoon face (48, 48) uint8 with the expression of a FER-2013 label."""
    bend, opening, tilt, lift, eyes = (value + random.normal(0, 0.1) for value in _SHAPES[label])
    size = SIDE * _SCALE
    skin, ink, ground = (
        int(random.integers(120, 235)),
        int(random.integers(10, 70)),
        int(random.integers(0, 256)),
    )
    canvas = np.full((size, size), ground, dtype=np.uint8)

    def point(x: float, y: float) -> tuple[int, int]:
        return round((x + 1) * size / 2), round((y + 1) * size / 2)

    def line(points: list[tuple[float, float]], width: int) -> None:
        corners = np.array([point(*each) for each in points], dtype=np.int32)
        cv2.polylines(canvas, [corners], False, ink, width, cv2.LINE_AA)

    cv2.ellipse(
        canvas, point(0, 0), (round(size * 0.42), round(size * 0.52)), 0, 0, 360, skin, -1, cv2.LINE_AA
    )
    for side in (-1, 1):
        height = max(2, round(size * 0.05 * max(eyes, 0.2)))
        cv2.ellipse(
            canvas, point(side * 0.36, -0.15), (round(size * 0.075), height), 0, 0, 360, 245, -1, cv2.LINE_AA
        )
        cv2.circle(canvas, point(side * 0.36, -0.15), round(size * 0.03), ink, -1, cv2.LINE_AA)
        brow = -0.38 - 0.12 * lift
        line([(side * 0.56, brow - 0.1 * tilt), (side * 0.18, brow + 0.1 * tilt)], 7)
    line([(0, -0.05), (0.07, 0.18), (-0.04, 0.2)], 4)
    across = np.linspace(-1, 1, 15)
    if opening > 0.15:
        half = (round(size * (0.17 - 0.06 * opening)), round(size * 0.12 * opening))
        cv2.ellipse(canvas, point(0, 0.52), half, 0, 0, 360, ink, -1, cv2.LINE_AA)
    if opening < 0.5:
        line([(0.34 * x, 0.5 + 0.16 * bend * (0.5 - x * x)) for x in across], 6)
    turn = cv2.getRotationMatrix2D((size / 2, size / 2), random.normal(0, 6), random.normal(1.05, 0.06))
    turn[:, 2] = turn[:, 2] + random.normal(0, 5, 2)
    canvas = np.asarray(cv2.warpAffine(canvas, turn, (size, size), borderMode=cv2.BORDER_REPLICATE), np.uint8)
    small = cv2.resize(canvas, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float64)
    light = 1 + random.normal(0, 0.12) * np.linspace(-1, 1, SIDE)[None, :]
    return np.clip(small * light + random.normal(0, 5, small.shape), 0, 255).astype(np.uint8)


def synthetic_sample(rows: int = 420, seed: int = 2013) -> FerDataset:
    """A synthetic data set of ``rows`` rows (at least 30), four fifths Training, with made-up votes.

    It carries in small what is wrong with the real one, so that every check has something to find: a single-colour
    image, exact copies inside and across the splits, one copy under another label, and faces named differently by
    their votes. The same arguments give the same rows on every machine that draws alike.
    """
    if rows < 30:
        raise ValueError(f"Expected at least 30 rows, got {rows}.")
    random = np.random.default_rng(seed)
    shares = np.array([_SHARES[label] for label in FER2013_LABELS], dtype=float)
    emotion = random.choice(len(FER2013_LABELS), rows, p=shares / shares.sum()).astype(np.uint8)
    drawn = emotion.copy()
    mistaken = random.permutation(rows)[: rows // 20]
    drawn[mistaken] = (drawn[mistaken] + 3) % len(FER2013_LABELS)
    pixels = np.stack([draw_face(FER2013_LABELS[tag], random) for tag in drawn])
    usage = np.array(["Training"] * rows, dtype="<U11")
    usage[rows * 8 // 10 :] = "PublicTest"
    usage[rows * 9 // 10 :] = "PrivateTest"
    pixels[0] = 0
    pixels[2], emotion[2], drawn[2] = pixels[1], emotion[1], drawn[1]
    pixels[4], emotion[4], drawn[4] = pixels[3], (emotion[3] + 1) % len(FER2013_LABELS), drawn[3]
    pixels[-1], emotion[-1], drawn[-1] = pixels[5], emotion[5], drawn[5]
    votes = np.zeros((rows, len(FERPLUS_COLUMNS)), dtype=np.uint8)
    columns = [FERPLUS_COLUMNS.index(name) for name in _VOTED]
    for at in range(rows):
        chances = np.full(len(columns), 0.03)
        chances[drawn[at]] = 1 - 0.03 * (len(columns) - 1)
        votes[at, columns] = random.multinomial(10, chances)
    return FerDataset(pixels, emotion, usage, np.arange(rows), votes)


def write_csv(dataset: FerDataset, path: Path) -> None:
    """Write a data set in the challenge's format, row by row in its own order (votes go into a file of their own)."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("emotion,pixels,Usage\n")
        for face, tag, usage in zip(dataset.pixels, dataset.emotion, dataset.usage, strict=True):
            file.write(f"{tag},{' '.join(map(str, face.ravel().tolist()))},{usage}\n")


def write_votes(dataset: FerDataset, path: Path) -> None:
    """Write a data set's votes in the format of FER+ (fer2013new.csv).

    Raises:
        ValueError: it has none.
    """
    if dataset.votes is None:
        raise ValueError("Expected a data set with votes, got one without.")
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"Usage,Image name,{','.join(FERPLUS_COLUMNS)}\n")
        for row, usage, votes in zip(dataset.row, dataset.usage, dataset.votes.tolist(), strict=True):
            file.write(f"{usage},fer{row:07d}.png,{','.join(map(str, votes))}\n")
