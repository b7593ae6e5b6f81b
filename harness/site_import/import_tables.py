"""The large tables: streamed from the sources through the allow-list into the folder ``database``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from harness.model import bounds
from harness.model.cluster import SYSTEM_COLUMNS
from harness.model.fault import ConfigurationFault
from harness.site_import.import_report import ImportReport
from harness.site_import.kept_jobs import KEYS, Selection
from harness.site_import.passing_columns import NOT_TAKEN, SMALL, TABLES
from harness.site_import.production import Production
from harness.site_import.renamer import Renamer
from harness.site_import.source_rows import Block, RowSource
from harness.site_import.table_files import TableFile
from harness.site_import.table_filter import Passed, TableFilter

Tell = Callable[[str], None]


class TableImport:
    """Fills a folder with the tables of all sources.

    :ivar levels: how often jobs ask for each level.
    :ivar rows: how many rows of each table passed.
    :param since: epoch seconds: jobs that ended before are left out; None: all are taken.
    """

    def __init__(
        self,
        folder: Path,
        production: Production,
        renamer: Renamer,
        report: ImportReport,
        tell: Tell,
        since: int | None = None,
    ) -> None:
        self.levels: Counter[str] = Counter()
        self.rows: dict[str, int] = {}
        self._folder = folder
        self._columns = tuple(dict.fromkeys((*production.columns, *sorted(SYSTEM_COLUMNS))))
        self._renamer = renamer
        self._report = report
        self._tell = tell
        self._since = since
        self._files: dict[str, tuple[RowSource, TableFile, Passed]] = {}
        self._seen = 0

    def take(self, sources: Iterable[RowSource]) -> None:
        """Take the rows of all sources; of a table that two have, those of the first."""
        for source in sources:
            selection = Selection(source, self._since) if self._since is not None else None
            filters: dict[tuple[str, tuple[str, ...]], TableFilter] = {}
            left: Counter[str] = Counter()
            for block in source.blocks(lambda table: table not in SMALL):
                if block.table in TABLES:
                    self._take(source, block, filters, selection)
                else:
                    self._leave(block, left)
            for table, count in left.items():
                why = NOT_TAKEN.get(table, "")
                if why and count:
                    self._report.left("jobs", f"{count:,} rows of {table}", why, source.name)
                elif not why:
                    self._report.left(
                        "jobs", f"{count:,} rows of a table", "it is none of OAR's", f"{source.name}, {table}"
                    )
        self._close()

    def _take(
        self,
        source: RowSource,
        block: Block,
        filters: dict[tuple[str, tuple[str, ...]], TableFilter],
        selection: Selection | None,
    ) -> None:
        key = block.table, block.columns
        if key not in filters:
            keep = selection.keep(block.table) if selection else None
            filters[key] = TableFilter(
                block, self._renamer, self._columns, source.name, KEYS.get(block.table, ""), keep
            )
        chosen = filters[key]
        owner, file, told = self._files.get(block.table) or self._open(source, block, chosen)
        if owner is not source or file.columns != chosen.columns:
            if f"again {block.table}" not in told.unknown:
                told.unknown[f"again {block.table}"] = None
                why = "another source has them already" if owner is not source else "they have other columns"
                self._report.left("jobs", f"rows of {block.table}", why, source.name)
            return
        for lines in block.lines:
            file.write(chosen.passed(lines, told))
            self._seen += lines.data.count(b"\n")
            if self._seen > bounds.DUMP_ROWS:
                raise ConfigurationFault(
                    f"more than {bounds.DUMP_ROWS:,} rows", where=source.name, remedy="is it the right dump?"
                )
            self._tell(block.table)

    def _open(self, source: RowSource, block: Block, chosen: TableFilter) -> tuple[RowSource, TableFile, Passed]:
        rule = TABLES[block.table]
        for name in block.columns:
            if name in rule.left:
                self._report.left("jobs", f"{block.table}.{name}", rule.left[name], source.name)
        if chosen.unknown:
            count = len(chosen.unknown)
            self._report.left("jobs", f"{count} more columns of {block.table}", "no OAR2 has them", source.name)
        opened = source, TableFile(self._folder, block.table, chosen.columns), Passed(chosen.columns)
        self._files[block.table] = opened
        return opened

    def _leave(self, block: Block, left: Counter[str]) -> None:
        table = block.table if block.table in NOT_TAKEN else f"table {len(left) + 1}"
        left[table] += 0
        for lines in block.lines:
            left[table] += lines.data.count(b"\n")
            self._tell("")

    def _close(self) -> None:
        for table in TABLES:
            if table not in self._files:
                self._report.left("jobs", table, "no source has it")
        for table, (source, file, told) in self._files.items():
            name = file.close()
            self.rows[table] = told.rows
            self.levels.update(told.levels)
            if told.rows:
                self._report.taken("jobs", f"{told.rows:,} rows of {table}", f"in database/{name}", source.name)
            if told.outside:
                why = "their jobs ended before --since"
                self._report.left("jobs", f"{told.outside:,} rows of {table}", why, source.name)
            for place in told.places:
                self._report.left("jobs", "a row", "a field does not hold what belongs there", place)
            if (more := told.refused - len(told.places)) > 0:
                self._report.left("jobs", f"{more:,} more rows of {table}", "as above", source.name)
