"""Images: tags that say what they are made of, and builds that fail in words."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docker.errors import ImageNotFound

from harness.engine import build
from harness.engine.base import ensure_base
from harness.engine.build import ensure_image, image_tag
from harness.engine.one_shot import run_once
from harness.model.fault import MachineFault
from tests.engine.conftest import Home, client, reply

Progress = Callable[[str], None]

# In a build: fails unless its proxy refuses the machine's loopback, and nobody else leads there.
_ASK = """
use IO::Socket::INET;
my ($proxy) = $ENV{{http_proxy}} =~ m|//(.*)|;
my $way = IO::Socket::INET->new($proxy) or die "no proxy";
print $way "CONNECT 127.0.0.1:{port} HTTP/1.1\\r\\n\\r\\n";
<$way> =~ / 403 / or die "not refused";
IO::Socket::INET->new("127.0.0.1:{port}") and die "direct";
"""


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """A build context as small as can be."""
    folder = tmp_path / "context"
    (folder / "sub").mkdir(parents=True)
    (folder / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\n")
    (folder / "sub" / "file").write_text("one")
    return folder


def test_a_tag_is_stable_and_changes_with_content_name_mode_and_release(context: Path) -> None:
    tags = [image_tag("trixie", context)]
    assert tags[0].startswith("oar-compat/oar2:trixie-")
    assert image_tag("trixie", context) == tags[0]
    (context / "__pycache__").mkdir()
    (context / "__pycache__" / "x.pyc").write_text("no part of it")
    assert image_tag("trixie", context) == tags[0]
    tags.append(image_tag("bookworm", context))
    (context / "sub" / "file").write_text("two")
    tags.append(image_tag("trixie", context))
    (context / "sub" / "file").chmod(0o755)
    tags.append(image_tag("trixie", context))
    (context / "sub" / "file").rename(context / "sub" / "other")
    tags.append(image_tag("trixie", context))
    assert len(set(tags)) == len(tags)


class _Engine:
    """A client whose builds print what they are told to."""

    def __init__(self, events: list[dict[str, str]]) -> None:
        self.api = self
        self.images = self
        self._events = events

    def get(self, tag: str) -> None:
        raise ImageNotFound(tag)

    def info(self) -> dict[str, Any]:
        return {}

    def build(self, **_: object) -> list[dict[str, str]]:
        return self._events


def _failure(context: Path, events: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> MachineFault:
    monkeypatch.setenv("OAR_COMPAT_CACHE", str(context.parent / "cache"))
    monkeypatch.setattr(build, "ensure_base", lambda *_: "base")
    with pytest.raises(MachineFault) as caught:
        ensure_image(_Engine(events), "trixie", context, progress=lambda _: None)  # type: ignore[arg-type]
    return caught.value


def test_a_failing_build_shows_the_end_of_its_log(context: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = [{"stream": f"line {number}\n"} for number in range(40)] + [{"error": "returned a non-zero code: 100"}]
    fault = _failure(context, events, monkeypatch)
    assert fault.what == "the image could not be built"
    assert fault.detail.splitlines()[-2:] == ["line 39", "returned a non-zero code: 100"]
    assert len(fault.detail.splitlines()) == 15


def test_a_full_disk_is_told_apart(context: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = _failure(
        context, [{"stream": "write /var: no space left on device\n"}, {"error": "code: 1"}], monkeypatch
    )
    assert fault.what == "the disk is full"
    assert "oar-compat clean" in fault.remedy


@pytest.mark.engine
@pytest.mark.root
def test_base_and_image_are_made_from_this_machines_sources_once(
    home: Home, context: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAR_COMPAT_CACHE", str(home.cache))
    reply(home.harness())
    engine = client(home)
    said: list[str] = []
    run = "RUN apt-get -q update && apt-get -q install -y --no-install-recommends tini\n"
    (context / "Dockerfile").write_text(f"ARG BASE\nFROM ${{BASE}}\n{run}COPY sub /sub\n")
    first = ensure_image(engine, "trixie", context, progress=said.append)
    assert first.built
    look = "cat /etc/os-release /sub/file; echo; echo end"
    release = run_once(engine, first.tag, ["sh", "-c", look], last="end\n").removesuffix("\nend\n")
    assert "VERSION_CODENAME=trixie" in release
    assert release.endswith("one")

    said.clear()
    second = ensure_image(engine, "trixie", context, progress=said.append)
    assert (second.tag, second.built, said) == (first.tag, False, [])
    assert second.seconds < 1

    (context / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\nRUN echo said before && exit 3\n")
    with pytest.raises(MachineFault, match="could not be built") as caught:
        ensure_image(engine, "trixie", context, progress=said.append)
    assert "said before" in caught.value.detail
    assert engine.images.get(first.tag), "the old image stays until a new one is built"

    (context / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\nCOPY sub /sub\n")
    with pytest.raises(MachineFault, match="mmdebstrap ended with code") as caught:
        ensure_base(engine, "nosuch", said.append)
    assert "nosuch" in caught.value.detail
    assert not engine.images.list("oar-compat/base:nosuch-*")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        ask = _ASK.format(port=listener.getsockname()[1]).replace("\n", " ")
        (context / "Dockerfile").write_text(f"ARG BASE\nFROM ${{BASE}}\nARG http_proxy\nRUN perl -e '{ask}'\n")
        third = ensure_image(engine, "trixie", context, progress=said.append)
    assert third.built, "what a build asks of the machine's loopback is refused"
    assert not [network for network in engine.networks.list() if network.name.startswith("oar-compat-build")]
    with pytest.raises(ImageNotFound):
        engine.images.get(first.tag)
    assert engine.api.containers(all=True) == []
