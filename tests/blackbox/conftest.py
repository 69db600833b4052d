"""Every test that asks for `engine` runs on SQLite and on PostgreSQL."""

import itertools
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from support import database  # noqa: E402
from support.server import Server  # noqa: E402

ENGINES = ["sqlite", "postgres"]


def pytest_generate_tests(metafunc):
    if "engine" in metafunc.fixturenames:
        alone = metafunc.definition.get_closest_marker("alone")
        metafunc.parametrize("engine", [alone.args[0]] if alone else ENGINES, scope="session")


@pytest.fixture
def launch(engine, tmp_path):
    """Starts servers on new databases of this engine and ends them with the test."""
    servers, urls, numbers = [], [], itertools.count(1)

    def begin(database_url: str | None = None, folder: Path | None = None, started: bool = True, wrapper: list | None = None, **settings) -> Server:
        home = folder or tmp_path / f"server{next(numbers)}"
        home.mkdir(parents=True, exist_ok=True)
        url = database_url or database.create(engine, home)
        if not database_url:
            urls.append(url)
        env = {f"OMEET_{name.upper()}": str(value) for name, value in settings.items()}
        servers.append(Server(home, url, env, wrapper))
        return servers[-1].start() if started else servers[-1]

    yield begin
    for server in servers:
        server.kill()
    for url in urls:
        database.drop(url)


@pytest.fixture(scope="session")
def server(engine, tmp_path_factory):
    """One server per engine that tests share; it must not have panicked when they are done."""
    folder = tmp_path_factory.mktemp(engine)
    url = database.create(engine, folder)
    shared = Server(folder, url).start()
    yield shared
    shared.stop()
    database.drop(url)
    assert "panicked" not in shared.log_text()


@pytest.fixture(scope="session")
def client(server):
    """The first service key of organization `main`, without an actor."""
    return server.client()


@pytest.fixture(scope="session")
def other(server):
    """A service key of another organization on the same server."""
    server.cli("organization", "create", "Other Ltd", "--slug", "other")
    return server.client(server.new_key(organization="other"))
