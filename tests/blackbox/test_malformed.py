"""S12: whatever is sent, the service answers what it must, fails never, and stays as small as it was."""

import json
import os
import threading

import pytest
from support.mutations import Mutator

CASES = int(os.environ.get("OMEET_MALFORMED", "100000"))
SEED = int(os.environ.get("OMEET_SEED", "20261121"))
GROWTH_KB = 50 * 1024
FILLING = 30_000  # until what is kept on purpose - prepared statements of every connection, pages, who acted last - has been met once


def is_id(value) -> bool:
    return value is None or (isinstance(value, (str, int, float)) and not isinstance(value, bool))


def is_request(message) -> bool:
    return isinstance(message, dict) and message.get("jsonrpc") == "2.0" and isinstance(message.get("method"), str)


def expected_ids(message) -> list:
    """The ids that must be answered; None stands for an invalid request whose id cannot be read."""
    ids = []
    for one in message if isinstance(message, list) else [message]:
        known = isinstance(one, dict) and "id" in one and is_id(one["id"])
        if known or not is_request(one) or "id" in one:
            ids.append(one["id"] if known else None)
    return ids if message != [] else [None]


def check(raw: bytes, message, answer):
    assert answer.status in (200, 204, 413), f"{answer.status} for {raw[:300]!r}"
    if message is None:
        json.loads(answer.body) if answer.body else None
        return
    body = json.loads(answer.body) if answer.body else []
    answers = body if isinstance(body, list) else [body]
    codes = [one["error"]["code"] for one in answers if "error" in one]
    assert -32603 not in codes, f"internal error for {raw[:2000]!r}: {answer.body[:500]!r}"
    if -32700 in codes:
        return  # a lone surrogate or a depth that the parser refuses: the whole message has one answer
    found, wanted = sorted(str(one["id"]) for one in answers), sorted(str(id) for id in expected_ids(message))
    assert same_ids(found, wanted), f"{wanted} expected, {found} answered, for {raw[:2000]!r}"


def same_ids(found: list, wanted: list) -> bool:
    """Requests that are invalid in other ways may be answered with null or with their id."""
    return len(found) == len(wanted) and all(one in wanted or one == "None" for one in found)


def bombard(client, seed: int, cases: int, problems: list):
    mutator = Mutator(client, seed)
    for _ in range(cases):
        raw, message = mutator.body()
        try:
            check(raw, message, client.post(raw))
        except Exception as problem:
            problems.append(problem)
            if len(problems) > 5:
                return


def bombard_together(server, seed: int, share: int, problems: list):
    """Two callers at once, so that more than one connection to the database is used."""
    threads = [threading.Thread(target=bombard, args=(server.client(), seed + number, share, problems)) for number in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]


@pytest.mark.goal("S12")
@pytest.mark.timeout(1200)
def test_malformed_messages(launch):
    server, problems = launch(limits__call_timeout_s=30), []
    bombard_together(server, SEED + 999, FILLING // 2, problems)
    before = server.resident_kb()
    share = max(1, (CASES if server.database_url.startswith("sqlite") else CASES // 4) // 2)
    bombard_together(server, SEED, share, problems)
    assert not problems, f"seed {SEED}: {len(problems)} problems, the first: {problems[0]}"
    grown = server.resident_kb() - before
    print(f"seed {SEED}: {2 * share} messages, resident memory {before} kB, grown by {grown} kB")
    assert grown < GROWTH_KB
    assert "panicked" not in server.log_text()
    assert server.client().call("meeting.count")["count"] >= 0


@pytest.mark.goal("S12")
@pytest.mark.parametrize("depth", [65, 1000, 100_000])
@pytest.mark.parametrize("kind", ["array", "object"])
def test_deep_messages(client, depth, kind):
    inner = "[" * depth + "]" * depth if kind == "array" else '{"a":' * depth + "1" + "}" * depth
    answer = client.post(f'{{"jsonrpc":"2.0","id":1,"method":"meeting.count","params":{{"custom":{inner}}}}}'.encode())
    assert answer.status in (200, 413) and answer.json()["error"]["code"] in (-32700, -32600, -32602, -32013)


@pytest.mark.goal("S12")
def test_the_same_name_twice_is_refused_or_has_one_meaning(client):
    raw = b'{"jsonrpc":"2.0","id":1,"method":"meeting.create","params":{"name":"One","name":"Two","start":"2031-01-01T09:00:00Z"}}'
    refused = [b'{"jsonrpc":"2.0","id":1,"id":2,"method":"meeting.count"}', b'{"jsonrpc":"2.0","id":1,"method":"meeting.count","method":"key.list"}']
    assert all(client.post(message).json()["error"]["code"] == -32600 for message in refused), "around the parameters it is refused"
    answers = [client.post(raw).json() for _ in range(5)]
    assert {answer["result"]["name"] if "result" in answer else answer["error"]["code"] for answer in answers} <= {"Two", -32602}, "in them the last counts"


@pytest.mark.goal("S12")
def test_a_request_that_is_no_request_line(server):
    import socket

    for raw in [b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"POST /rpc HTTP/9.9\r\n\r\n", b"\x00" * 1000, b"POST /rpc HTTP/1.1\r\nContent-Length: -1\r\n\r\n"]:
        with socket.create_connection(("127.0.0.1", server.port), timeout=15) as peer:
            peer.sendall(raw)
            peer.shutdown(socket.SHUT_WR)
            reply = peer.recv(4096)
            assert reply == b"" or reply.startswith(b"HTTP/1.1 4"), reply
