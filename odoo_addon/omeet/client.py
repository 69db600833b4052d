"""JSON-RPC client of the omeet service. Knows nothing of the ORM; no cursor is touched here.

Every failure is one of three, because callers do three different things about them: :class:`Unavailable` (try again
later), :class:`Refused` (the service understood and said no), and, below it, :class:`NotFound`.
"""

import json
import logging
import socket
import threading
import time
import uuid
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from .const import MAX_ANSWER, TIMEOUT_S

_logger = logging.getLogger(__name__)

#: JSON-RPC errors that a later attempt may not meet again: internal, timeout, rate limit, unavailable.
_TRANSIENT = {-32603, -32008, -32029, -32050}


class OmeetError(Exception):
    """Something went wrong between Odoo and omeet; ``str()`` says it in words for people."""

    def __init__(self, message, *, kind=None, field=None, retry_after_s=None):
        super().__init__(message)
        self.kind = kind or ""
        self.field = field
        self.retry_after_s = retry_after_s


class Unavailable(OmeetError):
    """omeet did not answer, or not with an answer of omeet: later it may."""


class Unauthorized(Unavailable):
    """The key is not (or no longer) good. Somebody has to repair that; until then every call waits."""


class Refused(OmeetError):
    """omeet said no: the same call would be refused again."""


class NotFound(Refused):
    """omeet knows no such thing."""


class MethodNotFound(Refused):
    """This version of omeet does not offer the method."""


def new_key():
    """An idempotency key: the same key never does a thing twice."""
    return f"odoo-{uuid.uuid4()}"


class _WatchedAdapter(HTTPAdapter):
    """Knows its open sockets, so that they can be cut.

    requests' timeout begins anew with every octet: a server that drips would hold a worker for ever.
    """

    def __init__(self):
        self.sockets = []
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):
        made = super().init_poolmanager(*args, **kwargs)
        pools = {"http": HTTPConnectionPool, "https": HTTPSConnectionPool}
        self.poolmanager.pool_classes_by_scheme = {scheme: _watched(pool, self.sockets) for scheme, pool in pools.items()}
        return made

    def cut(self):
        for line in self.sockets:
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # closed already


def _watched(pool, sockets):
    class Connection(pool.ConnectionCls):
        def connect(self):
            made = super().connect()
            # The connection forgets its socket where the server closes after its answer, while the answer is still being read.
            sockets[:] = [self.sock]
            return made

    return type("Watched" + pool.__name__, (pool,), {"ConnectionCls": Connection})


class Client:
    """Calls one omeet with one key; use it for a batch of calls, it keeps the connection.

    ``deadline`` (of ``time.monotonic``) bounds all calls together: somebody waits for them.
    """

    deadline = None

    def __init__(self, url, key, *, timeout_s=TIMEOUT_S):
        self._endpoint = url.rstrip("/") + "/rpc"
        self._key = key
        self._timeout_s = timeout_s
        self._session = requests.Session()
        # The proxy variables and .netrc of the machine are not the administrator's word on where the key goes.
        self._session.trust_env = False
        self._adapter = _WatchedAdapter()
        self._session.mount("http://", self._adapter)
        self._session.mount("https://", self._adapter)

    def __repr__(self):
        return f"<omeet client of {urlsplit(self._endpoint).hostname}>"

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._session.close()

    def call(self, method, params=None, *, actor=None, idempotency_key=None):
        """The result of one call; raises :class:`OmeetError`."""
        answer = self._post(self._request(1, method, params, actor, idempotency_key))
        if not isinstance(answer, dict):
            raise _rubbish()
        return _result(answer)

    def batch(self, calls, *, actor=None):
        """Results of several reading calls ``[(method, params)]`` in one request; a failure stands in the list as the exception."""
        requests_ = [self._request(at, method, params, actor, None) for at, (method, params) in enumerate(calls)]
        answers = self._post(requests_)
        if isinstance(answer := answers, dict):  # one error for the batch as a whole
            return [_result(answer)]
        by_id = {answer.get("id"): answer for answer in answers if isinstance(answer, dict)}
        return [_outcome(by_id.get(at)) for at in range(len(calls))]

    @staticmethod
    def _request(number, method, params, actor, idempotency_key):
        params = dict(params or {})
        if actor:
            params["actor"] = actor
        if idempotency_key:
            params["idempotency_key"] = idempotency_key
        return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}

    def _post(self, body):
        timeout_s = min(self._timeout_s, self.deadline - time.monotonic()) if self.deadline else self._timeout_s
        if timeout_s <= 0:
            raise self._trouble(None, True)
        deadline = time.monotonic() + timeout_s
        watchdog = threading.Timer(timeout_s, self._adapter.cut)
        watchdog.daemon = True
        watchdog.start()
        try:
            return self._send(body, timeout_s)
        except OmeetError as error:
            if time.monotonic() >= deadline:  # what arrived before the line was cut is no answer
                raise self._trouble(error, True) from error
            raise
        except (requests.RequestException, OSError, ValueError) as error:
            raise self._trouble(error, time.monotonic() >= deadline) from error
        finally:
            watchdog.cancel()

    def _send(self, body, timeout_s):
        with self._session.post(
            self._endpoint,
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
            timeout=timeout_s,
            allow_redirects=False,
            stream=True,
        ) as response:
            return _read(response)

    def _trouble(self, error, too_late):
        """What went wrong, in words."""
        if too_late or isinstance(error, requests.Timeout):
            return Unavailable(f"omeet did not answer within {self._timeout_s} seconds.", kind="client.timeout")
        if isinstance(error, requests.exceptions.SSLError):
            return Unavailable("The certificate of omeet's address is not trusted.", kind="client.tls")
        if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema | requests.exceptions.MissingSchema):
            return Unavailable("omeet's address is not a web address.", kind="client.address")
        if isinstance(error, requests.RequestException | OSError):
            return Unavailable("omeet cannot be reached at its address.", kind="client.unreachable")
        return _rubbish()


def _read(response):
    body = bytearray()
    for chunk in response.iter_content(65536):
        body += chunk
        if len(body) > MAX_ANSWER:
            raise Unavailable("omeet's answer is too large.", kind="client.rubbish")
    if response.is_redirect:
        raise Unavailable("omeet's address redirects elsewhere: give the final one.", kind="client.address")
    try:
        return json.loads(bytes(body))
    except ValueError as error:
        if response.status_code == 401:
            raise Unauthorized("omeet does not accept this key.", kind="unauthenticated") from error
        raise Unavailable(f"What answers at omeet's address is not omeet (HTTP {response.status_code}).", kind="client.rubbish") from error


def _rubbish():
    return Unavailable("What answers at omeet's address is not omeet.", kind="client.rubbish")


def _outcome(answer):
    if not isinstance(answer, dict):
        return _rubbish()
    try:
        return _result(answer)
    except OmeetError as error:
        return error


def _result(answer):
    error = answer.get("error")
    if error is None:
        if "result" not in answer:
            raise _rubbish()
        return answer["result"]
    if not isinstance(error, dict):
        raise _rubbish()
    raise _failure(error)


def _failure(error):
    data = error.get("data")
    data = data if isinstance(data, dict) else {}
    message = str(error.get("message") or "omeet refused")
    told = {"kind": data.get("kind"), "field": data.get("field"), "retry_after_s": data.get("retry_after_s")}
    match error.get("code"):
        case -32001:
            return Unauthorized("omeet does not accept this key.", **told)
        case -32004:
            return NotFound(message, **told)
        case -32601:
            return MethodNotFound(message, **told)
        case code if code in _TRANSIENT:
            return Unavailable(message, **told)
        case _:
            return Refused(message, **told)
