"""OAR's database as it is, apart from its jobs: schema, and the rows of every table that is no history of jobs."""

from __future__ import annotations

from sqlalchemy import Connection, text

Items = dict[str, dict[str, str]]

HISTORY = frozenset(
    (
        "accounting",
        "assigned_resources",
        "challenges",
        "event_log_hostnames",
        "event_logs",
        "files",
        "frag_jobs",
        "gantt_jobs_predictions_log",
        "gantt_jobs_resources_log",
        "job_dependencies",
        "job_resource_descriptions",
        "job_resource_groups",
        "job_state_logs",
        "job_types",
        "jobs",
        "moldable_job_descriptions",
        "walltime_change",
    )
)
"""Tables that hold the jobs' own history (OAR2, ``pg_structure.sql``): what is in them is judged by itself.
Any other table is compared row by row, also one that nobody knows."""

UNCOUNTED = {
    ("resources", "last_job_date"): "the end of the last job on it: history of jobs",
    ("resources", "scheduler_priority"): "set anew by each round from the best-effort and time-shared jobs that run",
    ("gantt_jobs_predictions", "start_time"): "of the row 0: the moment of the last round",
    ("gantt_jobs_predictions_visu", "start_time"): "of the row 0: the moment of the last round",
}
"""Columns that say something of jobs or of the last round, and why they are left out."""

_COLUMNS = """
    SELECT c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod) AS type,
           coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS "default", (NOT a.attnotnull)::text AS "null"
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
_TABLES = """
    SELECT c.relname, c.relkind::text AS kind, pg_get_userbyid(c.relowner) AS owner,
           coalesce(array_to_string(array(SELECT unnest(c.relacl)::text ORDER BY 1), ' '), '') AS privileges
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
"""
_INDEXES = "SELECT indexname, indexdef AS definition FROM pg_indexes WHERE schemaname = 'public'"
_CONSTRAINTS = """
    SELECT c.conrelid::regclass::text || '.' || c.conname, pg_get_constraintdef(c.oid) AS definition
      FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace AND n.nspname = 'public'
"""
_SEQUENCES = """
    SELECT sequencename, increment_by::text AS increment, min_value::text AS least, max_value::text AS most
      FROM pg_sequences WHERE schemaname = 'public'
"""
_FUNCTIONS = """
    SELECT p.oid::regprocedure::text, md5(pg_get_functiondef(p.oid)) AS definition
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = 'public'
     WHERE p.prokind IN ('f', 'p')
"""
_TRIGGERS = """
    SELECT tgrelid::regclass::text || '.' || tgname, pg_get_triggerdef(oid) AS definition
      FROM pg_trigger WHERE NOT tgisinternal
"""
_SCHEMA = {
    "table": _TABLES,
    "column": _COLUMNS,
    "index": _INDEXES,
    "constraint": _CONSTRAINTS,
    "sequence": _SEQUENCES,
    "function": _FUNCTIONS,
    "trigger": _TRIGGERS,
}
_KEYS = """
    SELECT a.attname FROM pg_index i
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
     WHERE i.indrelid = to_regclass(:name) AND i.indisprimary ORDER BY a.attnum
"""


def read_schema(connection: Connection) -> dict[str, Items]:
    """Tables, columns, indexes, constraints, sequences, functions, triggers."""
    return {area: _items(connection, query) for area, query in _SCHEMA.items()}


def read_rows(connection: Connection) -> dict[str, Items]:
    """``row``: each row of every table that is no history, by its table and its key; NULL is ``null``."""
    found: Items = {}
    names = connection.scalars(
        text("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    ).all()
    for name in names:
        if name not in HISTORY:
            found |= _rows(connection, name)
    return {"row": found}


def _items(connection: Connection, query: str) -> Items:
    """The first column is the item's name, the others are its attributes."""
    # As the driver has it: the queries hold colons that are no parameters.
    result = connection.exec_driver_sql(query)
    _, *attributes = result.keys()
    return {str(name): dict(zip(attributes, map(str, rest), strict=True)) for name, *rest in result}


def _rows(connection: Connection, table: str) -> Items:
    keys = connection.scalars(text(_KEYS), {"name": f'public."{table}"'}).all()
    found: Items = {}
    for row in connection.exec_driver_sql(f'SELECT * FROM "{table}"').mappings():
        key = " ".join(str(row[column]) for column in keys or row)
        name, count = f"{table} {key}", 1
        while name in found:
            # A table without a key may hold the same row twice.
            count += 1
            name = f"{table} {key} ({count})"
        found[name] = {
            column: "null" if value is None else str(value)
            for column, value in row.items()
            if (table, column) not in UNCOUNTED
        }
    return found
