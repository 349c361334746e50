"""Architecture: what may import what, and that everything imported is declared."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = ("connectors", "pipelines", "serve_app")
NO_FETCHING = {"ray", "boto3", "httpx2", "requests", "urllib3", "sqlalchemy", "fastapi"}

FORBIDDEN = {
    "connectors": {"pipelines", "serve_app", "ray", "fastapi", "langgraph"},
    "pipelines": {"serve_app", "fastapi"},
    "pipelines/statistics": {*NO_FETCHING, "langgraph", "time"},
    "pipelines/formats": {*NO_FETCHING, "langgraph"},
    "pipelines/containers": {*NO_FETCHING, "langgraph"},
    "pipelines/analytics": NO_FETCHING,
    "pipelines/profile.py": {*NO_FETCHING, "langgraph", "time"},
    "pipelines/artifacts.py": {*NO_FETCHING, "langgraph", "time"},
    "serve_app/jobs/model.py": {*NO_FETCHING, "langgraph", "time"},
}

ONLY_IN = {
    "ray": (
        "pipelines/runtime/",
        "serve_app/deployment.py",
        "serve_app/embedded/ray_head.py",
        "serve_app/jobs/ray_crew.py",
        "serve_app/jobs/supervisor.py",
        "serve_app/ray_",
    ),
    "boto3": ("connectors/s3_client.py",),
    "botocore": ("connectors/s3_client.py",),
    "fastapi": ("serve_app/",),
    "grpc": ("serve_app/embedded/garbage.py",),
    "langgraph": ("pipelines/analytics/",),
    "sqlalchemy": ("serve_app/jobs/", "serve_app/migrations/"),
    "alembic": ("serve_app/migrations/",),
    "scipy": ("pipelines/analytics/chance.py",),
    "sklearn": ("pipelines/analytics/learning/",),
    "skops": ("pipelines/analytics/learning/model_file.py",),
}


def sources(place: str) -> list[Path]:
    path = ROOT / place
    return [path] if path.suffix == ".py" else sorted(path.rglob("*.py"))


def imported_names(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            yield node.lineno, node.module or ""


@pytest.mark.parametrize("place", FORBIDDEN)
def test_imports_point_downwards(place):
    """A package imports only what lies below it."""
    for path in sources(place):
        for line, name in imported_names(path):
            assert name.split(".")[0] not in FORBIDDEN[place], f"{path}:{line} imports {name}"


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_foreign_library_stays_where_it_belongs(library):
    """Large libraries are imported in few places, which translate their errors."""
    for package in OURS:
        for path in sources(package):
            place = path.relative_to(ROOT).as_posix()
            used = any(name.split(".")[0] == library for _, name in imported_names(path))
            assert not used or place.startswith(ONLY_IN[library]), f"{place} imports {library}"


def test_the_environment_is_read_by_the_settings_alone():
    """A worker's environment is another machine's, so settings travel as values."""
    hands_on = {"serve_app/embedded/ray_head.py", "pipelines/sandbox.py"}
    for package in OURS:
        for path in sources(package):
            place = path.relative_to(ROOT).as_posix()
            reads = re.search(r"\bos\.(environ|getenv)\b", path.read_text())
            assert not reads or place in hands_on, f"{place} reads the environment"


def test_every_import_is_declared():
    """What the packages import is in pyproject.toml by name, not by another package's grace."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {normal(re.split(r"[\[<>=! ]", each)[0]) for each in project["dependencies"]}
    came_with = {"anyio": "fastapi", "botocore": "boto3", "starlette": "fastapi"}
    distributions = packages_distributions()
    for package in OURS:
        for path in sources(package):
            for line, name in imported_names(path):
                top = name.split(".")[0]
                if top in OURS or top in sys.stdlib_module_names or top == "mypy_boto3_s3":
                    continue
                owners = {normal(each) for each in distributions.get(top, [top])}
                owners |= {came_with.get(top, top)}
                assert owners & declared, f"{path}:{line} imports {name}, which is not declared"


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
