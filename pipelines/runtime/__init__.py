"""Runtime: the only place in the pipelines where Ray lives."""
