"""OAR3 from a release page: whole or not at all, checked ever after, and clear when it cannot be had."""

from __future__ import annotations

import hashlib
import json
import tarfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.model.fault import ConfigurationFault, Fault, MachineFault
from harness.model.record import Missing
from harness.oar3 import archive as archive_module
from harness.oar3.copies import find
from harness.oar3.github import NoSuchRelease, ReleasePage, Unavailable
from harness.oar3.release import fetch_release
from harness.oar3.source import Oar3Source
from tests.oar3.page import Page, archive, serving

if TYPE_CHECKING:
    from tests.oar3.conftest import MakeDeb


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    with serving() as page:
        monkeypatch.setenv("OAR_COMPAT_GITHUB_API", f"{page.address}/")
        yield page


@pytest.fixture
def debs(tmp_path: Path, make_deb: MakeDeb) -> tuple[Path, ...]:
    return tuple(make_deb(tmp_path / "up", package) for package in ("python3-oar", "python3-procset", "oar-server"))


def one(*asked: str, codename: str = "bookworm") -> Oar3Source:
    sources = find(asked, codename=codename)
    assert isinstance(sources, tuple)
    (source,) = sources
    return source


def left(cache: Path) -> list[str]:
    """What lies in the cache, but for the lock."""
    root = cache / "oar3"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and path.name != ".lock")


def test_the_latest_is_fetched_when_there_is_nothing_else(page: Page, cache: Path, debs: tuple[Path, ...]) -> None:
    page.put("3.0.2", "bookworm", archive(*debs))
    source = one()
    assert (source.origin, source.name, source.version) == ("release", "3.0.2", "3.0.2-1")
    assert source.path == cache / "oar3" / "3.0.2" / "bookworm"
    assert [entry.package for entry in source.left_out] == ["oar-server"]
    assert source.notes == ()
    sums = json.loads((cache / "oar3" / "checksums.json").read_text())
    content = page.releases["3.0.2"]["debian-packages.bookworm.tar.gz"]
    assert sums["3.0.2/debian-packages.bookworm.tar.gz"] == hashlib.sha256(content).hexdigest()
    assert len(sums) == 4
    asked = len(page.asked)
    assert one() == source
    assert one("3.0.2") == source
    assert len(page.asked) == asked


def test_a_version_asked_for_is_fetched(page: Page, debs: tuple[Path, ...]) -> None:
    page.put("3.0.1", "bookworm", archive(*debs))
    page.put("3.0.2", "bookworm", archive(*debs))
    assert one("3.0.1").name == "3.0.1"


def test_an_unknown_version_offers_those_of_the_page(page: Page, debs: tuple[Path, ...]) -> None:
    page.put("3.0.1", "bookworm", archive(*debs))
    page.put("3.0.2", "bookworm", archive(*debs))
    with pytest.raises(ConfigurationFault, match=r"did you mean 3\.0\.[12]\?"):
        one("3.0.3")
    with pytest.raises(NoSuchRelease, match=r"there are 3\.0\.2, 3\.0\.1"):
        ReleasePage.from_environment().release("3.9")
    with pytest.raises(ConfigurationFault, match=r"there are 3\.0\.2, 3\.0\.1"):
        one("17.99.99.99.99")


def test_the_other_debian_release_with_a_note(page: Page, debs: tuple[Path, ...]) -> None:
    page.put("3.0.2", "bookworm", archive(*debs))
    source = one("3.0.2", codename="trixie")
    assert source.path.name == "bookworm"
    assert any("bookworm" in note and "trixie" in note for note in source.notes)
    asked = len(page.asked)
    assert one("3.0.2", codename="trixie") == source
    assert len(page.asked) == asked


def test_the_right_debian_release_is_fetched_beside_the_other(page: Page, debs: tuple[Path, ...]) -> None:
    for codename in ("bookworm", "trixie"):
        page.put("3.0.2", codename, archive(*debs))
    assert one("3.0.2", codename="bookworm").path.name == "bookworm"
    assert one("3.0.2", codename="trixie").path.name == "trixie"
    assert one("3.0.2", codename="bookworm").notes == ()


def test_offline_the_other_debian_release_will_do(page: Page, debs: tuple[Path, ...]) -> None:
    for codename in ("bookworm", "trixie"):
        page.put("3.0.2", codename, archive(*debs))
    one("3.0.2", codename="bookworm")
    page.mood = "broken"
    source = one("3.0.2", codename="trixie")
    assert (source.path.name, source.origin) == ("bookworm", "release")
    assert any("500" in note for note in source.notes)


def test_offline_is_said_quickly(cache: Path) -> None:
    begun = time.monotonic()
    missing = find()
    assert isinstance(missing, Missing)
    assert "cannot be reached" in missing.why
    with pytest.raises(ConfigurationFault, match="cannot be reached") as caught:
        find(["3.0.2"])
    assert "\n" not in str(caught.value)
    assert time.monotonic() - begun < 5
    assert not cache.exists()


@pytest.mark.parametrize(
    ("mood", "said"),
    [
        ("limited", r"answers 403: GitHub's limit of requests is reached — wait, or set GITHUB_TOKEN"),
        ("too many", r"answers 429: GitHub's limit of requests is reached"),
        ("forbidden", r"answers 403: refused, or"),
        ("broken", r"answers 500"),
        ("unauthorised", r"answers 401"),
        ("nonsense", r"no JSON"),
        ("other json", r"no release"),
        ("traversing", r"a release called '\.\./\.\./3\.0'"),
        ("truncated", r"the connection ended before all had come"),
        ("short", r"bytes came, \d+ were promised"),
    ],
)
def test_a_page_that_misbehaves(page: Page, cache: Path, debs: tuple[Path, ...], mood: str, said: str) -> None:
    page.put("3.0.2", "bookworm", archive(*debs))
    page.mood = mood
    missing = find(codename="bookworm")
    assert isinstance(missing, Missing)
    with pytest.raises(Unavailable, match=said) as caught:
        fetch_release("3.0.2", "bookworm", cache / "oar3", ReleasePage.from_environment())
    assert "\n" not in str(caught.value)
    with pytest.raises(ConfigurationFault, match=said):
        one("3.0.2")
    assert left(cache) == []
    page.mood = "well"
    assert one("3.0.2").origin == "release"


def test_a_connection_that_hangs(page: Page, cache: Path, debs: tuple[Path, ...]) -> None:
    page.put("3.0.2", "bookworm", archive(*debs))
    page.mood = "hanging"
    begun = time.monotonic()
    with pytest.raises(Unavailable, match=r"no answer within 0\.3 s"):
        fetch_release(None, "bookworm", cache / "oar3", ReleasePage(page.address, read=0.3))
    assert time.monotonic() - begun < 5


def test_a_download_that_never_ends(page: Page, cache: Path) -> None:
    member = tarfile.TarInfo("x")
    member.size = 10
    page.put("3.0.2", "bookworm", archive(x=member) + b"\0" * (1 << 20))
    page.mood = "dripping"
    with pytest.raises(Unavailable, match="took longer"):
        fetch_release("3.0.2", "bookworm", cache / "oar3", ReleasePage(page.address, total=0.5))
    assert left(cache) == []


def test_what_is_no_address(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for address in ("nonsense", "ftp://somewhere.example", "http://"):
        monkeypatch.setenv("OAR_COMPAT_GITHUB_API", address)
        with pytest.raises(ConfigurationFault, match="OAR_COMPAT_GITHUB_API"):
            find()
    assert not cache.exists()


def test_the_token_goes_to_the_api_alone(page: Page, debs: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "made-up")
    page.put("3.0.2", "bookworm", archive(*debs))
    one("3.0.2")
    assert page.tokens == ["Bearer made-up", None, None]


def test_a_changed_release_is_refused_with_both_sums(
    page: Page, cache: Path, debs: tuple[Path, ...], tmp_path: Path, make_deb: MakeDeb
) -> None:
    page.put("3.0.2", "bookworm", archive(*debs))
    source = one("3.0.2")
    for path in source.path.iterdir():
        path.unlink()
    source.path.rmdir()
    (source.path.parent / "release.json").unlink()
    before = json.loads((cache / "oar3" / "checksums.json").read_text())
    other = archive(make_deb(tmp_path / "other", fields="Section: changed\n"))
    page.put("3.0.2", "bookworm", other)
    with pytest.raises(MachineFault) as caught:
        one("3.0.2")
    assert before["3.0.2/debian-packages.bookworm.tar.gz"] in str(caught.value)
    assert hashlib.sha256(other).hexdigest() in str(caught.value)
    assert left(cache) == ["checksums.json"]
    assert json.loads((cache / "oar3" / "checksums.json").read_text()) == before


def test_a_changed_deb_in_the_cache_is_noticed(
    page: Page, cache: Path, debs: tuple[Path, ...], make_deb: MakeDeb
) -> None:
    page.put("3.0.2", "bookworm", archive(*debs))
    source = one("3.0.2")
    make_deb(source.path, fields="Section: changed\n")
    for asked in ([], ["3.0.2"]):
        with pytest.raises(MachineFault, match="not what it was on first use"):
            find(asked, codename="bookworm")
    (cache / "oar3" / "checksums.json").write_text("[")
    with pytest.raises(MachineFault, match="cannot be read"):
        find(codename="bookworm")


def test_a_digest_that_the_page_states_is_believed(page: Page, cache: Path, debs: tuple[Path, ...]) -> None:
    page.put("3.0.2", "bookworm", archive(*debs))
    page.digests = True
    with pytest.raises(MachineFault, match="the release page states"):
        one("3.0.2")
    assert left(cache) == []


def test_a_release_without_debs(page: Page, cache: Path) -> None:
    page.releases["3.0.2"] = {"oar-3.0.2.zip": b""}
    with pytest.raises(ConfigurationFault, match=r"has no debian-packages.*but oar-3\.0\.2\.zip"):
        one("3.0.2")
    page.put("3.0.2", "sid", b"")
    with pytest.raises(ConfigurationFault, match=r"has \.debs for sid only"):
        one("3.0.2")
    assert left(cache) == []


def member(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, link
    return info


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (member("../../evil.deb", size=3), "leads out of it"),
        (member("/etc/evil.deb", size=3), "leads out of it"),
        (member("link.deb", tarfile.SYMTYPE, link="/etc/passwd"), "no plain file"),
        (member("link.deb", tarfile.LNKTYPE, link="python3-oar.deb"), "no plain file"),
        (member("device.deb", tarfile.CHRTYPE), "no plain file"),
        (member("big", size=4000), "holds more than"),
    ],
)
def test_an_archive_that_is_up_to_something(
    page: Page,
    cache: Path,
    debs: tuple[Path, ...],
    entry: tarfile.TarInfo,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archive_module, "BYTES", sum(path.stat().st_size for path in debs) + 3000)
    page.put("3.0.2", "bookworm", archive(*debs, entry=entry))
    with pytest.raises(MachineFault, match=said):
        one("3.0.2")
    assert left(cache) == []


def test_other_files_and_folders_in_an_archive_do_no_harm(page: Page, debs: tuple[Path, ...]) -> None:
    folder = member("build", tarfile.DIRTYPE)
    page.put("3.0.2", "bookworm", archive(*debs, folder=folder, other=member("build/x.buildinfo", size=3)))
    assert len(list(one("3.0.2").path.iterdir())) == 3


@pytest.mark.parametrize("cut", [20, 200, -30])
def test_a_damaged_archive(page: Page, cache: Path, debs: tuple[Path, ...], cut: int) -> None:
    page.put("3.0.2", "bookworm", archive(*debs)[:cut])
    with pytest.raises(MachineFault, match="damaged or cut short"):
        one("3.0.2")
    assert left(cache) == []


def test_an_archive_of_nothing(page: Page, cache: Path) -> None:
    page.put("3.0.2", "bookworm", archive())
    with pytest.raises(MachineFault, match=r"holds no \.deb"):
        one("3.0.2")
    assert left(cache) == []


def test_two_runs_at_once_fetch_once(page: Page, cache: Path, debs: tuple[Path, ...]) -> None:
    page.put("3.0.2", "bookworm", archive(*debs))
    (cache / "oar3" / ".fetch-of-a-run-that-was-killed").mkdir(parents=True)
    found: list[Oar3Source | Fault] = []

    def run() -> None:
        try:
            found.append(one("3.0.2"))
        except Fault as fault:
            found.append(fault)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(source == found[0] for source in found)
    assert sum(path.startswith("/data/") for path in page.asked) == 1
    assert not list((cache / "oar3").glob(".fetch-*"))


def test_a_cache_that_cannot_be_written(page: Page, cache: Path, debs: tuple[Path, ...]) -> None:
    page.put("3.0.2", "bookworm", archive(*debs))
    cache.write_text("a file where the folder should be")
    with pytest.raises(ConfigurationFault, match="OAR_COMPAT_CACHE"):
        one("3.0.2")
