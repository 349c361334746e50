import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import polars as pl
import pytest

from pipelines.analytics import report
from pipelines.formats.base import Notice
from tests.pipelines.analytics.found import findings, inference_of, sales

pytestmark = pytest.mark.e2e

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--allow-file-access-from-files",
    "--enable-logging=stderr",
    "--virtual-time-budget=4000",
]
# The report holds no script and allows none, so the page around it measures it.
FRAME = """<!doctype html><title>frame</title>
<iframe id="report" src="report.html" style="width:{width}px;height:900px;border:0"></iframe>
<pre id="measured"></pre>
<script>
const frame = document.getElementById("report");
frame.onload = () => {{
  const page = frame.contentDocument, root = page.documentElement;
  const measured = {{
    width: root.clientWidth,
    scrollWidth: root.scrollWidth,
    sections: page.querySelectorAll("section").length,
    foreign: page.querySelectorAll("script,img,iframe,object,embed,link").length,
    loaded: frame.contentWindow.performance.getEntriesByType("resource").length,
    background: frame.contentWindow.getComputedStyle(page.body).backgroundColor,
  }};
  document.getElementById("measured").textContent = JSON.stringify(measured);
}};
</script>"""


def browser() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
    assert found, "This test needs Chromium: apt-get install chromium"
    return found


def opened(body: bytes, width: int, folder: Path) -> tuple[dict, list[str]]:
    """What Chromium makes of the report in a window so wide, and what its console says."""
    (folder / "report.html").write_bytes(body)
    (folder / "frame.html").write_text(FRAME.format(width=width))
    command = [browser(), *FLAGS, f"--user-data-dir={folder / 'profile'}", "--dump-dom"]
    done = subprocess.run(
        [*command, f"file://{folder / 'frame.html'}"], capture_output=True, text=True, timeout=120
    )
    found = re.search(r'<pre id="measured">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return json.loads(unescape(found[1])), console


def hostile():
    """A table whose names are long, wide and malicious."""
    names = [
        "a_column_name_without_any_place_to_break_" * 4,
        "<script>document.title='run'</script>",
        '"><img src=x onerror=alert(1)>',
        "column 日本語の長い列名です" * 6,
    ]
    frame = pl.DataFrame(
        {name: [float(n * i % 19) for i in range(60)] for n, name in enumerate(names, 2)}
    ).with_columns(pl.Series("text", ["<svg onload=alert(1)>" * 20] * 60))
    notice = Notice("long", "no_break_" * 60, table="t" * 200)
    return findings(
        {"table_" * 30: frame},
        source_name="file_" * 60,
        notices=(notice,),
        inference=inference_of("no_break_" * 60),
    )


@pytest.mark.parametrize("width", [390, 768, 1280])
@pytest.mark.parametrize(
    "make", [lambda: findings({"sales": sales()}), hostile], ids=["sales", "hostile"]
)
def test_the_report_opens_from_disk_and_fits_the_window(make, width, tmp_path):
    """No sideways scrolling, nothing loaded, nothing run, no complaint in the console."""
    measured, console = opened(report.html(make()), width, tmp_path)

    assert measured["width"] == width
    assert measured["scrollWidth"] == width
    assert measured["sections"] > 5
    assert (measured["foreign"], measured["loaded"]) == (0, 0)
    assert console == []
