"""Files from outside: what is no plain file, too large or unreadable is refused in one line, at once."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from harness.model import bounds
from harness.model.fault import ConfigurationFault
from harness.model.reading import files_below, files_in, is_file, is_folder, matching, read_bytes, read_text


def refused(path: Path, most: int = bounds.FILE) -> str:
    with pytest.raises(ConfigurationFault) as caught:
        read_text(path, most=most)
    assert "\n" not in str(caught.value)
    return caught.value.what


def test_a_plain_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("é")
    (tmp_path / "link").symlink_to("a")
    assert read_text(tmp_path / "a") == read_text(tmp_path / "link") == "é"
    assert read_bytes(tmp_path / "a", most=2) == "é".encode()


def test_a_pipe_without_a_writer_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refused(tmp_path / "pipe") == "it is a pipe, not a file"


def test_devices_sockets_and_folders_are_refused(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "s"))
    assert refused(Path("/dev/zero")) == "it is a device, not a file"
    assert refused(tmp_path / "s") == "it is a socket, not a file"
    assert refused(tmp_path) == "it is a folder, not a file"


def test_sizes_are_looked_at_first(tmp_path: Path) -> None:
    with (tmp_path / "holes").open("wb") as file:
        file.truncate(1 << 40)
    assert refused(tmp_path / "holes") == "it is larger than 4 MiB"
    (tmp_path / "a").write_bytes(b"123")
    assert refused(tmp_path / "a", most=2) == "it is larger than 2 bytes"


def test_a_file_of_the_kernel_that_says_it_is_empty(tmp_path: Path) -> None:
    assert refused(Path("/proc/self/maps"), most=10) == "it is larger than 10 bytes"
    assert tmp_path.exists()


@pytest.mark.parametrize("name", ["none", "a\0b", "x" * 5000, "a/b"])
def test_what_is_no_path_of_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "a").write_text("")
    assert refused(tmp_path / name)
    assert not is_file(tmp_path / name)
    assert not is_folder(tmp_path / name)


def test_links_that_lead_to_themselves(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "down").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "a.toml").write_text("")
    assert "symbolic links" in refused(tmp_path / "loop")
    assert files_below(tmp_path) == [tmp_path / "a.toml"]


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xff")
    assert refused(tmp_path / "a") == "it is not UTF-8"


def test_patterns_find_what_those_of_pathlib_find(tmp_path: Path) -> None:
    for name in ("a.toml", "b.txt", "one/a.toml", "one/two/b.toml", "one/.hidden/c.toml", "two/a.toml/d.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    for pattern in (
        "*.toml",
        "**/*.toml",
        "*/*.toml",
        "one/**/*.toml",
        "**/two/*",
        "o*/t*/b.toml",
        "nothing/*",
    ):
        found = {path for path in matching(tmp_path, pattern) if path.is_file()}
        assert found == {path for path in tmp_path.glob(pattern) if path.is_file()}, pattern
    assert files_in(tmp_path) == [tmp_path / "a.toml"]
    assert matching(tmp_path, "one/a.toml") == [tmp_path / "one/a.toml"]


def test_a_folder_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        (tmp_path / f"{number}.toml").write_text("")
    monkeypatch.setattr(bounds, "FILES", 20)
    with pytest.raises(ConfigurationFault, match="more than 20 files"):
        files_below(tmp_path)
    monkeypatch.setattr(bounds, "WALKED", 10)
    with pytest.raises(ConfigurationFault, match="more than 10 files and folders"):
        files_below(tmp_path)
