"""What shoppers who agreed have taught the shop: one file a session, so that deleting a session takes it all back.

Kept are products, decisions, seconds and clicks. No frame, no face, and nothing that says who somebody is.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fer_core.errors import ShopError
from fer_core.shop.bandit import Bandit, Decision, Item
from fer_core.shop.catalogue import Catalogue
from fer_core.shop.reactions import Reaction, reward_of

_SESSION: Final = re.compile(r"[0-9a-f]{16,64}")
#: The newest sessions teach; more would make a new shopper wait.
_MOST_SESSIONS: Final = 500


@dataclass(frozen=True)
class Lesson:
    """A card's decision, None where the bandit had no part in it, and what came of the card."""

    reaction: Reaction
    decision: Decision | None


class ReactionLog:
    """Lessons in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, session: str, lessons: Iterable[Lesson]) -> None:
        """Add lessons to a session's file; they are on the disk when this returns.

        Raises:
            ShopError: they cannot be written.
        """
        lines = "".join(json.dumps(_as_json(lesson)) + "\n" for lesson in lessons)
        if not lines:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._path(session).open("a", encoding="utf-8") as file:
                file.write(lines)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise ShopError(f"The reactions cannot be kept: {error.strerror or error}.") from error

    def forget(self, session: str) -> None:
        """Delete a session's lessons; ShopError where they cannot be deleted."""
        try:
            self._path(session).unlink(missing_ok=True)
        except OSError as error:
            raise ShopError(f"The session cannot be deleted: {error.strerror or error}.") from error

    def sessions(self) -> tuple[str, ...]:
        """The newest sessions, the oldest of them first."""
        files = sorted(self._folder.glob("*.jsonl"), key=lambda path: (path.stat().st_mtime_ns, path.name))
        return tuple(path.stem for path in files[-_MOST_SESSIONS:])

    def lessons(self, session: str) -> tuple[Lesson, ...]:
        """A session's lessons; a line that a crash cut off is left out."""
        try:
            lines = self._path(session).read_text(encoding="utf-8").splitlines()
        except OSError:
            return ()
        found = []
        for line in lines:
            try:
                found.append(_from_json(json.loads(line)))
            except (ValueError, KeyError, TypeError):
                continue
        return tuple(found)

    def fingerprint(self) -> str:
        """Another text for other lessons."""
        whole = hashlib.sha256()
        for session in self.sessions():
            try:
                stat = self._path(session).stat()
            except OSError:
                continue
            whole.update(f"{session}|{stat.st_size}|{stat.st_mtime_ns}".encode())
        return whole.hexdigest()[:32]

    def _path(self, session: str) -> Path:
        if not _SESSION.fullmatch(session):
            raise ValueError(f"Expected a session's name of 16 to 64 hexadecimal digits, got {session!r}.")
        return self._folder / f"{session}.jsonl"


def taught_weights(log: ReactionLog, start: bytes, catalogue: Catalogue) -> bytes:
    """The shared policy, made anew from ``start`` and every lesson that is kept now.

    Lessons of products that the catalogue no longer holds are left out.
    """
    bandit = Bandit(0, start)
    known = {product.id for product in catalogue.products}
    for session in log.sessions():
        for lesson in log.lessons(session):
            if lesson.decision is not None and {item.id for item in lesson.decision.offered} <= known:
                bandit.learn(lesson.decision, reward_of(lesson.reaction))
    return bandit.weights()


def worth_by_session(log: ReactionLog, but: str = "") -> tuple[Mapping[str, float], ...]:
    """What each session's reactions were worth, product id -> [-1, 1], the newest of each product; ``but`` left out."""
    return tuple(
        {lesson.reaction.product: reward_of(lesson.reaction) for lesson in log.lessons(session)}
        for session in log.sessions()
        if session != but
    )


def _as_json(lesson: Lesson) -> dict[str, Any]:
    decision = lesson.decision
    return {
        "reaction": dataclasses.asdict(lesson.reaction),
        "decision": None
        if decision is None
        else {
            "blend": None if decision.blend is None else dict(decision.blend),
            "offered": [dataclasses.asdict(item) for item in decision.offered],
            "chosen": decision.chosen,
            "probability": decision.probability,
        },
    }


def _from_json(line: dict[str, Any]) -> Lesson:
    found = line["decision"]
    decision = None
    if found is not None:
        offered = tuple(Item(**item) for item in found["offered"])
        decision = Decision(found["blend"], offered, int(found["chosen"]), float(found["probability"]))
    return Lesson(Reaction(**line["reaction"]), decision)
