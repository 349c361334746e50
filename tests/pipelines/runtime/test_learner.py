"""Learner: models come from another process, and its end is told for what it is."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import polars as pl
import psutil
import pytest

from connectors.errors import AnalysisError
from pipelines.analytics.inference import inquire_here
from pipelines.analytics.workspace import RunCancelled
from pipelines.options import MlOptions
from pipelines.runtime.learner import Learner
from tests.pipelines.analytics import learnable
from tests.pipelines.analytics.found import profile

OPTIONS = MlOptions()


@pytest.fixture
def learner() -> Iterator[Learner]:
    learner = Learner()
    yield learner
    learner.close()


def never() -> bool:
    return False


def child_of(server: psutil.Process) -> psutil.Process:
    """The process that trains, once there is one."""
    for _ in range(1000):
        if children := server.children():
            return children[0]
        time.sleep(0.01)
    raise AssertionError("no child came")


def server_of(learner: Learner) -> psutil.Process:
    learner.start()
    server = learner._children._server
    assert server is not None
    return psutil.Process(server.pid)


def test_models_say_the_same_there_as_here(learner):
    """Byte for byte, files too."""
    table = profile("customers", learnable.customers())

    assert learner.inquire(table, OPTIONS, never) == inquire_here(table, OPTIONS)


@pytest.mark.parametrize("deaths", [1, 2])
def test_a_process_that_is_killed_is_replaced_once(learner, deaths):
    """Whoever killed it; one that is killed again costs the job its models and nothing else."""
    table = profile("customers", learnable.customers(5000))
    server = server_of(learner)

    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(learner.inquire, table, OPTIONS, never)
        for _ in range(deaths):
            child = child_of(server)
            os.kill(child.pid, signal.SIGKILL)
            child.wait(10)
        if deaths == 1:
            assert call.result() == inquire_here(table, OPTIONS)
        else:
            with pytest.raises(AnalysisError):
                call.result()


def test_a_later_job_is_served_by_the_same_process(learner):
    """What it has at hand by then saves a quarter of the time; what it says stays the same."""
    server = server_of(learner)

    learner.inquire(profile("flowers", learnable.flowers()), OPTIONS, never)
    first = child_of(server)
    table = profile("customers", learnable.customers())

    assert learner.inquire(table, OPTIONS, never) == inquire_here(table, OPTIONS)
    assert server.children() == [first]


def test_a_later_job_does_not_pay_for_the_end_of_that_process(learner):
    server = server_of(learner)
    table = profile("customers", learnable.customers())
    learner.inquire(table, OPTIONS, never)
    child = child_of(server)

    os.kill(child.pid, signal.SIGKILL)
    child.wait(10)

    assert learner.inquire(table, OPTIONS, never) == inquire_here(table, OPTIONS)


def test_what_fails_there_is_told_without_the_data(learner):
    """The message of a foreign error may cite what is personal."""
    table = profile("flowers", learnable.flowers())
    broken = replace(table, sample=table.sample.with_columns(petal_width=pl.lit("a@b.de")))

    with pytest.raises(AnalysisError) as caught:
        learner.inquire(broken, OPTIONS, never)

    assert "a@b.de" not in str(caught.value)


def test_a_cancelled_job_does_not_wait_for_its_models(learner):
    table = profile("customers", learnable.customers(5000))
    server = server_of(learner)

    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(learner.inquire, table, OPTIONS, lambda: True)
        child = child_of(server)
        with pytest.raises(RunCancelled):
            call.result()

    child.wait(10)
