"""A server to look around in by hand, made of docker-compose.yml: ``python -m harness.cli.by_hand up|shell|down``.

``make compose-up``, ``make compose-shell`` and ``make compose-down`` call it. Passwords live in the containers only;
nothing is written to the source tree.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_interface
from typing import Any

import click
import docker
import docker.errors

from harness.cli.options import VERBOSE
from harness.engine.compose import find_compose, run_compose
from harness.engine.container import hand_over
from harness.engine.discovery import Engine, find_engine
from harness.engine.egress import engine_labels
from harness.engine.engine_fault import engine_fault
from harness.engine.lane import Passwords
from harness.engine.own.namespaces import SUPERVISOR_LABEL
from harness.engine.owner import OWNER_LABEL
from harness.engine.postgres_access import pg_hba
from harness.engine.ready_line import wait_for_ready_line
from harness.model.debian import CODENAMES, DEFAULT, by_codename
from harness.model.fault import ConfigurationFault, MachineFault
from harness.model.record import Missing
from harness.oar3.copies import find
from harness.run.command_entry import enter, run_group
from harness.run.environment import Provisioner
from harness.run.events import Event, Stage
from harness.run.logs import shown
from harness.shipped import COMPOSE_FILE

PROJECT = "oar-compat"
_READY_SECONDS = 90.0

_ADD_NODES = """
number=0
for node in node1 node2; do
    for core in 1 2; do
        number=$((number + 1))
        oarnodesetting -a -h $node -p host=$node -p cpu=$number -p core=$number || exit 1
    done
done
"""
# With CPUSET_PATH, oarsh asks for the job's cgroup, which cannot be made without privileges.
_NO_CGROUPS = "sed -i 's/^CPUSET_PATH=/#&/' /etc/oar/oar.conf"
_SQL = 'exec "$(ls -d /usr/lib/postgresql/*/bin)/psql" -q -h /var/run/postgresql -U postgres -c "$1" oar'


@dataclass(frozen=True, slots=True)
class ByHand:
    """One Compose project of docker-compose.yml on an engine."""

    project: str
    engine: Engine
    client: docker.DockerClient

    def up(self, image: str, statements: Sequence[str] = (), *, nodes_read: bool = False) -> None:
        """Start everything, make the database fit for OAR3, and register two nodes; on a fault nothing is left.

        :param nodes_read: whether nodes may read the database.
        """
        try:
            settings = {"OAR_COMPAT_IMAGE": image, "OAR_COMPAT_NODES_READ": "yes" if nodes_read else ""}
            self._compose(settings, "up", "--detach")
            containers = self.containers()
            self._hand_over(containers, nodes_read=nodes_read)
            for container in containers.values():
                wait_for_ready_line(container, _READY_SECONDS)
            for statement in statements:
                _run(containers["postgres"], "sh", "-c", _SQL, "sh", statement)
            for service in ("server", "node1", "node2", "frontend"):
                _run(containers[service], "sh", "-c", _NO_CGROUPS)
            _run(containers["server"], "sh", "-c", _ADD_NODES)
        except BaseException:
            self.down()
            raise

    def _hand_over(self, containers: Mapping[str, Any], *, nodes_read: bool) -> None:
        """Give the passwords, made up anew, to those who use the database, and let it take these alone."""
        passwords = Passwords()
        networks = {service: next(iter(_networks(each))) for service, each in containers.items()}
        clients = [networks[service]["IPAddress"] for service in ("server", "frontend")]
        own = SUPERVISOR_LABEL in engine_labels(self.client.info())
        network = networks["postgres"]
        subnet = f"{network['IPAddress']}/{network['IPPrefixLen']}"
        hba = pg_hba(
            clients, network["Gateway"], str(ip_interface(subnet).network), closed=own, nodes_read=nodes_read
        )
        reading = {"passwords": f"DB_PASSWORD_RO={passwords.oar_ro}\n"} if nodes_read else {}
        for service, files in {
            "postgres": {"passwords": passwords.lines(admin=True), "pg_hba.conf": hba},
            "server": {"passwords": passwords.lines()},
            "frontend": {"passwords": passwords.lines()},
            "node1": reading,
            "node2": reading,
        }.items():
            if files:
                hand_over(containers[service], files)

    def down(self) -> None:
        """Remove its containers, network and volume."""
        self._compose({}, "down", "--volumes", "--remove-orphans")

    def containers(self) -> dict[str, Any]:
        """Its containers by service."""
        try:
            found = self.client.containers.list(
                all=True, filters={"label": f"com.docker.compose.project={self.project}"}
            )
        except docker.errors.DockerException as error:
            raise engine_fault(error, self.engine.url) from error
        return {container.labels["com.docker.compose.service"]: container for container in found}

    def shell(self, user: str, service: str) -> tuple[tuple[str, ...], dict[str, str]]:
        """The command, and its environment, that opens a login shell of ``user`` in a service's container."""
        terminal = () if sys.stdin.isatty() else ("-T",)
        return (
            (*self._command(), "exec", *terminal, service, "su", "-", user),
            {**os.environ, **self._environment({})},
        )

    def how_to_enter(self) -> str:
        """The lines to type."""
        frontend = self.containers()["frontend"].name
        lines = [
            "make compose-shell                   alice on the frontend: oarsub, oarstat, oardel",
            "make compose-shell WHO=root@server   root on the server: oarnotify, oarnodesetting, /var/log/oar.log",
            "make compose-down                    ends it; nothing is left",
        ]
        if shutil.which("docker"):
            lines.append(f"or: DOCKER_HOST={self.engine.url} docker exec -it {frontend} su - alice")
        return "\n".join(f"  {line}" for line in lines)

    def _compose(self, settings: dict[str, str], *words: str) -> None:
        run_compose((*self._command(), *words), self._environment(settings))

    def _command(self) -> tuple[str, ...]:
        if not COMPOSE_FILE.is_file():
            raise ConfigurationFault("is not there", where=str(COMPOSE_FILE), remedy="run from a source tree")
        return find_compose(_say).project(self.project, COMPOSE_FILE)

    def _environment(self, settings: dict[str, str]) -> dict[str, str]:
        """What the file must be given; to enter or to remove what is there, any value does."""
        return {"DOCKER_HOST": self.engine.url, "OAR_COMPAT_IMAGE": "unused", **settings}


def _networks(container: Any) -> list[dict[str, Any]]:
    """A container's networks, with its address on each."""
    try:
        container.reload()
    except docker.errors.DockerException as error:
        raise engine_fault(error, container.name) from error
    return list(container.attrs["NetworkSettings"]["Networks"].values())


def _run(container: Any, *argv: str) -> None:
    try:
        code, output = container.exec_run(list(argv))
    except docker.errors.DockerException as error:
        raise engine_fault(error, container.name) from error
    if code:
        raise MachineFault(
            f"`{argv[0]} …` ended with exit code {code}", where=container.name, detail=output.decode(errors="replace")
        )


def _say(text: str) -> None:
    click.echo(text, err=True)


def _notify(event: Event) -> None:
    if isinstance(event, Stage):
        _say(event.text)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--project", default=PROJECT, show_default=True, help="Compose's name for it: several can be up.")
@VERBOSE
@click.pass_context
def by_hand(context: click.Context, project: str, verbosity: int) -> None:
    """An OAR2 server, two nodes and a frontend, with OAR3 beside OAR2 where a copy is found."""
    context.obj = project
    context.with_resource(shown(verbosity, _say))


@by_hand.command()
@click.option("--oar2", "debian", default=DEFAULT, show_default=True, type=click.Choice(CODENAMES))
@click.option("--oar3", metavar="[LABEL=]PATH|VERSION", help="OAR3: .debs, a source tree, or a version.")
@click.pass_obj
def up(project: str, debian: str, oar3: str | None) -> None:
    """Build the image if need be, start it all, register two nodes, and say how to enter."""
    found = find((oar3,) if oar3 else (), codename=debian)
    sources = () if isinstance(found, Missing) else found[:1]
    with Provisioner(debian, _notify) as provisioner:
        server = ByHand(project, provisioner.engine, provisioner.client)
        if server.containers():
            raise ConfigurationFault(
                "it is up already",
                where=f"project {project}",
                remedy="make compose-shell enters it, make compose-down ends it",
            )
        provisioner.prepare(sources)
        prepared = provisioner.prepared(sources[0] if sources else None)
        _say("starting postgres, server, node1, node2, frontend")
        server.up(prepared.image, prepared.statements, nodes_read=by_codename(debian).nodes_read)
        provisioner.engine.keep()
        for source in sources:
            click.echo(f"up: OAR2 on Debian {debian}, and OAR3 {source.name} beside it, not activated")
        if isinstance(found, Missing):
            click.echo(f"up: OAR2 on Debian {debian}; no OAR3: {found.why}\n    {found.how}")
        if prepared.trouble:
            click.echo(f"OAR3 does not start: {prepared.trouble.splitlines()[-1]}")
        click.echo(server.how_to_enter())


@by_hand.command()
@click.argument("who", default="alice@frontend", metavar="[USER@SERVICE]")
@click.pass_obj
def shell(project: str, who: str) -> None:
    """Open a login shell; without a terminal it reads commands from standard input."""
    user, _, service = who.rpartition("@")
    with find_engine(_say) as engine:
        server = ByHand(project, engine, engine.client())
        services = server.containers()
        if not services:
            raise ConfigurationFault("nothing is up", where=f"project {project}", remedy="type: make compose-up")
        if service not in services or not user:
            raise ConfigurationFault(
                "is not USER@SERVICE", where=repr(who), remedy=f"services are {', '.join(sorted(services))}"
            )
        command, environment = server.shell(user, service)
        os.execvpe(command[0], command, environment)


@by_hand.command()
@click.pass_obj
def down(project: str) -> None:
    """End it; nothing is left but the image."""
    with find_engine(_say) as engine:
        client = engine.client()
        ByHand(project, engine, client).down()
        if not client.containers.list(all=True, filters={"label": f"{OWNER_LABEL}=kept"}):
            engine.release()
    _say(f"project {project} is ended")


def main() -> None:
    """Entry point: every fault is one line on standard error, and its exit code."""
    enter(run_group(by_hand, "by_hand"))


if __name__ == "__main__":
    main()
