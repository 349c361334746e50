"""Reserve: there while there is plenty, and gone when it is asked for."""

import shutil

from serve_app.embedded import reserve


def test_the_reserve_takes_room_and_gives_it_back(tmp_path):
    """Blocks are laid up, not merely a length; to keep it twice is to keep it once."""
    assert shutil.disk_usage(tmp_path).free > reserve.PLENTY_BYTES, "this test needs a gigabyte"
    reserve.keep(tmp_path)
    reserve.keep(tmp_path)

    (kept,) = tmp_path.iterdir()
    assert kept.stat().st_blocks * 512 >= reserve.RESERVE_BYTES

    reserve.release(tmp_path)
    reserve.release(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_short_of_room_keeps_it(tmp_path, monkeypatch):
    """What is left is for the jobs, and for whoever cleans them away."""
    monkeypatch.setattr(reserve, "PLENTY_BYTES", 1 << 60)

    reserve.keep(tmp_path)

    assert list(tmp_path.iterdir()) == []
