"""OAR3's release page, asked through GitHub's REST API (documented under "Releases" there)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from harness.engine.deadline import Deadline
from harness.model.fault import ConfigurationFault, MachineFault
from harness.oar3.version import newest_first, version_key

GITHUB_API = "https://api.github.com"
REPOSITORY = "oar-team/oar3"
ASSET = "debian-packages.{codename}.tar.gz"
"""Name of a release's archive of ``.deb``s, one a Debian release: written by ``debian-generation.yml`` of OAR3."""

_JSON_LIMIT = 8 << 20
_ASSET_LIMIT = 256 << 20


class Unavailable(MachineFault):
    """The release page could not be asked, or has nothing to give: no network, a limit, no archive."""


class NoSuchRelease(ConfigurationFault):
    """The release page has no release of that name; ``versions`` are those it has, newest first, where it said."""

    def __init__(self, what: str, *, where: str, remedy: str, versions: tuple[str, ...]) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.versions = versions


@dataclass(frozen=True, slots=True)
class Asset:
    """One archive of ``.deb``s.

    :ivar size: bytes, as the API states it; 0 if it does not.
    :ivar sha256: hexadecimal, as the API states it; empty if it does not.
    """

    name: str
    url: str
    size: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """A release: its tag, and its archives of ``.deb``s by Debian release."""

    tag: str
    archives: Mapping[str, Asset]


@dataclass(frozen=True, slots=True)
class ReleasePage:
    """OAR3's release page.

    :ivar api: base address of the API.
    :ivar connect: seconds to wait for a connection.
    :ivar read: seconds to wait for the next bytes.
    :ivar total: seconds one answer or download may take in all.
    """

    api: str = GITHUB_API
    connect: float = 5
    read: float = 30
    total: float = 900

    @classmethod
    def from_environment(cls) -> ReleasePage:
        """The page that ``OAR_COMPAT_GITHUB_API`` names (a mirror, a test), else GitHub's own."""
        return cls(api=(os.environ.get("OAR_COMPAT_GITHUB_API") or GITHUB_API).rstrip("/"))

    def release(self, version: str | None = None) -> Release:
        """The release of that tag; the latest where None.

        Raises NoSuchRelease if there is none, Unavailable where the page cannot be asked or answers nonsense.
        """
        which = f"tags/{quote(version, safe='')}" if version else "latest"
        answer = self._json(which)
        if answer is None and not version:
            raise Unavailable(f"{REPOSITORY} has no release", where=self.api)
        if answer is None:
            versions = self._versions()
            raise NoSuchRelease(
                f"there is no release {version!r} of {REPOSITORY}",
                where=self.api,
                remedy=f"there are {', '.join(versions[:8])}" if versions else "look at its release page",
                versions=versions,
            )
        try:
            tag, assets = str(answer["tag_name"]), [_asset(entry) for entry in answer["assets"]]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Unavailable(f"answers something that is no release: {error!r}", where=self.api) from error
        if version_key(tag) is None or (version and tag != version):
            raise Unavailable(f"answers with a release called {tag!r}", where=self.api)
        start, end = ASSET.split("{codename}")
        archives = {
            asset.name[len(start) : -len(end)]: asset
            for asset in assets
            if asset.name.startswith(start) and asset.name.endswith(end)
        }
        if not archives:
            names = ", ".join(asset.name for asset in assets) or "nothing"
            wanted = ASSET.format(codename="<codename>")
            raise Unavailable(f"release {tag} has no {wanted}, but {names}", where=self.api)
        return Release(tag, archives)

    def download(self, asset: Asset, target: Path) -> None:
        """Write an archive to ``target``. Raises Unavailable if not all of it comes; the disk's OSError passes."""
        with self._get(asset.url) as response, target.open("wb") as stream:
            if not response.ok:
                raise self._refused(response)
            if asset.url.startswith("https:") and not response.url.startswith("https:"):
                raise Unavailable("is handed on to an address that is not encrypted", where=asset.url)
            for chunk in self._body(response, _ASSET_LIMIT):
                stream.write(chunk)
        size = target.stat().st_size
        if asset.size and size != asset.size:
            raise Unavailable(f"{size} bytes came, {asset.size} were promised", where=asset.url, remedy="try again")

    def _versions(self) -> tuple[str, ...]:
        try:
            answer = self._json("")
            return tuple(newest_first(str(entry["tag_name"]) for entry in answer or ()))
        except (Unavailable, KeyError, TypeError):
            return ()

    def _json(self, which: str) -> Any:
        """What the API answers about releases; None if it answers 404."""
        address = f"{self.api}/repos/{REPOSITORY}/releases" + (f"/{which}" if which else "?per_page=100")
        headers = {"Accept": "application/vnd.github+json"}
        if token := os.environ.get("GITHUB_TOKEN"):
            headers["Authorization"] = f"Bearer {token}"
        with self._get(address, headers) as response:
            if response.status_code == 404:
                return None
            if not response.ok:
                raise self._refused(response)
            text = b"".join(self._body(response, _JSON_LIMIT))
        try:
            return json.loads(text)
        except ValueError as error:
            raise Unavailable("answers something that is no JSON", where=address) from error

    def _get(self, address: str, headers: Mapping[str, str] | None = None) -> requests.Response:
        try:
            return requests.get(address, headers=headers, stream=True, timeout=(self.connect, self.read))
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.MissingSchema):
            raise ConfigurationFault(
                f"{address!r} is no address that can be asked",
                where="OAR_COMPAT_GITHUB_API" if address.startswith(self.api) else self.api,
                remedy=f"leave it unset for {GITHUB_API}",
            ) from None
        except requests.RequestException as error:
            raise self._failed(error, address) from error

    def _body(self, response: requests.Response, limit: int) -> Iterator[bytes]:
        came, deadline = 0, Deadline("the whole answer", self.total)
        try:
            for chunk in response.iter_content(1 << 16):
                came += len(chunk)
                if came > limit:
                    raise Unavailable(f"is larger than {limit >> 20} MiB", where=response.url)
                if deadline.over:
                    raise Unavailable(f"took longer than {self.total:g} s", where=response.url, remedy="try again")
                yield chunk
        except requests.RequestException as error:
            raise self._failed(error, response.url) from error

    def _failed(self, error: requests.RequestException, address: str) -> Unavailable:
        if isinstance(error, requests.exceptions.SSLError):
            why = "its certificate is not trusted"
        elif isinstance(error, requests.exceptions.ProxyError):
            why = "the proxy does not let it through"
        elif isinstance(error, requests.exceptions.ConnectTimeout):
            why = f"no connection within {self.connect:g} s"
        elif isinstance(error, requests.exceptions.Timeout) or "Read timed out" in str(error):
            why = f"no answer within {self.read:g} s"
        elif isinstance(error, requests.exceptions.ChunkedEncodingError):
            why = "the connection ended before all had come"
        elif isinstance(error, requests.exceptions.ConnectionError):
            why = "cannot be reached: is this machine online?"
        else:
            why = type(error).__name__
        return Unavailable(why, where=address)

    def _refused(self, response: requests.Response) -> Unavailable:
        status, headers = response.status_code, response.headers
        token = bool(os.environ.get("GITHUB_TOKEN"))
        if status == 401 and token:
            return Unavailable(
                "answers 401", where=response.url, remedy="GITHUB_TOKEN is not accepted: mend or unset it"
            )
        if status not in (403, 429):
            return Unavailable(f"answers {status} {response.reason}", where=response.url)
        sure = status == 429 or "Retry-After" in headers or headers.get("X-RateLimit-Remaining") == "0"
        limit = (
            "GitHub's limit of requests is reached" if sure else "refused, or GitHub's limit of requests is reached"
        )
        remedy = "wait, for GITHUB_TOKEN is set already" if token else "wait, or set GITHUB_TOKEN for a higher limit"
        return Unavailable(f"answers {status}: {limit}", where=response.url, remedy=remedy)


def _asset(entry: Any) -> Asset:
    kind, _, digest = str(entry.get("digest") or "").partition(":")
    return Asset(
        name=str(entry["name"]),
        url=str(entry["browser_download_url"]),
        size=int(entry.get("size") or 0),
        sha256=digest.lower() if kind == "sha256" else "",
    )
