"""R12: a provider's message is answered 2xx only when it is stored, and always in under three seconds, whatever the database does."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from support import database, stalls
from support.providers import Sender

pytestmark = pytest.mark.goal("R12")
ANSWERED_WITHIN_S = 3
KINDS = ["jitsi", "zoom", "teams"]
AT_ONCE = 12
LONG_S, SHORT_S = 5, 2


def locked(engine: str, server):
    how = stalls.write_locked if engine == "sqlite" else stalls.table_locked
    return lambda: how(server.database_url)


@pytest.fixture
def silent(launch, engine, tmp_path):
    """A server whose PostgreSQL can fall silent."""
    real = database.create(engine, tmp_path)
    forwarder = stalls.Forwarder(real)
    yield launch(database_url=forwarder.url), forwarder.stalled
    forwarder.stop()
    database.drop(real)


def in_parallel(work: list) -> list:
    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(lambda each: each[0].send(each[1]), work))


def messages(senders: list, first: int) -> list:
    return [(sender, sender.message(first + number)) for number in range(AT_ONCE // len(senders)) for sender in senders]


def stored(server, sender: Sender) -> list:
    return server.client().every("webhook.list", provider_id=sender.account)


def check_stored_once(server, senders: list, expected: int):
    for sender in senders:
        receipts = stored(server, sender)
        assert len(receipts) == expected, f"{sender.kind}: {len(receipts)} of {expected}"


def handled(server, senders: list) -> bool:
    return all(receipt["state"] in ("applied", "ignored") for sender in senders for receipt in stored(server, sender))


@contextmanager
def for_a_while(stall, seconds: float):
    began = time.monotonic()
    with stall():
        yield
        time.sleep(max(0, seconds - (time.monotonic() - began)))


def test_a_lock_is_no_reason_to_wait_or_to_lie(launch, engine):
    server = launch()
    check_a_long_stall(server, locked(engine, server))


@pytest.mark.alone("postgres")
def test_a_silent_database_is_no_reason_to_wait_or_to_lie(silent):
    check_a_long_stall(*silent)


def test_a_short_lock_is_waited_for(launch, engine):
    server = launch()
    check_a_short_stall(server, locked(engine, server))


@pytest.mark.alone("postgres")
def test_a_short_silence_is_waited_for(silent):
    check_a_short_stall(*silent)


def check_a_long_stall(server, stall):
    senders = [Sender(server.client(), kind) for kind in KINDS]
    server.client().call("webhook.endpoint.create", url="https://erp.example.invalid/hook", description="an ERP that is down")
    for answer, _ in in_parallel(messages(senders, 0)):
        assert answer.status in (200, 202)
    each = AT_ONCE // len(senders)
    check_stored_once(server, senders, each)

    sent = messages(senders, 100)
    with for_a_while(stall, LONG_S):
        answers = in_parallel(sent)
    slowest = max(took for _, took in answers)
    print(f"slowest answer during the stall: {slowest:.2f} s")
    assert slowest < ANSWERED_WITHIN_S
    for answer, _ in answers:
        assert answer.status == 503, answer
        assert int(answer.headers["retry-after"]) > 0

    for answer, took in in_parallel(sent):
        assert answer.status in (200, 202) and took < ANSWERED_WITHIN_S
    check_stored_once(server, senders, 2 * each)
    for answer, _ in in_parallel(sent):
        assert answer.status in (200, 202)
    check_stored_once(server, senders, 2 * each)
    began = time.monotonic()
    while not handled(server, senders):
        assert time.monotonic() - began < 60, "messages are not worked on"
        time.sleep(0.1)
    assert "panicked" not in server.log_text()


def check_a_short_stall(server, stall):
    senders = [Sender(server.client(), kind) for kind in KINDS]
    sent = messages(senders, 0)
    with ThreadPoolExecutor(1) as pool:
        with stall():
            answering = pool.submit(in_parallel, sent)
            time.sleep(SHORT_S)
        answers = answering.result()
    took = sorted(took for _, took in answers)
    print(f"stalled for {SHORT_S} s: median {took[len(took) // 2]:.2f} s, slowest {took[-1]:.2f} s")
    assert took[-1] < ANSWERED_WITHIN_S
    server.stop()
    rows = database.query(server.database_url, "select count(*) from webhook_receipt", server.folder / "look")
    taken = sum(answer.status in (200, 202) for answer, _ in answers)
    assert int(rows[0][0]) >= taken > 0, f"{taken} were said to be stored, {rows[0][0]} are"
