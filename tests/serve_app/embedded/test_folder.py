"""Socket folders: they outlive a killed owner by no more than the next start."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from connectors.errors import Misconfigured, ServiceUnavailable
from serve_app.embedded.folder import lock, socket_folder

OWNER = """
import pathlib, sys, time
from serve_app.embedded.folder import socket_folder
sockets = socket_folder(pathlib.Path(sys.argv[1]))
print(sockets.path, flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def temporary(monkeypatch, tmp_path):
    """A place for temporary files of its own, since every folder there is looked at."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_what_a_killed_owner_left_goes_with_the_next_start(tmp_path, temporary):
    """Whichever folder that is for; as long as the owner lives, its own stays."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path / "one")],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        theirs = Path(owner.stdout.readline().strip())
        (theirs / "ray").symlink_to(tmp_path)

        socket_folder(tmp_path / "two").remove()
        assert theirs.is_relative_to(temporary)
        assert theirs.exists()
        owner.kill()

    ours = socket_folder(tmp_path / "two")

    assert list(temporary.iterdir()) == [ours.path]
    assert tmp_path.exists()
    ours.remove()
    assert not list(temporary.iterdir())


def test_what_a_survivor_still_uses_stays_until_it_is_gone(tmp_path, temporary):
    """Ray's agents notice after a minute that they are orphans, and would make the folder anew."""
    (tmp_path / "logs").mkdir()
    dead = socket_folder(tmp_path / "one")
    (dead.path / "ray").symlink_to(tmp_path / "logs")
    dead._lock.close()
    with (tmp_path / "logs" / "agent.log").open("w") as log:
        survivor = subprocess.Popen(["sleep", "60"], stdout=log)

    socket_folder(tmp_path / "two").remove()
    assert dead.path.exists()

    survivor.kill()
    survivor.wait()
    socket_folder(tmp_path / "two").remove()
    assert not list(temporary.iterdir())
    assert (tmp_path / "logs" / "agent.log").exists()


def test_the_same_folder_has_the_same_sockets_after_a_kill(tmp_path):
    """Addresses outlive a restart; what the dead owner had in there does not."""
    first = socket_folder(tmp_path / "one")
    (first.path / "s3.sock").touch()
    first._lock.close()

    second = socket_folder(tmp_path / "one")

    assert second.path == first.path
    assert [each.name for each in second.path.iterdir()] == ["owner"]
    second.remove()


def test_a_folder_that_nobody_ever_owned_so_is_left_alone(tmp_path, temporary):
    """One of another program may have a name like ours."""
    other = temporary / f"mf-{os.getuid()}-other"
    other.mkdir()

    socket_folder(tmp_path / "one").remove()

    assert other.exists()


def test_a_folder_that_is_open_to_others_is_refused(tmp_path):
    """They could put sockets of their own there."""
    sockets = socket_folder(tmp_path / "one")
    sockets.path.chmod(0o755)

    with pytest.raises(ServiceUnavailable, match="open to others"):
        socket_folder(tmp_path / "one")
    sockets.remove()


def test_a_folder_that_takes_no_files_is_told_in_a_sentence(tmp_path):
    """Such as one on a read-only disk; here, what should be a file is a folder."""
    (tmp_path / "lock").mkdir()

    with pytest.raises(Misconfigured, match="cannot be written to") as raised:
        lock(tmp_path)

    assert "MF_HOME" in raised.value.advice
