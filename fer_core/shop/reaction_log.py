"""What shoppers who agreed have taught the shop: one file a session, so that deleting a session takes it all back.

Kept are products, decisions, seconds and clicks. No frame, no face, and nothing that says who somebody is.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fer_core.errors import ShopError
from fer_core.shop.bandit import Bandit, Decision, Item
from fer_core.shop.catalogue import Catalogue
from fer_core.shop.reactions import Reaction, reward_of

_SESSION: Final = re.compile(r"[0-9a-f]{16,64}")
#: The newest sessions are kept and teach; more would make a new shopper wait.
_MOST_SESSIONS: Final = 500
#: Of one session; some five hundred cards.
_MOST_BYTES: Final = 3_000_000


@dataclass(frozen=True)
class Lesson:
    """A card's decision, None where the bandit had no part in it, and what came of the card."""

    reaction: Reaction
    decision: Decision | None


@dataclass(frozen=True)
class Lessons:
    """What is kept at one moment: session -> its lessons, the oldest session first; another text for other lessons."""

    by_session: Mapping[str, tuple[Lesson, ...]]
    fingerprint: str


class ReactionLog:
    """Lessons in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, session: str, lessons: Iterable[Lesson]) -> None:
        """Add lessons to a session's file; they are on the disk when this returns.

        The newest sessions are kept, and of each as much as one shopper can sensibly teach.

        Raises:
            ShopError: they cannot be written.
        """
        lines = "".join(json.dumps(_as_json(lesson)) + "\n" for lesson in lessons)
        if not lines:
            return
        path = self._path(session)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if path.exists() and path.stat().st_size > _MOST_BYTES:
                return
            if not path.exists():
                for old in self._files()[: -_MOST_SESSIONS + 1 or None]:
                    old.unlink(missing_ok=True)
            with path.open("a", encoding="utf-8") as file:
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

    def read(self) -> Lessons:
        """All that is kept now, of the newest sessions, in one look."""
        by_session, whole = {}, hashlib.sha256()
        for path in self._files()[-_MOST_SESSIONS:]:
            try:
                text = path.read_text(encoding="utf-8", errors="replace")
            except OSError:
                # Its shopper has deleted it just now.
                continue
            whole.update(f"{path.stem}|{text}".encode())
            by_session[path.stem] = tuple(_parsed(text))
        return Lessons(by_session, whole.hexdigest()[:32])

    def _files(self) -> list[Path]:
        """The sessions' files, the oldest first."""
        found = []
        for path in self._folder.glob("*.jsonl"):
            with contextlib.suppress(OSError):
                if _SESSION.fullmatch(path.stem):
                    found.append((path.stat().st_mtime_ns, path))
        return [path for _, path in sorted(found)]

    def _path(self, session: str) -> Path:
        if not _SESSION.fullmatch(session):
            raise ValueError(f"Expected a session's name of 16 to 64 hexadecimal digits, got {session!r}.")
        return self._folder / f"{session}.jsonl"


def taught_weights(lessons: Lessons, start: bytes, catalogue: Catalogue) -> bytes:
    """The shared policy, made anew from ``start`` and every lesson.

    Lessons of products that the catalogue no longer holds are left out.
    """
    bandit = Bandit(0, start)
    known = {product.id for product in catalogue.products}
    for taught in lessons.by_session.values():
        for lesson in taught:
            if lesson.decision is not None and {item.id for item in lesson.decision.offered} <= known:
                bandit.learn(lesson.decision, reward_of(lesson.reaction))
    return bandit.weights()


def worth_by_session(lessons: Lessons) -> tuple[Mapping[str, float], ...]:
    """What each session's reactions were worth, product id -> [-1, 1], the newest of each product."""
    return tuple(
        {lesson.reaction.product: reward_of(lesson.reaction) for lesson in taught}
        for taught in lessons.by_session.values()
    )


def _parsed(text: str) -> Iterator[Lesson]:
    """A file's lessons; a line that a crash cut off, or that is none, is left out."""
    for line in text.splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError):
            yield _from_json(json.loads(line))


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
