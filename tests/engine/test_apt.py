"""Reading apt's answers."""

from __future__ import annotations

from harness.engine.apt import direct_depends


def test_direct_depends_take_the_first_real_alternative() -> None:
    listing = """docker.io
  PreDepends: init-system-helpers
  Depends: libc6
 |Depends: libsystemd0
  Depends: libelogind0
 |Depends: <libvirtual>
  Depends: libreal1t64
    libprovider
  Recommends: libapparmor1
iptables
  Depends: libxtables12
"""
    assert direct_depends(listing) == {"init-system-helpers", "libc6", "libsystemd0", "libreal1t64", "libxtables12"}
