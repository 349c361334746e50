"""Running merge: the states of rows as they come, in order, merged as soon as there are two."""

from collections.abc import Iterable

from pipelines.statistics.table_states import TableStates


class RunningMerge:
    """Merges neighbours in a balanced tree, so that each value is moved only log2(n) times.

    The tree depends on the number of states alone, so that sums of floats round alike whenever
    each of them came. Never holds more than log2(n).
    """

    def __init__(self) -> None:
        self._stack: list[tuple[int, TableStates]] = []

    @property
    def is_empty(self) -> bool:
        return not self._stack

    def add(self, state: TableStates) -> None:
        """The states of the rows after these."""
        height = 0
        while self._stack and self._stack[-1][0] == height:
            state, height = self._stack.pop()[1].merge(state), height + 1
        self._stack.append((height, state))

    def states(self) -> TableStates:
        """Of all rows so far. Raises ValueError when there are none."""
        if not self._stack:
            raise ValueError("no states to merge")
        state = self._stack[-1][1]
        for _, earlier in reversed(self._stack[:-1]):
            state = earlier.merge(state)
        return state


def merged(states: Iterable[TableStates]) -> TableStates:
    """All of them, in this order; takes them one by one."""
    merging = RunningMerge()
    for each in states:
        merging.add(each)
    return merging.states()
