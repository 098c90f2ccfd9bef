"""Predictions of a model on a data set, computed once and then read from FACET_HOME."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from fer_core.data.reading import FerDataset
from fer_core.errors import EvaluationError
from fer_core.evaluation.judging import Predictions, judge_dataset
from fer_core.model_folder import ModelFolder

#: Evaluations kept; one of the real file has a third of a megabyte.
_MOST_KEPT: Final = 60
#: Kept in memory as well, for the next click.
_MOST_OPEN: Final = 8
#: Part of every name: another version of ``judge_dataset`` must not find what an older one found.
_FORMAT: Final = 1


class EvaluationCache:
    """Predictions in one folder, named by model, data and splits. Losing it costs time and nothing else.

    What is kept are probabilities and row numbers, never a face.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: OrderedDict[str, Predictions] = OrderedDict()
        self._room = threading.Lock()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def judge(
        self,
        model: ModelFolder,
        dataset: FerDataset,
        usages: Sequence[str],
        progress: Callable[[float], None] | None = None,
    ) -> Predictions:
        """What the model says of the rows of the given Usages; two who ask for the same wait for one answer.

        Raises:
            EvaluationError: an unknown Usage, or none.
            ModelError: the model cannot be used.
        """
        whole = "|".join([str(_FORMAT), model.identity, dataset.identity, *sorted(usages)])
        key = hashlib.sha256(whole.encode()).hexdigest()[:32]
        with self._locks[key]:
            found = self._opened.get(key) or self._read(key)
            if found is None:
                found = judge_dataset(model, dataset, usages, progress).predictions
                # Without room for them the work goes on uncached.
                with contextlib.suppress(OSError):
                    self._keep(found, self._folder / f"{key}.npz")
            with self._room:
                self._opened[key] = found
                self._opened.move_to_end(key)
                while len(self._opened) > _MOST_OPEN:
                    self._opened.popitem(last=False)
        return found

    def _read(self, key: str) -> Predictions | None:
        path = self._folder / f"{key}.npz"
        if not path.exists():
            return None
        try:
            found = Predictions.load(path)
            # The newest ones are kept.
            path.touch()
        except (EvaluationError, OSError):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            return None
        return found

    def _keep(self, predictions: Predictions, path: Path) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        scratch = self._folder / f".{os.getpid()}-{secrets.token_hex(4)}.npz"
        try:
            predictions.save(scratch, np.empty(0, dtype=np.uint64))
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)
        kept = sorted(self._folder.glob("[!.]*.npz"), key=lambda each: each.stat().st_mtime, reverse=True)
        for old in kept[_MOST_KEPT:]:
            old.unlink(missing_ok=True)
