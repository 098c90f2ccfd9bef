from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fer_core.data import reading
from fer_core.data.reading import USAGES, FerDataset, join_votes, read_csv
from fer_core.errors import DatasetError
from tests.fer_files import HEADER, line, pixel_text, write_file, write_votes


def test_a_good_file_arrives_value_for_value(tmp_path: Path) -> None:
    face = np.arange(2304) % 256
    path = write_file(tmp_path / "f.csv", line(6, " ".join(map(str, face)), "PublicTest"), line(0))
    dataset = read_csv(path)
    assert len(dataset) == 2
    assert (dataset.pixels[0].ravel() == face).all()
    assert dataset.emotion.tolist() == [6, 0]
    assert dataset.usage.tolist() == ["PublicTest", "Training"]
    assert dataset.row.tolist() == [0, 1]
    assert dataset.bad_rows == ()


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param(
            line(3, pixel_text(count=2303)), "2,303", id="one pixel short: an older export cut a column"
        ),
        pytest.param(line(3, pixel_text(count=2305)), "2,305", id="one pixel long"),
        pytest.param(line(3, ""), "got 0", id="no pixels at all"),
        pytest.param(
            line(3, "256 " + pixel_text(count=2303)), "a pixel value of 256", id="256 does not fit a byte"
        ),
        pytest.param(
            line(3, "-1 " + pixel_text(count=2303)), "whole numbers", id="negative wraps round in a byte"
        ),
        pytest.param(
            line(3, "1.5 " + pixel_text(count=2303)), "whole numbers", id="a float means another format"
        ),
        pytest.param(line(3, "x " + pixel_text(count=2303)), "whole numbers", id="a word among the numbers"),
        pytest.param(line(3, "9" * 30 + " " + pixel_text(count=2303)), "", id="a number beyond 64 bits"),
        pytest.param(line(7), "unknown tag '7'", id="FER-2013 ends at tag 6"),
        pytest.param(line(-1), "unknown tag '-1'", id="a negative tag would index from the end"),
        pytest.param(line(""), "unknown tag ''", id="an empty tag"),
        pytest.param(line("3.0"), "unknown tag '3.0'", id="pandas writes integers so after a missing value"),
        pytest.param(line("²"), "unknown tag", id="a digit to str.isdigit, not to int"),
        pytest.param(line(3, usage="training"), "unknown Usage 'training'", id="Usage is matched by case"),
        pytest.param(line(3, usage=""), "unknown Usage ''", id="an empty Usage"),
        pytest.param(line(3) + ",more", "expected 3 columns, got 4", id="a column too many"),
        pytest.param("3", "expected 3 columns, got 1", id="a cut line"),
    ],
)
def test_a_bad_row_is_set_aside_with_line_and_reason_and_the_rest_loads(
    tmp_path: Path, bad: str, reason: str
) -> None:
    dataset = read_csv(write_file(tmp_path / "f.csv", line(0), bad, line(4)))
    assert dataset.emotion.tolist() == [0, 4]
    assert dataset.row.tolist() == [0, 2]
    (found,) = dataset.bad_rows
    assert found.line == 3
    assert reason in found.reason


def test_a_short_row_beside_a_long_one_does_not_shift_pixels(tmp_path: Path) -> None:
    short, long = line(0, pixel_text(1, 2303)), line(0, pixel_text(2, 2305))
    dataset = read_csv(write_file(tmp_path / "f.csv", short, long, line(4, pixel_text(3))))
    assert [bad.line for bad in dataset.bad_rows] == [2, 3]
    assert (dataset.pixels == 3).all()


def test_rows_keep_their_number_across_the_reader_s_chunks(tmp_path: Path) -> None:
    lines = [line(3, pixel_text(at % 256)) for at in range(4_100)]
    lines[2_500] = "3,1 2,Training"
    dataset = read_csv(write_file(tmp_path / "f.csv", *lines))
    assert dataset.row.tolist() == [at for at in range(4_100) if at != 2_500]
    assert (dataset.pixels[:, 0, 0] == dataset.row % 256).all()
    assert [bad.line for bad in dataset.bad_rows] == [2_502]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("", "no column emotion, pixels, Usage", id="an empty file"),
        pytest.param(HEADER + "\n", "no usable row", id="a header alone"),
        pytest.param("emotion,pixels\n3,1\n", "no column Usage", id="a column missing: the Kaggle train.csv"),
        pytest.param("emotion,emotion,pixels,Usage\n", "emotion twice", id="which of the two would count?"),
        pytest.param("emotion;pixels;Usage\n3;1;Training\n", "no column", id="semicolons"),
        pytest.param(HEADER + "\n3,1,Training\n", "expected 2,304 pixels, got 1", id="no good row: says why"),
    ],
)
def test_a_file_of_no_use_is_one_clear_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "f.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DatasetError, match=sentence):
        read_csv(path)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\x89PNG\r\n\x1a\n\xff\xfe", id="a picture named CSV"),
        pytest.param((HEADER + "\n").encode("utf-16"), id="UTF-16"),
    ],
)
def test_a_file_that_is_no_text_is_one_clear_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match="not a UTF-8 text file"):
        read_csv(path)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param(b'3,"' + pixel_text().encode(), "quotes", id="a quote nobody closes"),
        pytest.param(b"3,\xff\xfe,Training", "whole numbers", id="bytes that are no text"),
        pytest.param(b"\x00" * 50, "columns", id="NUL bytes"),
        pytest.param(
            b"3," + b"7 " * 5_000_000 + b",Training", "longer than 1,000,000 bytes", id="a line of 10 MB"
        ),
        pytest.param(b"3," + b"7 " * 11_000_000 + b",Training", "longer than", id="a line of 22 MB"),
        pytest.param(b"3,70  80,Training", "got 2", id="two spaces are one separator"),
        pytest.param(b"3,0070 80,Training", "whole numbers", id="four digits"),
    ],
)
def test_a_line_that_is_hardly_text_costs_itself_alone(tmp_path: Path, bad: bytes, reason: str) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"\n".join((HEADER.encode(), line(0).encode(), bad, line(4).encode(), b"")))
    dataset = read_csv(path)
    assert dataset.emotion.tolist() == [0, 4]
    assert dataset.row.tolist() == [0, 2]
    (found,) = dataset.bad_rows
    assert found.line == 3
    assert reason in found.reason


def test_quoted_pixels_and_a_double_space_are_read(tmp_path: Path) -> None:
    quoted = f'3,"{pixel_text(9)}",Training'
    spaced = line(4, pixel_text(8).replace(" ", "  ", 5))
    dataset = read_csv(write_file(tmp_path / "f.csv", quoted, spaced))
    assert dataset.pixels[:, 0, 0].tolist() == [9, 8]
    assert dataset.bad_rows == ()


def test_progress_rises_to_the_end(tmp_path: Path) -> None:
    told: list[float] = []
    read_csv(write_file(tmp_path / "f.csv", *[line(0)] * 5_000), told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 1


def fer_lines() -> st.SearchStrategy[tuple[bytes, bool]]:
    """A line and whether it is good; the bad ones are anything but a line end."""
    anything = st.binary(max_size=80).map(lambda text: text.replace(b"\n", b"").replace(b"\r", b""))
    good = st.tuples(st.integers(0, 6), st.integers(0, 255), st.sampled_from(USAGES)).map(
        lambda parts: line(parts[0], pixel_text(parts[1]), parts[2]).encode()
    )
    # A line of spaces alone would be a bad row, an empty one none at all; both are among "anything".
    return st.one_of(good.map(lambda text: (text, True)), anything.map(lambda text: (text, False)))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(fer_lines(), max_size=8))
def test_no_good_row_is_ever_lost_to_a_bad_one(tmp_path: Path, lines: list[tuple[bytes, bool]]) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"\n".join((HEADER.encode(), *(text for text, _ in lines), b"")))
    good = [text for text, is_good in lines if is_good]
    try:
        dataset = read_csv(path)
    except DatasetError:
        assert not good
        return
    assert [f"{tag}".encode() for tag in dataset.emotion] == [text[:1] for text in good]
    assert dataset.pixels[:, 0, 0].tolist() == [int(text.split(b",")[1].split()[0]) for text in good]
    assert len(dataset.bad_rows) == sum(bool(text) for text, is_good in lines if not is_good)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
def test_any_bytes_end_in_rows_or_in_the_reader_s_own_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "f.csv"
    for start in (b"", HEADER.encode() + b"\n"):
        path.write_bytes(start + content)
        with contextlib.suppress(DatasetError):
            read_csv(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no file at"):
        read_csv(tmp_path / "absent.csv")
    with pytest.raises(DatasetError, match="cannot be opened"):
        read_csv(tmp_path)


def test_byte_order_mark_line_ends_and_column_order_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"\xef\xbb\xbfUsage,pixels,emotion\r\nTraining," + pixel_text(9).encode() + b",5\r\n")
    dataset = read_csv(path)
    assert dataset.emotion.tolist() == [5]
    assert (dataset.pixels == 9).all()


def test_votes_join_by_row_number_not_by_position(tmp_path: Path) -> None:
    data = write_file(tmp_path / "f.csv", line(0), line(9), line(4))
    votes = write_votes(tmp_path / "v.csv", ["Training"] * 3, [[at] * 10 for at in (1, 2, 3)])
    joined = join_votes(read_csv(data), votes)
    assert joined.votes is not None
    assert joined.votes[:, 0].tolist() == [1, 3]


@pytest.mark.parametrize(
    ("usages", "votes", "sentence"),
    [
        pytest.param(
            ["Training", "PublicTest"], [[1] * 10] * 2, "Usage 'PublicTest' for row 1", id="another file"
        ),
        pytest.param(["Training"], [[1] * 10], "votes for 1 rows", id="fewer rows"),
        pytest.param(["Training"] * 2, [[1] * 10, [-1] * 10], "0..255", id="no vote is negative"),
        pytest.param(["Training"] * 2, [[1] * 10, [1] * 9], "expected 12 columns", id="a column short"),
    ],
)
def test_votes_that_do_not_belong_are_refused(
    tmp_path: Path, usages: list[str], votes: list[list[int]], sentence: str
) -> None:
    data = read_csv(write_file(tmp_path / "f.csv", line(0), line(4)))
    with pytest.raises(DatasetError, match=sentence):
        join_votes(data, write_votes(tmp_path / "v.csv", usages, votes))


def test_a_dataset_checks_itself() -> None:
    with pytest.raises(ValueError, match="uint8 pixels of shape"):
        FerDataset(
            pixels=np.zeros((1, 48, 48), dtype=np.float32),  # type: ignore[arg-type]
            emotion=np.zeros(1, dtype=np.uint8),
            usage=np.array(["Training"]),
            row=np.zeros(1, dtype=np.int64),
        )


def test_a_file_of_nothing_but_bad_rows_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_MOST_BAD", 3)
    with pytest.raises(DatasetError, match="More than 3 rows"):
        read_csv(write_file(tmp_path / "bad.csv", line(0), *[line(9)] * 5))
