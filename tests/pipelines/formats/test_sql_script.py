r"""SQL scripts: a dump is told, whichever program wrote it; sentences with its words are text."""

import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.source_plan import plan

PG_DUMP = r"""--
-- PostgreSQL database dump
--

\restrict ab1

SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);

COPY public.t (a, b) FROM stdin;
1	x
\.
"""
MYSQL_DUMP = """-- MySQL dump 10.13
/*!40101 SET @OLD=@@X */;
LOCK TABLES `t` WRITE;
/*!40000 ALTER TABLE `t` DISABLE KEYS */;
INSERT INTO `t` VALUES (1,'a;'),(2,'b''c');
UNLOCK TABLES;
"""
T_SQL = """USE [db]
GO
SET ANSI_NULLS ON
GO
CREATE TABLE [dbo].[T](
	[id] [int] NOT NULL,
	[name] [nvarchar](50) NULL
) ON [PRIMARY]
GO
"""
T_SQL_ROWS = """SET IDENTITY_INSERT [dbo].[T] ON
INSERT [dbo].[T] ([id], [name]) VALUES (1, N'a; b')
INSERT [dbo].[T] ([id], [name]) VALUES (2, N'c')
"""
SQL_PLUS = "REM INSERTING into T\nSET DEFINE OFF;\nInsert into T (A) values ('1');\n"
SCHEMA = """CREATE SCHEMA x;
CREATE FUNCTION f() RETURNS text AS 'select ''a;''' LANGUAGE sql;
ALTER TABLE x.t ADD a int;
DELETE FROM x.t;
INSERT IGNORE INTO x.t VALUES
  (1, 2),
  (3, 4);
"""
LONG = "REPLACE INTO t VALUES " + ",".join(f"({i},'it\\'s {i};')" for i in range(9000))
SCRIPTS = {
    "pg": PG_DUMP,
    "mysql": MYSQL_DUMP,
    "t-sql": T_SQL,
    "t-sql, small": T_SQL.lower(),
    "t-sql, rows": T_SQL_ROWS,
    "t-sql, batches": T_SQL_ROWS.partition("\n")[2].replace("\n", "\ngo\n"),
    "t-sql, if": "IF 1 = 1\n  DROP VIEW [v]\nGO\nPRINT 'x'\nDROP TABLE [t]\nGO\n",
    "sql*plus": SQL_PLUS,
    "schema": SCHEMA,
    "temporary": "CREATE TEMPORARY TABLE t (a INT, b INT) ENGINE=InnoDB;\n",
    "replaced": "CREATE OR REPLACE TABLE t (a INT, b INT);\n",
    "no end": "insert into t values\n(1,2),\n(3,4)",
    "long": LONG,
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_a_script_is_no_table_and_is_told(script, ends, encoding):
    """What it makes is in no lines of it."""
    content = script.replace("\n", ends).encode(encoding)

    found = plan([MemoryObject("a.txt", content)], Limits())

    assert not found.tables
    assert [(f.code, "SQL script" in f.message) for f in found.failures] == [
        ("format.unknown", True)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Set up,1\nInsert into tray (A) values,2\n",
        "SELECT a, b\nFROM t\nWHERE x = 1\n",
        "Use the door,open;\nDrop table (the large one),open;\n",
        "INSERT INTO t VALUES (1),0.5\nINSERT INTO t VALUES (2),0.6\n",
        "query;ms\nDROP TABLE t;5\n",
        "go,1\ngo,2\n",
        "word\nset\nGO\nuse\nGO\n",
        "Set A\nGO\nSet B\nGO\n",
        "Copy x from stdin,1\nCopy y from stdin,2\n",
        "-- a,b\n1,2\n",
    ],
)
def test_words_of_sql_in_cells_are_cells(text):
    found = plan([MemoryObject("a.csv", text.encode())], Limits())

    assert [table.format for table in found.tables] == ["delimited"]
