"""Formats: every kind of file that is read, in order of priority; the one line to add."""

from pipelines.formats.arrow_ipc import ArrowIpc
from pipelines.formats.avro import Avro
from pipelines.formats.base import Format
from pipelines.formats.delimited import Delimited
from pipelines.formats.excel_workbook import Workbook
from pipelines.formats.feather_v1 import FeatherV1
from pipelines.formats.fixed_width import FixedWidth
from pipelines.formats.html_table import HtmlTable
from pipelines.formats.json_lines import JsonLines
from pipelines.formats.json_records import Json
from pipelines.formats.logfmt import Logfmt
from pipelines.formats.orc import Orc
from pipelines.formats.parquet import Parquet
from pipelines.formats.pipe_table import PipeTable
from pipelines.formats.sqlite_database import Sqlite
from pipelines.formats.statistics_file import SAS, SPSS, STATA
from pipelines.formats.xml_table import XmlTable

COLUMNAR: tuple[Format, ...] = (Parquet(), ArrowIpc(), FeatherV1(), Orc(), Avro())
BINARY: tuple[Format, ...] = (*COLUMNAR, Sqlite(), Workbook(), SAS, SPSS, STATA)
MARKUP: tuple[Format, ...] = (HtmlTable(), XmlTable(), JsonLines(), Json(), PipeTable())
TEXT: tuple[Format, ...] = (*MARKUP, Logfmt(), FixedWidth(), Delimited())
FORMATS = BINARY + TEXT
