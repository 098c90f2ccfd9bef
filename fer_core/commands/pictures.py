"""``predict`` and ``score``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fer_core.commands import show

if TYPE_CHECKING:
    from fer_core.commands import Subcommands


def add_commands(commands: Subcommands) -> None:
    """Add what reads pictures and archives of them."""
    command = commands.add_parser("predict", help="name the expressions in pictures")
    command.add_argument("pictures", type=Path, nargs="+", metavar="IMAGE_OR_FOLDER")
    command.add_argument("--model", type=Path, metavar="DIR", help="default: the active model")
    command.add_argument("--detector", metavar="libfacedetection|mtcnn|haar")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=_predict)

    command = commands.add_parser("score", help="read the faces of an archive into Parquet, on many cores")
    command.add_argument("source", metavar="FOLDER_OR_URL", help="pictures and videos, at any depth")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="goes on with what it holds")
    command.add_argument("--every", type=float, default=1.0, metavar="SECONDS", help="of a video")
    command.add_argument("--workers", type=int, metavar="N", help="default: one a core")
    command.add_argument("--address", metavar="ADDRESS", help="of a Ray cluster, such as ray://host:10001")
    command.add_argument("--model", type=Path, metavar="DIR", help="default: the active model")
    command.add_argument("--detector", metavar="libfacedetection|mtcnn|haar")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=_score)


def _predict(options: argparse.Namespace) -> None:
    from fer_core.vision.analyzer import ExpressionAnalyzer
    from fer_core.vision.prediction import predict_pictures

    analyzer = ExpressionAnalyzer.load(model=options.model, detector=options.detector)
    result = predict_pictures(options.pictures, analyzer)
    lines = []
    for picture in result["images"]:
        faces = ", ".join(f"{face['label']} {face['confidence']:.0%}" for face in picture["faces"])
        lines.append(f"{picture['path']}: {picture['error'] or faces or 'no face'}")
    show(options, result, lines)


def _score(options: argparse.Namespace) -> None:
    from fer_core.cluster import need_ray

    # What the archive's tables are made with comes along with Ray.
    need_ray("Scoring an archive")
    from fer_core.archive.scoring import ScoreProgress, score_archive

    def tell(now: ScoreProgress) -> None:
        left = "" if now.seconds_left is None else f", {now.seconds_left:,.0f} s left"
        print(f"{now.files:,} of {now.of:,} files{left}", file=sys.stderr, flush=True)

    end = score_archive(
        options.source,
        options.out,
        model=options.model,
        detector=options.detector,
        every=options.every,
        workers=options.workers,
        address=options.address,
        progress=tell,
    )
    lines = [f"{end.of:,} files; this run: {end.faces:,} faces, {end.broken:,} files that cannot be read"]
    lines.append(f"written: {options.out}")
    show(options, {"files": end.of, "faces": end.faces, "broken": end.broken}, lines)
