"""The block relay: whole blocks or none, bounded, and gone with their owner."""

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from connectors import block_relay
from connectors.block_relay import LEAST_BYTES, BlockRelay, relay_folder

CONTENT = os.urandom(LEAST_BYTES)


@pytest.fixture
def relay(tmp_path: Path) -> BlockRelay:
    relay = BlockRelay(str(tmp_path / "blocks"))
    relay.open()
    return relay


def spans(relay: BlockRelay) -> list[tuple[int, int]]:
    return [(block.start, block.end) for block in relay.blocks()]


def test_what_is_left_is_found_in_the_objects_order(relay):
    """As numbers, not as words: 9 comes before 10."""
    relay.leave(10 * LEAST_BYTES, CONTENT)
    relay.leave(9 * LEAST_BYTES, CONTENT)

    found = relay.blocks()

    assert [block.start // LEAST_BYTES for block in found] == [9, 10]
    assert all(block.path.read_bytes() == CONTENT for block in found)
    assert {block.end - block.start for block in found} == {LEAST_BYTES}


def test_small_blocks_are_not_left(relay):
    relay.leave(0, CONTENT[:-1])

    assert relay.blocks() == []


def test_without_a_folder_nothing_is_left(tmp_path):
    """On another machine of the cluster, and before the relay is open."""
    BlockRelay(str(tmp_path / "blocks")).leave(0, CONTENT)

    assert list(tmp_path.iterdir()) == []


def test_there_is_an_end_of_room(relay, monkeypatch):
    monkeypatch.setattr(block_relay, "MOST_BYTES", LEAST_BYTES)
    for number in range(5):
        relay.leave(number * LEAST_BYTES, CONTENT)

    assert len(relay.blocks()) == 2


def test_the_file_of_a_block_serves_the_next(relay):
    """Whole, and no longer than what it holds now."""
    longer = CONTENT + b"and more"
    relay.leave(0, longer)
    (first,) = relay.blocks()
    number = first.path.stat().st_ino
    first.remove()
    assert relay.blocks() == []

    relay.leave(len(longer), CONTENT)

    (second,) = relay.blocks()
    assert second.path.read_bytes() == CONTENT
    assert (second.start, second.end) == (len(longer), len(longer) + len(CONTENT))
    assert second.path.stat().st_ino == number
    assert len(list(Path(relay.folder).iterdir())) == 1


def test_a_full_disk_leaves_no_half_a_block(relay):
    """In a process that may write no file of this length."""
    script = (
        "import resource, signal, sys; from connectors.block_relay import *;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096));"
        "BlockRelay(sys.argv[1]).leave(0, bytes(LEAST_BYTES))"
    )
    subprocess.run([sys.executable, "-c", script, relay.folder], check=True)

    assert list(Path(relay.folder).iterdir()) == []


def test_the_folder_goes_with_its_owner_even_if_that_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    script = (
        "import sys, tempfile, time; tempfile.tempdir = sys.argv[1];"
        "from connectors.block_relay import *\n"
        "with relay_folder() as folder:\n"
        "    (folder / 'block').write_bytes(b'x'); print(folder, flush=True); time.sleep(600)"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    theirs = Path(owner.stdout.readline().strip())
    with relay_folder() as ours:
        assert (theirs / "block").exists()  # its owner lives
        assert ours.is_dir()
    assert not ours.exists()
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()

    with relay_folder():
        assert not theirs.exists()


@pytest.mark.parametrize("moment", [(tempfile, "mkdtemp"), (fcntl, "flock")])
def test_owners_that_begin_at_once_leave_each_other_their_folders(tmp_path, monkeypatch, moment):
    """One sweeps when the other has made its folder, or has opened it, and not yet locked it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    module, name = moment
    call = getattr(module, name)
    swept = []

    def interrupted(*arguments, **named):
        made = call(*arguments, **named) if name == "mkdtemp" else None
        if not swept:
            swept.append(True)
            with relay_folder():
                pass
        return made or call(*arguments, **named)

    monkeypatch.setattr(module, name, interrupted)

    with relay_folder() as ours:
        assert swept
        assert ours.is_dir()
        other = os.open(ours, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(other)
