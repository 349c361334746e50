"""Attacks: every hostile file gets its answer, within memory, and nothing dies but the child."""

import pytest

from pipelines.containers.limits import Limits
from tests.attackpack.attack import Attack
from tests.attackpack.attacks import ATTACKS
from tests.attackpack.reading import outcome_of

# Address space, of which a child takes more than it fills: libraries reserve some in large blocks.
LIMITS = Limits(reader_memory_bytes=1536 << 20)


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_each_attack_gets_its_answer(children, store, attack: Attack):
    """The rows that are right, or the code of an error of ours; the server of children lives on."""
    server = children._server.pid

    outcome = outcome_of(attack.build(), attack.name, children, store, LIMITS)

    assert outcome.answer == attack.answer
    assert not attack.notice or attack.notice in outcome.notices
    assert outcome.mebibytes << 20 <= LIMITS.reader_memory_bytes
    assert children._server.pid == server
    assert children._server.poll() is None
