"""Ray metrics: the counters through Ray's own collector, which Prometheus scrapes."""

from ray.util import metrics

from serve_app.metrics import DESCRIPTIONS, Counter

TAG = "SourceType"
BOUNDARIES_S = [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600]


class RayMetrics:
    """To be made inside a Ray process: an actor or a replica."""

    def __init__(self) -> None:
        self._counters = {
            counter: metrics.Counter(counter.value, description=words, tag_keys=(TAG,))
            for counter, words in DESCRIPTIONS.items()
        }
        self._job_seconds = metrics.Histogram(
            "JobSeconds",
            description="Seconds from a job's creation to its end.",
            boundaries=BOUNDARIES_S,
            tag_keys=(TAG,),
        )

    def count(self, counter: Counter, source_type: str) -> None:
        self._counters[counter].inc(1, tags={TAG: source_type})

    def job_seconds(self, seconds: float, source_type: str) -> None:
        self._job_seconds.observe(seconds, tags={TAG: source_type})
