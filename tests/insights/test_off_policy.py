from __future__ import annotations

import numpy as np
import pytest

from fer_core.errors import EvaluationError
from fer_core.insights.off_policy import judge_policies, self_normalised
from fer_core.labels import LABELS
from fer_core.settings import PROJECT_ROOT
from fer_core.shop.bandit import Decision
from fer_core.shop.catalogue import Catalogue
from fer_core.shop.lessons import Lesson, Lessons, ShownPanel
from fer_core.shop.reactions import Reaction
from fer_core.shop.recommender import item_of, starting_weights
from tests.store.panels import blend_of


def test_equal_weights_give_the_plain_mean_and_its_interval_over_shoppers() -> None:
    random = np.random.default_rng(0)
    rewards, shoppers = random.uniform(-1, 1, 400), np.repeat(np.arange(80), 5)
    found, effective = self_normalised(np.ones(400), rewards, shoppers)
    means = rewards.reshape(80, 5).mean(axis=1)
    half = 1.99045 * means.std(ddof=1) / np.sqrt(80)
    assert found.value == pytest.approx(rewards.mean())
    assert found.high == pytest.approx(rewards.mean() + half, rel=1e-4)
    assert effective == pytest.approx(400)


def test_it_tells_what_another_policy_would_have_got_and_covers_it() -> None:
    """Three items, shown by one policy; another would show the third most of the time."""
    random = np.random.default_rng(1)
    worth, logged, other = np.array([0.1, 0.3, 0.8]), np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.2, 0.7])
    inside = 0
    for _ in range(300):
        shown = random.choice(3, 600, p=logged)
        rewards = (random.random(600) < worth[shown]).astype(float)
        found, _ = self_normalised(other[shown] / logged[shown], rewards, np.repeat(np.arange(120), 5))
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= other @ worth <= found.high
    assert inside / 300 > 0.92


@pytest.mark.parametrize(
    ("weights", "shoppers"),
    [
        pytest.param(np.ones(20), np.arange(20), id="20 cards"),
        pytest.param(np.append(np.full(400, 1e-4), 1.0), np.arange(401), id="one card outweighs all"),
        pytest.param(np.zeros(50), np.arange(50), id="a policy that would have drawn none of them"),
        pytest.param(np.ones(50), np.zeros(50, dtype=int), id="one shopper"),
    ],
)
def test_too_little_says_so(weights: np.ndarray, shoppers: np.ndarray) -> None:
    assert self_normalised(weights, np.ones(len(weights)), shoppers)[0].value is None


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(Catalogue.load(PROJECT_ROOT / "data" / "products.csv").products[:6])


@pytest.fixture(scope="module")
def start(catalogue: Catalogue) -> bytes:
    return starting_weights(catalogue)


def log_of(catalogue: Catalogue, sessions: int) -> Lessons:
    """Drawn by chance from six products, of which each expression likes one, whatever the catalogue says of it."""
    random = np.random.default_rng(2)
    items = tuple(item_of(each) for each in catalogue.products)
    by_session = {}
    for session in range(sessions):
        panels = []
        for number in range(4):
            label = LABELS[int(random.integers(len(LABELS)))]
            lessons = []
            for _ in range(3):
                at = int(random.integers(len(items)))
                likes = at == LABELS.index(label)
                reaction = Reaction(items[at].id, items[at].category, 2.0, basket=likes, rejected=not likes)
                lessons.append(Lesson(reaction, Decision(blend_of(label), items, at, 1 / len(items))))
            panels.append(ShownPanel(number, 1.0, 2.0, label, blend_of(label), tuple(lessons)))
        by_session[f"{session:032x}"] = tuple(panels)
    return Lessons(by_session, "")


def test_what_was_learnt_with_the_expression_is_worth_more_where_it_matters(
    catalogue: Catalogue, start: bytes
) -> None:
    judged = judge_policies(log_of(catalogue, 300), start, catalogue)
    found = {each.name: each.worth for each in judged.policies}
    assert (judged.taught_by, judged.judged_by) == (210, 90)
    assert found["as shown"].value == pytest.approx(found["by chance"].value)
    assert found["learnt"].low is not None
    assert found["by chance"].high is not None
    assert found["learnt"].low > found["by chance"].high + 0.2
    blind = found["learnt, blind to the expression"]
    assert blind.value is None or blind.value < found["learnt"].low


def test_too_few_sessions_are_one_sentence(catalogue: Catalogue, start: bytes) -> None:
    with pytest.raises(EvaluationError, match="there are 9 so far"):
        judge_policies(log_of(catalogue, 9), start, catalogue)


def test_a_log_of_products_that_are_gone_is_one_sentence(catalogue: Catalogue, start: bytes) -> None:
    with pytest.raises(EvaluationError, match="no card"):
        judge_policies(log_of(catalogue, 20), start, Catalogue(catalogue.products[:5]))
