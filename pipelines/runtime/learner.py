"""Learner: models are trained in a child that has scikit-learn loaded, beside the other phases.

The phases of the analysis run in threads of one interpreter, which gives them one core together;
training is half of their work, so it goes to another core, and a crash in it costs the job alone.
"""

import contextlib
from collections.abc import Callable
from importlib import import_module

from connectors.errors import AnalysisError, ParserOutOfMemory, ReadError
from pipelines import sandbox
from pipelines.analytics.inference import inquire_here
from pipelines.analytics.workspace import Answer, RunCancelled
from pipelines.options import MlOptions
from pipelines.profile import TableProfile
from pipelines.sandbox import ChildLimits, Sandbox

MODULE = "pipelines.analytics.learning.inquiry"
LIMITS = ChildLimits(memory_bytes=6 << 30, cpu_s=600, linger_s=60)


class Learner:
    """Children for training, of one runner. scikit-learn takes a second or two to load.

    A child serves later jobs too: one that has trained before needs a quarter less time. It sees
    no bytes of any file but values that were read from them, and one that dies of a second table
    is not believed: a fresh one trains again.
    """

    def __init__(self) -> None:
        self._children = Sandbox(warm=(import_module, (MODULE,)))

    def start(self) -> None:
        self._children.start()

    def close(self) -> None:
        self._children.close()

    def inquire(
        self, table: TableProfile, options: MlOptions, is_cancelled: Callable[[], bool]
    ) -> Answer:
        """What models say of the table. Raises RunCancelled, or AnalysisError if they fail.

        A child that was killed, by whatever, is tried once more.
        """
        try:
            with contextlib.suppress(ParserOutOfMemory):
                return self._asked(table, options, is_cancelled)
            return self._asked(table, options, is_cancelled)
        except sandbox.Cancelled as error:
            raise RunCancelled from error
        except ReadError as error:
            raise AnalysisError("Training a model failed unexpectedly") from error

    def _asked(
        self, table: TableProfile, options: MlOptions, is_cancelled: Callable[[], bool]
    ) -> Answer:
        return self._children.run(
            inquire_here, table, options, limits=LIMITS, kind="models", is_cancelled=is_cancelled
        )
