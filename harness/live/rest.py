"""OAR's REST API on a live case's server: started if a case asks for it, and asked by HTTP."""

from __future__ import annotations

from collections.abc import Mapping

import requests

from harness.engine.container import LaneContainer
from harness.engine.lane import REST_PORT
from harness.live.live_limits import LiveLimits
from harness.model.fault import MachineFault

# Debian leaves the virtual host and Apache's modules to be enabled. It lets in nobody but the machine itself, and
# takes the user from a header; here the only way in is a port on 127.0.0.1 of the machine that runs the harness.
_START = """
set -e
sed -i 's/Require local/Require all granted/' /etc/oar/apache2/oar-restful-api.conf
ln -sf /etc/oar/apache2/oar-restful-api.conf /etc/apache2/sites-enabled/oar-restful-api.conf
sed -i '1s|.*|/usr/lib/cgi-bin|' /etc/apache2/suexec/www-data
echo 'ServerName server' > /etc/apache2/conf-enabled/oar-compat.conf
a2enmod -q cgid suexec rewrite >/dev/null
apache2ctl start
perl -MIO::Socket::INET -e \
'for (1..500) { exit 0 if IO::Socket::INET->new("127.0.0.1:6668"); select(undef, undef, undef, 0.02) } exit 1'
"""


class Rest:
    """The API of one server; started with the first request."""

    def __init__(self, server: LaneContainer, limits: LiveLimits) -> None:
        self._limits = limits
        self._server = server
        self._root = ""

    def request(self, method: str, path: str, user: str, body: Mapping[str, str] | None) -> tuple[int, str]:
        """Send a request as a user; returns the HTTP status and the text. Raises MachineFault if it does not answer.

        The user is named by the header that the API trusts (``API_TRUST_IDENT``, ``X_REMOTE_IDENT``).
        """
        if not self._root:
            self._server.run("sh", "-c", _START, limit=self._limits.rest_start)
            self._root = f"http://127.0.0.1:{self._server.published(REST_PORT)}/oarapi"
        try:
            answer = requests.request(
                method,
                self._root + path,
                json=dict(body) if body is not None else None,
                headers={"X-Remote-Ident": user},
                timeout=self._limits.rest_answer,
            )
        except requests.RequestException as error:
            raise MachineFault("the REST API does not answer", where=self._root + path, detail=str(error)) from error
        return answer.status_code, answer.text
