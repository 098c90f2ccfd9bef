"""Ray, on this machine or on a cluster: started, reached and left in one way. Needs requirements-cluster.txt."""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from fer_core.errors import ClusterError
from fer_core.settings import PROJECT_ROOT

#: Bytes that Ray shares between processes on this machine; nothing large goes through it.
_SHARED_MEMORY = 200_000_000

#: What a cluster's head says when its process for a new client was not up within Ray's 30 seconds, as happens on a busy
#: machine; by the next try what it loads has been loaded once.
_SLOW_HEAD = "Starting Ray client server failed"
_ATTEMPTS = 3


def need_ray(what: str) -> None:
    """ClusterError where Ray is not installed; ``what`` needs it, such as "A sweep"."""
    if importlib.util.find_spec("ray") is None:
        raise ClusterError(f"{what} needs Ray: pip install -r requirements-cluster.txt.")


@contextmanager
def ray_session(
    address: str | None, cores: int | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Ray, as long as the context lasts.

    Args:
        address: of a cluster, such as ``ray://host:10001``; None starts Ray on this machine and ends it.
        cores: that Ray may use here; None takes all. A cluster has its own.
        environment: variables of what it runs, beside those that every worker needs.

    Raises:
        ClusterError: it cannot be reached, or cannot go on.
    """
    # Before the import: Ray reports use to its makers unless it is told not to, and prints tables.
    os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_CHDIR_TO_TRIAL_DIR="0", RAY_AIR_NEW_OUTPUT="0")
    import ray

    variables = {
        "PYTHONPATH": str(PROJECT_ROOT),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_CHDIR_TO_TRIAL_DIR": "0",
        **(environment or {}),
    }
    here: dict[str, Any] = {
        "num_cpus": cores,
        "include_dashboard": False,
        "object_store_memory": _SHARED_MEMORY,
    }
    for attempt in range(_ATTEMPTS):
        try:
            ray.init(
                address,
                log_to_driver=False,
                logging_level=logging.ERROR,
                runtime_env={"env_vars": variables},
                **(here if address is None else {}),
            )
            break
        except (ConnectionError, RuntimeError, ValueError) as error:
            if _SLOW_HEAD in str(error) and attempt + 1 < _ATTEMPTS:
                ray.shutdown()
                continue
            raise ClusterError(f"Ray cannot be reached at {address or 'this machine'}: {error}.") from error
    try:
        yield
    except ray.exceptions.RayError as error:
        raise ClusterError(f"Ray could not go on: {str(error).strip().splitlines()[-1]}") from error
    finally:
        ray.shutdown()
