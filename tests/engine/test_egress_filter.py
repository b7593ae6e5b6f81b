"""Which hosts and addresses the egress proxy leads to."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engine import egress_filter as module
from harness.engine.egress_filter import IPAddress, Refused, Screen, is_public
from harness.engine.package_hosts import hosts_of, machine_hosts
from harness.engine.sources import parse_lines
from harness.model.fault import ConfigurationFault

PUBLIC = "9.9.9.9"


def _addresses(
    monkeypatch: pytest.MonkeyPatch,
    names: Mapping[str, list[list[str]]],
    host: str,
    *,
    hosts: tuple[str, ...] = (),
    public: bool = False,
    port: int = 80,
) -> list[str]:
    """What ``host`` leads to; ``names``: the answers of each look-up in turn, the last one for ever."""
    answers = {name: list(found) for name, found in names.items()}

    async def resolve(name: str, _: int) -> list[IPAddress]:
        left = answers[name]
        texts = left.pop(0) if len(left) > 1 else left[0]
        return [ipaddress.ip_address(text) for text in texts]

    monkeypatch.setattr(module, "_resolve", resolve)

    async def ask() -> list[str]:
        screen = Screen([(name, 80) for name in hosts], public=public)
        return await screen.addresses(host, port)

    return asyncio.run(ask())


def test_a_mirror_is_reached_at_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"mirror.invalid": [[PUBLIC]]}
    assert _addresses(monkeypatch, names, "Mirror.Invalid.", hosts=("mirror.invalid",)) == [PUBLIC]


def test_a_mirror_at_a_private_address_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"mirror.invalid": [["10.1.2.3"]]}
    assert _addresses(monkeypatch, names, "mirror.invalid", hosts=("mirror.invalid",)) == ["10.1.2.3"]


def test_a_public_mirror_is_not_followed_to_a_private_address(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"mirror.invalid": [[PUBLIC], ["10.1.2.3"]]}
    with pytest.raises(Refused, match="no address"):
        _addresses(monkeypatch, names, "mirror.invalid", hosts=("mirror.invalid",))


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "169.254.169.254", "fe80::1", "0.0.0.0", "::", "224.0.0.1"],
)
def test_a_mirror_s_name_never_leads_to_this_machine(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    with pytest.raises(Refused, match="no address"):
        _addresses(monkeypatch, {"mirror.invalid": [[address]]}, "mirror.invalid", hosts=("mirror.invalid",))


def test_of_several_addresses_the_bad_ones_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"mirror.invalid": [[PUBLIC], ["127.0.0.1", PUBLIC]]}
    assert _addresses(monkeypatch, names, "mirror.invalid", hosts=("mirror.invalid",)) == [PUBLIC]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_mirror_on_this_machine_is_one_if_it_is_configured_so(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    assert _addresses(monkeypatch, {host: [["127.0.0.1"]]}, host, hosts=(host,)) == ["127.0.0.1"]
    with pytest.raises(Refused, match="no package mirror"):
        _addresses(monkeypatch, {host: [["127.0.0.1"]]}, host, hosts=(host,), port=22)


def test_dockerd_s_own_pulls_lead_to_public_addresses_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"registry.invalid": [[PUBLIC]], "inner.invalid": [["10.1.2.3"]], "own.invalid": [["127.0.0.1"]]}
    assert _addresses(monkeypatch, names, "registry.invalid", public=True) == [PUBLIC]
    for host in ("inner.invalid", "own.invalid", "localhost", "x.localhost", "10.1.2.3", "::1"):
        with pytest.raises(Refused):
            _addresses(monkeypatch, names, host, public=True)


def test_an_address_of_this_machine_is_not_public(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_is_own", lambda address: str(address) == PUBLIC)
    assert not is_public(ipaddress.ip_address(PUBLIC))
    assert is_public(ipaddress.ip_address("9.9.9.10"))
    monkeypatch.undo()
    assert not is_public(ipaddress.ip_address("127.0.0.1"))


@given(st.ip_addresses(v=4))
def test_a_version_6_address_is_judged_by_the_version_4_address_in_it(address: ipaddress.IPv4Address) -> None:
    for text in (f"::ffff:{address}", f"64:ff9b::{address}"):
        if not address.is_global:
            assert not is_public(ipaddress.ip_address(text))


def test_hosts_of_sources() -> None:
    lines = (
        "deb http://mirror.invalid/debian trixie main\n"
        "deb [signed-by=/x] https://Other.invalid:8443/debian trixie main\n"
        "deb file:/srv/debian trixie main\n"
        "deb mirror+http://list.invalid/mirrors trixie main\n"
    )
    assert hosts_of(parse_lines(lines)) == {("mirror.invalid", 80), ("other.invalid", 8443), ("list.invalid", 80)}


def test_a_user_adds_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAR_COMPAT_UPLINK_HOSTS", "one.invalid:3142, two.invalid")
    added = {("one.invalid", 3142), ("two.invalid", 80), ("two.invalid", 443)}
    assert added <= machine_hosts()
    for wrong in ("http://one.invalid", "one.invalid:x"):
        monkeypatch.setenv("OAR_COMPAT_UPLINK_HOSTS", wrong)
        with pytest.raises(ConfigurationFault, match="no host"):
            machine_hosts()
