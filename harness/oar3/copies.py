"""Which copies of OAR3 a run uses. The order is fixed: what was asked for, the cache, the release page."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.engine.cache import cache_root
from harness.model.debian import CODENAMES, DEFAULT
from harness.model.fault import ConfigurationFault
from harness.model.reading import is_file, is_folder
from harness.model.record import Missing
from harness.oar3.copy_labels import same, split_label, told_apart
from harness.oar3.deb import read_debs
from harness.oar3.github import NoSuchRelease, ReleasePage, Unavailable
from harness.oar3.release import fetch_release, is_fetched, offered
from harness.oar3.source import Oar3Source, is_tree, read_tree
from harness.oar3.version import did_you_mean, is_release, newest_first, version_key

FORMS = "a folder of .debs, one .deb, or an unpacked source tree (oar/ beside pyproject.toml)"


def find(asked: Sequence[str] = (), *, codename: str = DEFAULT) -> tuple[Oar3Source, ...] | Missing:
    """The copies of OAR3 to test, in the order asked for.

    :param asked: values of ``--oar3``: paths, or names of versions, with a label before ``=`` where one is wanted;
        where empty, ``OAR_COMPAT_OAR3`` (one value, or several with the separator of ``PATH``); where that is empty
        too, the cache's newest release, then the release page's.
    :param codename: the Debian release (one of :data:`~harness.model.debian.CODENAMES`) that ``.deb``s must suit.

    Without anything asked for, returns a Missing that says what was tried. Raises ConfigurationFault if something
    asked for is not there or cannot be used, and MachineFault if what was fetched once has changed since, or
    cannot be kept. A bare name is looked for in the cache before it is taken for a file: write ``./master`` for a
    folder that is called like a branch in the cache.
    """
    option = "--oar3"
    if not asked:
        option = "OAR_COMPAT_OAR3"
        asked = _from_environment()
    if not asked:
        return _newest(codename)
    found: dict[tuple[Path, str], Oar3Source] = {}
    for value in asked:
        label, named = split_label(value, option, _names_a_copy)
        source = replace(_asked(named, option, codename), label=label)
        found.setdefault(same(source), source)
    return told_apart(found.values())


def cached(root: Path | None = None) -> tuple[str, ...]:
    """What the cache holds of OAR3: versions, newest first, then branches; empty folders do not count."""
    folder = root or oar3_cache()
    try:
        names = [entry.name for entry in folder.iterdir() if not entry.name.startswith(".") and _filled(entry)]
    except OSError:
        return ()
    versions = newest_first(names)
    return (*versions, *sorted(set(names) - set(versions)))


def oar3_cache() -> Path:
    """``oar3/`` of the cache: one folder a version or branch."""
    return cache_root() / "oar3"


def read_path(path: Path, name: str = "", *, codename: str = DEFAULT) -> Oar3Source:
    """The copy of OAR3 at ``path``, in any of its forms; a folder that holds nothing but such a folder will do.

    Where it holds a folder for each of several Debian releases, as the cache does once the release page was asked,
    ``codename`` says which is taken, with a note where only another one is there.

    Raises ConfigurationFault with what is there instead.
    """
    try:
        path = path.expanduser().absolute()
        if not path.exists():
            raise ConfigurationFault("is not there", where=str(path), remedy=f"name {FORMS}")
        if path.is_file() and path.suffix == ".deb":
            return read_debs(path, name)
        for folder in (path, *_folders_in(path, codename)) if path.is_dir() else ():
            if is_tree(folder):
                return read_tree(folder, name)
            if any(folder.glob("*.deb")):
                source = read_debs(folder, name)
                if folder.name in CODENAMES and folder.name != codename:
                    note = f"made for Debian's {folder.name}; there is none for {codename}"
                    source = replace(source, notes=(*source.notes, note))
                return source
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigurationFault(
            f"cannot be read: {why}", where=str(path), remedy="make it readable for the user who runs oar-compat"
        ) from error
    raise ConfigurationFault(f"holds no OAR3: {_instead(path)}", where=str(path), remedy=f"name {FORMS}")


def _asked(value: str, option: str, codename: str) -> Oar3Source:
    if not value.strip():
        raise ConfigurationFault("is empty", where=option, remedy=f"name a version or {FORMS}")
    if os.sep in value or value.startswith("~") or value.endswith(".deb") or value in (".", ".."):
        return read_path(Path(value), codename=codename)
    if _filled(oar3_cache() / value):
        return _from_cache(value, codename)
    if is_file(Path(value)) or is_folder(Path(value)):
        return read_path(Path(value), codename=codename)
    have, tried = cached(), f"no such folder in {oar3_cache()}, nor here"
    if version_key(value):
        try:
            return _fetched(value, codename)
        except NoSuchRelease as fault:
            have, tried = (*have, *fault.versions), f"{tried}, nor such a release on {fault.where}"
        except Unavailable as fault:
            tried = f"{tried}; the release page: {fault}"
    have = tuple(dict.fromkeys(have))
    raise ConfigurationFault(
        f"there is no OAR3 {value!r}: {tried}",
        where=option,
        remedy=did_you_mean(value, have) or (f"there are {', '.join(have)}" if have else f"name {FORMS}"),
    )


def _from_cache(version: str, codename: str) -> Oar3Source:
    folder = oar3_cache() / version
    source = read_path(folder, version, codename=codename)
    if not source.debs or not is_fetched(source.path, oar3_cache()):
        return source
    if source.path.name != codename and codename in offered(folder):
        try:
            return _fetched(version, codename)
        except (NoSuchRelease, Unavailable) as fault:
            return replace(source, origin="release", notes=(*source.notes, f"not fetched: {fault}"))
    return replace(source, origin="release")


def _fetched(version: str | None, codename: str) -> Oar3Source:
    page = ReleasePage.from_environment()
    others = (name for name in CODENAMES if name != codename)
    folder = fetch_release(version, codename, oar3_cache(), page, others=others)
    source = read_path(folder, folder.parent.name, codename=codename)
    is_fetched(folder, oar3_cache())
    return replace(source, origin="release")


def _newest(codename: str) -> tuple[Oar3Source, ...] | Missing:
    passed_over = []
    for version in filter(is_release, cached()):
        try:
            source = _from_cache(version, codename)
        except ConfigurationFault as fault:
            passed_over.append(f"passed over: {fault}")
            continue
        return (replace(source, notes=(*source.notes, *passed_over)),)
    tried = ["--oar3 and OAR_COMPAT_OAR3 name nothing", f"{oar3_cache()} holds no release", *passed_over]
    try:
        source = _fetched(None, codename)
        return (replace(source, notes=(*source.notes, *passed_over)),)
    except (NoSuchRelease, Unavailable) as fault:
        tried.append(f"the release page: {fault}")
    return Missing(
        what="OAR3",
        why="; ".join(tried),
        how=f"unpack a release into {oar3_cache()}/<version>/, or name with --oar3 {FORMS}",
    )


def _from_environment() -> tuple[str, ...]:
    value = os.environ.get("OAR_COMPAT_OAR3", "")
    if not value.strip():
        return ()
    if os.pathsep not in value or _names_a_copy(value) or _names_a_copy(split_label(value, "", _names_a_copy)[1]):
        return (value,)
    return tuple(part for part in value.split(os.pathsep) if part.strip())


def _names_a_copy(value: str) -> bool:
    """Whether something is there under that name, in the cache or as a path."""
    try:
        return _filled(oar3_cache() / value) or Path(value).expanduser().exists()
    except (OSError, ValueError, RuntimeError):
        return False


def _filled(folder: Path) -> bool:
    try:
        return folder.is_dir() and any(folder.iterdir())
    except PermissionError:
        return True
    except OSError:
        return False


def _folders_in(folder: Path, codename: str) -> tuple[Path, ...]:
    """Where to look inside: folders by Debian release, the right one first; else the one folder there is."""
    releases = [folder / name for name in sorted(CODENAMES, key=lambda name: name != codename)]
    there = tuple(entry for entry in releases if entry.is_dir())
    entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    return there or tuple(entry for entry in entries if len(entries) == 1 and entry.is_dir())


def _instead(path: Path) -> str:
    if path.is_file():
        archive = path.name.endswith((".tar.gz", ".tgz", ".tar.xz", ".zip"))
        return "it is an archive; unpack it first" if archive else "it is a file that is no .deb"
    if path.is_dir():
        if (path / "kao").is_dir():
            return f"it is the package itself; name the folder above it, {path.parent}"
        if (path / "oar").is_dir():
            missing = [name for name in ("oar/__init__.py", "pyproject.toml") if not (path / name).is_file()]
            return f"a source tree without {' and '.join(missing)}"
        return "neither .debs nor a source tree in it" if any(path.iterdir()) else "the folder is empty"
    return "it is neither a file nor a folder"
