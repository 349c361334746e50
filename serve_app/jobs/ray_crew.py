"""Ray crew: a warm pool of runner actors, one job each."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError, RayTaskError

from pipelines.order import JobOrder
from pipelines.runtime.actor import start_runner
from pipelines.runtime.advance import Advance
from serve_app.jobs.crew import Ended, RunnerDied
from serve_app.settings import Settings

ANSWER_S = 5.0  # of a busy machine; a dead runner is an error at once


@dataclass
class _Member:
    actor: Any
    life: Any  # ends with the actor, and not before
    start: Any  # ends once the actor is there, which needs a place with its resources
    has_started: bool = False
    job_id: str | None = None
    run: Any = None
    asked: Any = None
    advance: Advance = field(default_factory=Advance)


class RayCrew:
    """A warm pool of runner actors, owned by the calling process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._made = 0
        self._advances: dict[str, Advance] = {}
        self._members = [self._member() for _ in range(settings.runners)]

    def _member(self) -> _Member:
        self._made += 1
        name = f"runner-{os.getpid()}-{self._made}"
        actor = start_runner(name, self._settings.store_config())
        return _Member(actor, actor.live.remote(), actor.ready.remote())

    def is_free(self) -> bool:
        """Whether a runner waits for a job: one that is there, not one that may come."""
        self._replace_dead()
        return any(map(_is_idle, self._members))

    def is_staffed(self) -> bool:
        """Whether any runner is there, busy or not. May be asked by another thread."""
        return any(member.has_started for member in self._members)

    def start(self, order: JobOrder) -> None:
        member = self._waiting()
        member.job_id, member.asked, member.advance = order.job_id, None, Advance()
        member.run = member.actor.run.options(name=f"job-{order.job_id}").remote(order)

    def _waiting(self) -> _Member:
        """A runner that answers; or one that is still to come, if those that waited have died.

        Ray tells of a death late: what has been killed this moment seems to wait.
        """
        for place, member in enumerate(self._members):
            if _is_idle(member):
                with suppress(RayError):
                    ray.get(member.actor.advance.remote(), timeout=ANSWER_S)
                    return member
                self._members[place] = self._member()
        return next(member for member in self._members if member.job_id is None)

    def _replace_dead(self) -> None:
        """No job is to take the blame for a runner that died while it had none."""
        for place, member in enumerate(self._members):
            if member.job_id is None and ray.wait([member.life], timeout=0)[0]:
                self._members[place] = self._member()

    def wait(self, timeout_s: float) -> None:
        """Until a run ends, or the time is over."""
        runs = [member.run for member in self._members if member.run is not None]
        if runs:
            ray.wait(runs, num_returns=1, timeout=timeout_s)

    def ended(self) -> Mapping[str, Ended]:
        ends: dict[str, Ended] = {}
        for place, member in enumerate(self._members):
            if member.job_id is None or not ray.wait([member.run], timeout=0)[0]:
                continue
            job_id, end = member.job_id, _end_of(member.run)
            ends[job_id] = end
            if isinstance(end, RunnerDied):
                self._members[place] = self._member()
            member.run = None
            self._last_advance(member)
            member.job_id = None
            self._advances[job_id] = member.advance
        return ends

    def _last_advance(self, member: _Member) -> None:
        with suppress(RayError):
            member.advance = ray.get(member.actor.advance.remote(), timeout=1)

    def advance(self, job_id: str) -> Advance:
        member = self._of(job_id)
        if member is None:
            return self._advances.pop(job_id, Advance())
        if member.asked is None:
            member.asked = member.actor.advance.remote()
        elif ray.wait([member.asked], timeout=0)[0]:
            with suppress(RayError):
                member.advance = ray.get(member.asked)
            member.asked = member.actor.advance.remote()
        return member.advance

    def cancel(self, job_id: str) -> None:
        if (member := self._of(job_id)) is not None:
            member.actor.cancel.remote()

    def kill(self, job_id: str) -> None:
        if (member := self._of(job_id)) is not None:
            ray.kill(member.actor)

    def expect_large(self) -> None:
        idle = next(filter(_is_idle, self._members), None)
        if idle is not None:
            idle.actor.expect_large.remote(self._settings.limits)

    def _of(self, job_id: str) -> _Member | None:
        return next((member for member in self._members if member.job_id == job_id), None)


def _is_idle(member: _Member) -> bool:
    if not member.has_started:
        member.has_started = bool(ray.wait([member.start], timeout=0)[0])
    return member.has_started and member.job_id is None


def _end_of(run: Any) -> Ended:
    try:
        outcome: Ended = ray.get(run)
    except RayActorError:
        return RunnerDied()
    except RayTaskError as error:
        if not isinstance(error.cause, BaseException):
            return error
        error.cause.add_note(str(error))  # with the traceback in the runner
        return error.cause
    except RayError as error:
        return error
    return outcome
