"""Who reaches what from a lane, on the real engine: the machine, the mirrors, other lanes, the database."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.engine import egress
from harness.engine import lane as lane_module
from harness.engine.container import LaneContainer
from harness.engine.egress import SUPERVISOR_LABEL, engine_labels
from harness.engine.lane import Lane, LaneSpec
from harness.engine.limits import lacking, limits
from harness.engine.owner import labels
from harness.oar2.server import Oar2Server
from harness.run.environment import Provisioner
from tests.servers import wait_for

pytestmark = pytest.mark.engine

_CONNECT = """
import socket, sys
host, port, said = sys.argv[1], int(sys.argv[2]), sys.argv[3].replace("|", "\\r\\n").encode()
try:
    channel = socket.create_connection((host, port), 3)
except OSError as error:
    sys.exit(print("refused", type(error).__name__))
with channel:
    try:
        channel.settimeout(5)
        channel.sendall(said)
        print("connected", channel.recv(200))
    except OSError as error:
        print("connected", type(error).__name__)
"""
_FORKS = """
import os, signal, time
children = []
try:
    while len(children) < 20000:
        child = os.fork()
        if child == 0:
            time.sleep(60)
            os._exit(0)
        children.append(child)
except OSError as error:
    print("stopped", len(children), error.errno, flush=True)
for child in children:
    os.kill(child, signal.SIGKILL)
"""
_EATS = """
parts = []
while len(parts) < 4096:
    parts.append(bytearray(b"x") * (64 << 20))
"""


@pytest.fixture(scope="module")
def lane(provisioner: Provisioner) -> Iterator[Lane]:
    """A lane with two nodes."""
    with provisioner.lane("security", almighty=False, nodes=("node1", "node2")) as started:
        yield started


@pytest.fixture(scope="module")
def other(provisioner: Provisioner) -> Iterator[Lane]:
    """Another lane on the same engine."""
    with provisioner.lane("other", almighty=False) as started:
        yield started


@pytest.fixture
def own(provisioner: Provisioner) -> None:
    """Skips if the engine is not our own: its network is the machine's."""
    if SUPERVISOR_LABEL not in engine_labels(provisioner.client.info()):
        pytest.skip("the engine is not our own")


@pytest.fixture
def secret() -> Iterator[int]:
    """A port of the machine's loopback, behind which somebody says "secret"."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    with client:
                        client.sendall(b"secret")

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


def connect(container: LaneContainer, host: str, port: int, said: str = "|") -> str:
    """What a program in a container gets of a connection."""
    return container.run("python3", "-c", _CONNECT, host, str(port), said).stdout.strip()


def gateway(lane: Lane) -> str:
    """The address of the lane's gateway, which the engine's namespace has itself."""
    network = lane.server.get_docker_client().client.networks.get(lane.spec.name)
    return str(network.attrs["IPAM"]["Config"][0]["Gateway"])


def machine_addresses() -> list[str]:
    """The addresses from which this machine would speak to the world."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.connect(("192.0.2.9", 9))
        return [channel.getsockname()[0]]


def test_the_test_itself_reaches_the_secret(secret: int) -> None:
    with socket.create_connection(("127.0.0.1", secret)) as channel:
        assert channel.recv(20) == b"secret"


@pytest.mark.usefixtures("own")
def test_a_lane_reaches_nothing_of_the_machine(lane: Lane, secret: int) -> None:
    for container in (lane.server, lane.postgres, *lane.nodes):
        for host in ("127.0.0.1", gateway(lane), *machine_addresses()):
            assert connect(container, host, secret).startswith("refused"), host
        said = f"CONNECT 127.0.0.1:{secret} HTTP/1.1||"
        assert connect(container, gateway(lane), 3128, said).startswith("refused")


@pytest.mark.usefixtures("own")
def test_the_way_to_the_mirrors_leads_to_them_alone_for_the_server_alone_while_it_is_open(
    lane: Lane, secret: int
) -> None:
    with lane.egress() as environment:
        host, _, port = environment["http_proxy"].removeprefix("http://").partition(":")
        for target in (f"127.0.0.1:{secret}", f"localhost:{secret}", f"{machine_addresses()[0]}:{secret}"):
            assert "403" in connect(lane.server, host, int(port), f"CONNECT {target} HTTP/1.1||")
        assert "403" in connect(lane.server, host, int(port), f"GET http://127.0.0.1:{secret}/ HTTP/1.1||")
        fetched = lane.server.run("apt-get", "update", "--quiet", environment=environment, limit=300)
        assert "Failed" not in fetched.output
        node = connect(lane.nodes[0], host, int(port), "CONNECT 127.0.0.1:1 HTTP/1.1||")
        assert node in ("connected b''", "connected ConnectionResetError"), "closed without a word"
    assert connect(lane.server, host, int(port)).startswith("refused")


@pytest.mark.usefixtures("own")
def test_a_lane_does_not_reach_another(lane: Lane, other: Lane) -> None:
    for address, port in ((other.postgres.address(other.spec.name), 5432), (gateway(other), other.database_port)):
        assert connect(lane.server, address, port).startswith("refused")
        assert connect(lane.nodes[0], address, port).startswith("refused")
    assert connect(other.server, "db", 5432).startswith("connected"), "its own server reaches it"


def psql(container: LaneContainer, lane: Lane, role: str) -> str:
    """What PostgreSQL answers a role with its right password, asked from a container."""
    password = {"oar": lane.passwords.oar, "oar_ro": lane.passwords.oar_ro, "postgres": lane.passwords.postgres}
    script = f"exec /usr/lib/postgresql/*/bin/psql -At -h db -U {role} -c 'SELECT 42' oar"
    return container.run("sh", "-c", script, environment={"PGPASSWORD": password[role]}, check=False).output


def test_the_database_takes_its_server_and_the_harness_alone(lane: Lane) -> None:
    assert psql(lane.server, lane, "oar") == psql(lane.server, lane, "oar_ro") == "42"
    assert "pg_hba.conf" in psql(lane.server, lane, "postgres")
    for role in ("oar", "oar_ro", "postgres"):
        assert "pg_hba.conf" in psql(lane.nodes[0], lane, role)


def test_nodes_read_where_their_release_asks_for_it_and_no_more(provisioner: Provisioner) -> None:
    spec = LaneSpec(
        f"oar-compat-{provisioner.run_id}-reads",
        provisioner.image.tag,
        labels(provisioner.run_id),
        provisioner.engine.url,
        almighty=False,
        nodes=("node1",),
        nodes_read=True,
    )
    with Lane(spec) as lane:
        _reads(lane.nodes[0], lane)
        _reads(lane.start_node("node1"), lane)


def _reads(node: LaneContainer, lane: Lane) -> None:
    assert psql(node, lane, "oar_ro") == "42"
    assert "pg_hba.conf" in psql(node, lane, "oar")
    settings = node.read("/etc/oar/oar.conf")
    assert f'DB_BASE_PASSWD_RO="{lane.passwords.oar_ro}"' in settings
    assert lane.passwords.oar not in settings


def test_no_password_is_seen_in_a_container_s_settings_or_its_processes_environment(lane: Lane) -> None:
    secrets = {lane.passwords.oar, lane.passwords.oar_ro, lane.passwords.postgres}
    client = lane.server.get_docker_client().client
    for container in (lane.server, lane.postgres, *lane.nodes):
        shown = str(client.api.inspect_container(container.get_container_id()))
        seen = container.run(
            "sh", "-c", "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null", check=False
        ).stdout
        assert not [secret for secret in secrets if secret in shown or secret in seen]
    for node in lane.nodes:
        assert node.run("grep", "-r", lane.passwords.oar, "/etc", "/run", check=False).stdout == ""
    assert "PASSWORD" not in lane.server.run("env", user="alice").stdout


def test_no_password_is_an_argument_of_any_process_while_a_lane_starts(provisioner: Provisioner) -> None:
    seen: set[str] = set()
    over = threading.Event()

    def watch() -> None:
        own = str(os.getpid())
        while not over.is_set():
            for folder in Path("/proc").iterdir():
                if folder.name.isdigit() and folder.name != own:
                    with contextlib.suppress(OSError):
                        seen.add((folder / "cmdline").read_bytes().decode(errors="replace"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with provisioner.lane("watched", almighty=False) as lane:
            secrets = (lane.passwords.oar, lane.passwords.oar_ro, lane.passwords.postgres)
    finally:
        over.set()
        watcher.join()
    assert any("/usr/lib/oar-compat/lane" in line for line in seen), "it saw the lane start"
    assert not [line for line in seen if any(secret in line for secret in secrets)]


def test_a_lane_has_limits(lane: Lane) -> None:
    client = lane.server.get_docker_client().client
    info = client.info()
    for role, container in (("server", lane.server), ("postgres", lane.postgres), ("node", lane.nodes[0])):
        settings = client.api.inspect_container(container.get_container_id())["HostConfig"]
        wanted = limits(role, info)
        assert settings["Memory"] == wanted.get("mem_limit", 0)
        assert (settings["PidsLimit"] or 0) == wanted.get("pids_limit", 0)


def test_a_fork_bomb_is_stopped_and_its_neighbour_lives(lane: Lane) -> None:
    info = lane.server.get_docker_client().client.info()
    if "processes" in lacking(info):
        pytest.skip("this machine cannot limit processes")
    said = lane.nodes[0].run("python3", "-c", _FORKS, user="alice", limit=120).stdout.split()
    assert said[0] == "stopped"
    assert 10 < int(said[1]) < limits("node", info)["pids_limit"]
    assert lane.nodes[1].run("echo", "alive").stdout == "alive\n"


def test_a_program_that_eats_memory_is_stopped_and_its_neighbour_lives(lane: Lane) -> None:
    info = lane.server.get_docker_client().client.info()
    if "memory" in lacking(info):
        pytest.skip("this machine cannot limit memory")
    done = lane.nodes[0].run("python3", "-c", _EATS, user="alice", check=False, limit=120)
    assert done.exit_code in (128 + 9, 1), done
    assert lane.nodes[1].run("echo", "alive").stdout == "alive\n"
    wait_for(lambda: lane.server.run("echo", "alive").stdout == "alive\n")


def test_the_report_says_what_is_limited(provisioner: Provisioner) -> None:
    said = provisioner.environment()["limits"]
    missing = lacking(provisioner.client.info())
    assert said == (
        f"{' and '.join(missing)} of containers cannot be limited on this machine"
        if missing
        else "memory and processes of containers"
    )


def default_gateway(container: LaneContainer) -> str:
    """Where a container sends what is for no network of its own, as the kernel writes it (``/proc/net/route``)."""
    rows = [line.split() for line in container.read("/proc/net/route").splitlines()[1:]]
    return next(row[2] for row in rows if row[1] == "00000000")


def test_on_an_engine_that_was_found_the_way_out_is_another_network_for_a_while(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(egress, "engine_labels", lambda _: {})
    client = lane.server.get_docker_client().client
    before = default_gateway(lane.server)
    with lane.egress():
        assert default_gateway(lane.server) != before
        assert psql(lane.server, lane, "oar") == "42", "its own network is still there"
        (out,) = [network for network in client.networks.list() if network.name.startswith("oar-compat--out-")]
        assert [container.name for container in out.containers or client.networks.get(out.id).containers] == [
            lane.server.label
        ]
    assert default_gateway(lane.server) == before
    assert not [network for network in client.networks.list() if network.id == out.id]


def test_on_an_engine_that_was_found_nodes_are_refused_and_the_harness_comes_in(
    provisioner: Provisioner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane_module, "engine_labels", lambda _: {})
    with provisioner.lane("found", almighty=False, nodes=("node1",)) as started:
        assert "pg_hba.conf" in psql(started.nodes[0], started, "oar")
        with Oar2Server(started).database.connect() as connection:
            assert connection.exec_driver_sql("SELECT 42").scalar() == 42


def test_a_lane_s_network_translates_no_address(lane: Lane) -> None:
    options = lane.server.get_docker_client().client.networks.get(lane.spec.name).attrs["Options"]
    assert options["com.docker.network.bridge.enable_ip_masquerade"] == "false"
