"""OAR's REST API on a live case's server: started where a case asks for it, and asked by HTTP."""

from __future__ import annotations

from collections.abc import Mapping

import requests

from harness.engine.container import LaneContainer
from harness.engine.lane import REST_PORT
from harness.model.fault import MachineFault

# Debian's virtual host lets in nobody but the machine itself, and takes the user from a header that an identity
# daemon would set; here the way in is a port on 127.0.0.1 that no one else knows of.
_START = """
set -e
grep -rl 'Require local' /etc/oar /etc/apache2 2>/dev/null | xargs -r sed -i 's/Require local/Require all granted/'
apache2ctl start
for i in $(seq 200); do
    perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new("127.0.0.1:6668")' && exit 0
    sleep 0.05
done
tail -n 5 /var/log/apache2/error.log >&2
exit 1
"""


class Rest:
    """The API of one server; started with the first request."""

    def __init__(self, server: LaneContainer) -> None:
        self._server = server
        self._root = ""

    def request(self, method: str, path: str, user: str, body: Mapping[str, str] | None) -> tuple[int, str]:
        """Send a request as a user; returns the HTTP status and the text. Raises MachineFault where none answers.

        The user is told by the header that the API trusts (``API_TRUST_IDENT``, ``X_REMOTE_IDENT``).
        """
        if not self._root:
            self._server.run("sh", "-c", _START, limit=60)
            self._root = f"http://127.0.0.1:{self._server.published(REST_PORT)}/oarapi"
        try:
            answer = requests.request(
                method,
                self._root + path,
                json=dict(body) if body is not None else None,
                headers={"X-Remote-Ident": user},
                timeout=60,
            )
        except requests.RequestException as error:
            raise MachineFault("the REST API does not answer", where=self._root + path, detail=str(error)) from error
        return answer.status_code, answer.text
