"""Apt sources: both formats, and what they become for another release."""

from __future__ import annotations

from pathlib import Path

from harness.engine.sources import AptSource, adapted, machine_sources, parse_lines, parse_stanzas

STANZAS = """
# the main archive
Types: deb deb-src
URIs: http://mirror.invalid/debian
Suites: bookworm bookworm-updates
# a comment inside
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.invalid/debian-security/
Suites: bookworm-security
Components: main

Types: deb
Enabled: no
URIs: http://off.invalid/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://other.invalid/apt
Suites: ./
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----
"""


def test_deb822_gives_one_source_a_suite_and_skips_disabled_stanzas() -> None:
    found = parse_stanzas(STANZAS)
    assert [(source.uri, source.suite) for source in found] == [
        ("http://mirror.invalid/debian", "bookworm"),
        ("http://mirror.invalid/debian", "bookworm-updates"),
        ("http://mirror.invalid/debian-security/", "bookworm-security"),
        ("http://other.invalid/apt", "./"),
    ]
    assert found[0].options == (("signed-by", "/usr/share/keyrings/debian-archive-keyring.gpg"),)
    assert found[3].options == ()


def test_one_line_format_with_options_and_comments() -> None:
    text = """
# deb http://off.invalid/debian bookworm main
deb-src http://mirror.invalid/debian bookworm main
deb [ arch=amd64 signed-by=/k.gpg ] http://mirror.invalid/debian bookworm main non-free # note
deb http://mirror.invalid/flat ./
"""
    found = parse_lines(text)
    assert found == [
        AptSource(
            "http://mirror.invalid/debian",
            "bookworm",
            ("main", "non-free"),
            (("arch", "amd64"), ("signed-by", "/k.gpg")),
        ),
        AptSource("http://mirror.invalid/flat", "./", ()),
    ]
    assert found[0].line == "deb [arch=amd64 signed-by=/k.gpg] http://mirror.invalid/debian bookworm main non-free"


def test_machine_sources_read_every_enabled_file(tmp_path: Path) -> None:
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (tmp_path / "sources.list").write_text("deb http://a.invalid/debian bookworm main\n")
    (parts / "b.list").write_text("deb http://b.invalid/debian bookworm main\n")
    (parts / "c.sources").write_text(STANZAS)
    (parts / "d.sources.disabled").write_text(STANZAS)
    assert [source.uri.split("/")[2] for source in machine_sources(tmp_path)] == [
        "a.invalid",
        "b.invalid",
        *["mirror.invalid"] * 3,
        "other.invalid",
    ]


def test_another_release_takes_updates_and_security_along(tmp_path: Path) -> None:
    keyring = tmp_path / "debian-archive-keyring.gpg"
    keyring.touch()
    machine = [
        *parse_stanzas(STANZAS),
        AptSource("http://m.invalid/debian", "bookworm-backports", ("main",)),
        AptSource("http://m.invalid/extra", "bookworm", ("non-free",)),
        AptSource("http://s.invalid/debian", "stable", ("main",), (("signed-by", "/x/debian-archive-bookworm.gpg"),)),
    ]
    found = adapted(machine, "trixie", keyring)
    assert [(source.uri, source.suite) for source in found] == [
        ("http://mirror.invalid/debian", "trixie"),
        ("http://mirror.invalid/debian", "trixie-updates"),
        ("http://mirror.invalid/debian-security/", "trixie-security"),
        ("http://s.invalid/debian", "trixie"),
    ]
    assert all(source.components == ("main",) for source in found)
    assert found[0].options == found[3].options == (("signed-by", str(keyring)),)


def test_the_security_suite_of_old_releases_gets_its_new_name() -> None:
    machine = [AptSource("http://m/d", "bullseye", ("main",)), AptSource("http://m/s", "bullseye/updates", ("main",))]
    assert [source.suite for source in adapted(machine, "bookworm")] == ["bookworm", "bookworm-security"]


def test_a_machine_without_debian_has_nothing_to_adapt() -> None:
    ubuntu = [AptSource("http://m.invalid/ubuntu", "noble", ("main", "universe"))]
    assert adapted(ubuntu, "trixie") == []
    only_security = [AptSource("http://m.invalid/security", "bookworm-security", ("main",))]
    assert adapted(only_security, "trixie") == []
