"""A slice of benchmarks/fuzz_media.py: random damage ends in faces or a sentence."""

from __future__ import annotations

from benchmarks.fuzz_media import damaged, outcome, valid_files, valid_videos, video_outcome
from fer_core.vision.analyzer import ExpressionAnalyzer


def test_random_damage_ends_in_faces_or_a_sentence() -> None:
    files, analyzer = valid_files(), ExpressionAnalyzer.load()
    assert {outcome(analyzer, name, content) for name, content in files.items()} == {"faces"}
    found = [outcome(analyzer, *damaged(files, 1, number)) for number in range(120)]
    assert {"faces", "refused"} <= set(found)


def test_random_damage_to_videos_ends_likewise() -> None:
    videos = valid_videos()
    assert {video_outcome(content) for content in videos.values()} == {"read"}
    found = [video_outcome(damaged(videos, 1, number)[1]) for number in range(10)]
    assert set(found) <= {"read", "refused", "contained"}


def test_an_input_follows_from_its_number() -> None:
    files = valid_files()
    assert damaged(files, 1, 7) == damaged(files, 1, 7)
    assert damaged(files, 1, 7) != damaged(files, 2, 7)
    assert all(damaged(files, 1, number)[1] != files[damaged(files, 1, number)[0]] for number in range(50))
