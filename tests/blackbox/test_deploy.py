"""What is in deploy/ works as it stands: unit, package, nginx, Caddy, Kubernetes, Prometheus."""

import asyncio
import ipaddress
import json
import os
import re
import subprocess
import time
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
import websockets
import yaml
from support import litestream
from support.proxy import HOST, Caddy, Nginx, stand_in, tool
from support.rpc import Client
from support.server import binary, free_port

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
METRIC = re.compile(r"\bomeet_[a-z_]+")


def run(*command, **more) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300, **more)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


UNITS = ["omeet.service", "omeet-worker.service"]
BESIDE = "omeet-litestream.service"


@pytest.mark.goal("operations")
@pytest.mark.parametrize("name", [*UNITS, BESIDE])
def test_the_unit_is_right_and_hardened(tmp_path, name):
    unit = tmp_path / name
    unit.write_text((DEPLOY / "systemd" / name).read_text().replace("/usr/bin/omeet", binary()).replace("/usr/bin/litestream", str(litestream.PROGRAM)))
    libraries = os.environ | {"LD_LIBRARY_PATH": str(next(Path(os.environ.get("OMEET_TOOLS", "/nowhere")).glob("usr/lib/*/systemd"), ""))}
    said = run(tool("systemd-analyze"), "verify", unit, env=libraries)
    assert name not in said, said
    # Exposure from 0 (none) to 100; 20 is what systemd calls OK.
    run(tool("systemd-analyze"), "security", "--offline=true", "--threshold=20", unit, env=libraries)


def test_the_units_are_held_alike():
    of = {name: {line for line in (DEPLOY / "systemd" / name).read_text().splitlines() if line and line[0] != "#"} for name in [*UNITS, BESIDE]}
    differs = of["omeet.service"] ^ of["omeet-worker.service"]
    assert {line.split("=")[0] for line in differs} == {"Description", "ExecStart", "Environment"}, differs
    differs = of["omeet.service"] ^ of[BESIDE]
    own = {"Description", "After", "Before", "ConditionPathExists", "ExecStart", "EnvironmentFile", "TimeoutStopSec", "LimitNOFILE"}
    assert {line.split("=")[0] for line in differs} == own, differs


# In a copy of this machine that vanishes with the namespace. A container that may not mount is thrown away itself: there it is installed for a moment.
INSTALL = r"""
set -e
machine() {
  mount -t tmpfs tmpfs "$WORK" && mkdir "$WORK/upper" "$WORK/work" "$WORK/root" &&
    mount -t overlay overlay -o "lowerdir=/,upperdir=$WORK/upper,workdir=$WORK/work" "$WORK/root" &&
    mount -t proc proc "$WORK/root/proc" && mount --rbind /dev "$WORK/root/dev"
}
if machine 2>/dev/null; then
  cp "$PACKAGE" "$WORK/root/omeet.deb"
  printf '%s' "$INSIDE" >"$WORK/root/inside"
  chroot "$WORK/root" bash -e /inside
else
  [ ! -e /etc/omeet ] && [ ! -e /var/lib/omeet ]
  trap 'dpkg --purge omeet; userdel omeet; rm -rf /var/lib/omeet /omeet.deb' EXIT
  cp "$PACKAGE" /omeet.deb
  bash -e -c "$INSIDE"
fi
"""

INSIDE = r"""
export DEBIAN_FRONTEND=noninteractive
apt-get -qy -o Dpkg::Use-Pty=0 install --no-install-recommends /omeet.deb >/tmp/install.log 2>&1 || { cat /tmp/install.log; exit 1; }
stat -c '%a %U %n' /var/lib/omeet /etc/omeet /etc/omeet/omeet.toml
echo "# changed by hand" >>/etc/omeet/omeet.toml
cd /var/lib/omeet
runuser -u omeet -- env "OMEET_SERVER__LISTEN=127.0.0.1:$PORT" omeet --config /etc/omeet/omeet.toml serve >/tmp/omeet.log 2>&1 &
for _ in $(seq 200); do
  (exec 3<>"/dev/tcp/127.0.0.1/$PORT" && printf 'GET /readyz HTTP/1.0\r\n\r\n' >&3 && cat <&3) 2>/dev/null | grep -q '"ready":true' && ready=yes && break
  sleep 0.1
done
kill %1; wait %1 || true
[ "$ready" ] || { cat /tmp/omeet.log; exit 1; }
stat -c '%a %U %n' /var/lib/omeet/omeet.key
runuser -u omeet -- omeet --config /etc/omeet/omeet.toml key list
ls /lib/systemd/system/omeet*.service
dpkg --install /omeet.deb >/dev/null 2>&1 && grep -c "changed by hand" /etc/omeet/omeet.toml
dpkg --purge omeet >/dev/null 2>&1
[ ! -e /usr/bin/omeet ] && [ -s /var/lib/omeet/omeet.db ] && echo "purged, data kept"
"""


@pytest.mark.goal("operations")
def test_the_debian_package_installs_runs_upgrades_and_goes(tmp_path):
    package = run(DEPLOY / "debian/build", binary(), tmp_path).strip().splitlines()[-1]
    fields = run("dpkg-deb", "--field", package)
    assert re.search(r"^Depends: libc6 \(>= 2\.\d+\)", fields, re.M), fields
    work = tmp_path / "machine"
    work.mkdir()
    as_root = [] if os.geteuid() == 0 else ["sudo", "--preserve-env=WORK,PACKAGE,PORT,INSIDE"]
    settings = os.environ | {"WORK": str(work), "PACKAGE": package, "PORT": str(free_port()), "INSIDE": INSIDE}
    apart = [*as_root, "unshare", "--mount"]
    may_mount = subprocess.run([*apart, "true"], capture_output=True, timeout=30).returncode == 0
    said = run(*(apart if may_mount else as_root), "bash", "-c", INSTALL, env=settings)
    for line in ["700 omeet /var/lib/omeet", "750 root /etc/omeet", "640 root /etc/omeet/omeet.toml", "600 omeet /var/lib/omeet/omeet.key", "first key", "/omeet-worker.service", "purged, data kept"]:
        assert line in said, (line, said)
    assert "\n1\n" in said, "what was changed by hand is kept in an upgrade"


@pytest.fixture
def behind_nginx(launch, tmp_path):
    server = launch(server__public_url=f"https://{HOST}")
    nginx = Nginx(tmp_path / "nginx", server.port).start()
    yield server, nginx
    nginx.stop()


@pytest.mark.alone("sqlite")
@pytest.mark.goal("S9")
def test_nginx_serves_odoo_and_omeet_under_one_name(behind_nginx):
    server, nginx = behind_nginx
    meeting = server.client().call("meeting.instant", name="Behind nginx")
    assert meeting["join_url"].startswith(f"https://{HOST}/j/")
    status, headers, _ = nginx.get("/j/" + meeting["room_code"], plain=True)
    assert status == 301 and headers["location"] == f"https://{HOST}/j/{meeting['room_code']}"

    status, headers, page = nginx.get("/j/" + meeting["room_code"])
    assert status == 200 and b"Behind nginx" in page
    assert int(re.search(r"max-age=(\d+)", headers["strict-transport-security"])[1]) >= 31536000
    assert "default-src 'none'" in headers["content-security-policy"] and headers["x-content-type-options"] == "nosniff"
    assert "nginx/" not in headers.get("server", ""), "no version"

    status, headers, page = nginx.get("/web/login")
    assert status == 200 and page == f"odoo stand-in: /web/login by {HOST} https".encode() and "strict-transport-security" in headers
    for path in ["/metrics", "/readyz"]:
        assert nginx.get(path)[0] == 404, path
    assert nginx.get("/healthz")[2] == b"ok\n"
    call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "server.info"}).encode()
    assert json.loads(nginx.get("/rpc", body=call, Content_Type="application/json")[2])["result"]["name"] == "omeet"


def observatory(nginx, path: str, folder: Path) -> dict:
    """What the MDN HTTP Observatory says of a page; its list of preloaded hosts, which its installation would fetch, is empty."""
    packages = folder / "node_modules"
    packages.is_symlink() or packages.symlink_to(Path(os.environ["OMEET_NODE_PACKAGES"]) / "node_modules")
    preloaded = packages / "@mdn/mdn-http-observatory/conf/hsts-preload.json"
    preloaded.exists() or preloaded.write_text("{}")
    judge = folder / "observatory.mjs"
    judge.write_text((Path(__file__).parent / "judges/observatory.mjs").read_text())
    trusting = os.environ | {"NODE_EXTRA_CA_CERTS": str(nginx.folder / "fullchain.pem")}
    return json.loads(run("node", judge, HOST + path, nginx.plain, nginx.secure, env=trusting).splitlines()[0])


@pytest.mark.alone("sqlite")
@pytest.mark.goal("S9")
def test_the_observatory_gives_its_best_grade(behind_nginx, tmp_path):
    server, nginx = behind_nginx
    code = server.client().call("meeting.instant", name="Scored")["room_code"]
    for path in [f"/j/{code}", "/docs"]:
        judged = observatory(nginx, path, tmp_path)
        failed = {name: test for name, test in judged["tests"].items() if not test["pass"]}
        assert judged["grade"] == "A+" and judged["score"] >= 100 and len(judged["tests"]) == 10 and not failed, (path, judged)


@pytest.mark.alone("sqlite")
@pytest.mark.goal("S15")
def test_a_websocket_passes_nginx(behind_nginx):
    server, nginx = behind_nginx

    async def events():
        address = f"wss://{HOST}:{nginx.secure}/rpc"
        headers = {"Authorization": f"Bearer {server.first_key}"}
        async with websockets.connect(address, host="127.0.0.1", port=nginx.secure, ssl=nginx.context(), server_hostname=HOST, additional_headers=headers) as socket:
            await socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "event.subscribe", "params": {}}))
            subscribed = json.loads(await asyncio.wait_for(socket.recv(), 10))
            server.client().call("meeting.instant", name="Seen by WebSocket")
            return subscribed, json.loads(await asyncio.wait_for(socket.recv(), 10))

    subscribed, event = asyncio.run(events())
    assert "result" in subscribed and "Seen by WebSocket" in json.dumps(event), (subscribed, event)


@pytest.mark.alone("sqlite")
@pytest.mark.goal("S8")
def test_personal_links_stay_out_of_nginx_log_and_addresses_cannot_be_forged(behind_nginx):
    server, nginx = behind_nginx
    meeting = server.client().call(
        "meeting.create", name="Later", start="2031-01-01T09:00:00Z", participants=[{"name": "Ana", "email": "ana@example.com"}]
    )
    ticket = meeting["participants"][0]["join_url"].removeprefix(f"https://{HOST}")
    assert nginx.get(ticket)[0] == 200
    # Wrong codes are counted by address; whoever writes another one each time is still the same.
    answers = [nginx.get(f"/j/zzzzzzzz{a}{b}", X_Forwarded_For=f"198.51.100.{number}")[0] for number, (a, b) in enumerate((a, b) for a in "abcde" for b in "abcdefgh")]
    assert answers[0] == 404 and answers.count(429) >= 25, answers
    log = nginx.log.read_text()
    assert ticket.rsplit("/", 1)[1] not in log and "/j/" + meeting["room_code"] + "/***" in log, log[-2000:]


@pytest.mark.parametrize("example", ["caddy", "container"])
def test_the_caddy_examples_are_valid(example, tmp_path):
    names = {"OMEET_HOST": "erp.example.org", "JITSI_HOST": "jitsi.example.org", "HOME": str(tmp_path)}
    run(tool("caddy"), "validate", "--adapter", "caddyfile", "--config", DEPLOY / example / "Caddyfile", env=os.environ | names)


# Addresses of ours that the examples leave to Odoo, or to nobody, and why.
ODOO_S_OWN = "the ERP's own external API and pages; clients that speak it with omeet use omeet's name or port"
NOT_PROXIED = {
    "/": "the ERP's start page: both are under one name",
    "/jsonrpc": ODOO_S_OWN,
    "/json/2": ODOO_S_OWN,
    "/doc-bearer": ODOO_S_OWN,
    "/web": ODOO_S_OWN,
    "/metrics": "for machines beside this one",
    "/readyz": "for machines beside this one",
}
# Addresses of Odoo (its calendar, external API, pages) near ours.
ODOO = ["/", "/odoo", "/web/login", "/calendar/meeting/accept?token=x", "/calendar/meeting/view?token=x&id=1", "/calendar/join_videocall/x", "/calendar"]
ODOO_POSTS = ["/calendar/notify", "/calendar/notify_ack", "/jsonrpc", "/xmlrpc/2/common", "/xmlrpc/2/object", "/web/session/authenticate", "/json/2/res.users/read"]


def routes() -> set:
    """Every address of the router, read from the source; one that is written otherwise than as a text is refused."""
    found = set()
    for file in (ROOT / "src").rglob("*.rs"):
        if {"stand_ins", "demo", "tests"} & set(file.relative_to(ROOT).parts) or file.stem.endswith(("tests", "testing")):
            continue
        source = file.read_text().split("#[cfg(test)]")[0]
        found |= set(re.findall(r'\.route\(\s*"(/[^"]*)"', source)) | set(re.findall(r'\("(/[^"]+)", Target::', source))
        assert "axum::Router" not in source or not re.search(r'\.(nest|route_service)\(|\.route\(\s*(?!"|path,)', source), file
    return found


def asked(route: str) -> str:
    return re.sub(r"\{\*?\w+\}", "x", route.replace("/calendar/{file}", "/calendar/x.ics"))


@pytest.fixture(params=["nginx", "caddy", "container"])
def proxy(request, tmp_path):
    omeet = stand_in("omeet")
    made = Nginx(tmp_path / "proxy", omeet.server_port) if request.param == "nginx" else Caddy(tmp_path / "proxy", request.param, omeet.server_port)
    yield made.start()
    made.stop()
    omeet.shutdown()


@pytest.mark.goal("S9")
def test_every_address_of_ours_passes_the_examples_and_none_of_odoo_is_taken(proxy):
    ours = routes()
    assert len(ours) > 40 and {"/calendars/callback", "/admin", "/j/{code}/{ticket}", "/jsonrpc"} <= ours
    excepted = {route for route in ours if any(route == path or path != "/" and route.startswith(path + "/") for path in NOT_PROXIED)}
    assert NOT_PROXIED.keys() <= excepted | {"/web", "/doc-bearer"}, "an exception without a route"
    who = {route: proxy.get(asked(route)) for route in ours}
    assert not {route: answer for route, answer in who.items() if answer[2].startswith(b"omeet stand-in: ") == (route in excepted)}
    assert {who[route][0] for route in ("/metrics", "/readyz")} == {404}
    for path, body in [*((path, None) for path in ODOO), *((path, b"{}") for path in ODOO_POSTS)]:
        assert proxy.get(path, body=body)[2].startswith(f"odoo stand-in: {path} ".encode()), path


@pytest.mark.goal("S8")
def test_what_opens_something_stays_out_of_the_log_of_a_proxy(proxy):
    for path in ["/j/abc-defg-hij/{}/status", "/booking/{}", "/calendar/{}.ics", "/recordings/{}", "/calendars/connect/{}/go", "/calendars/callback?code={}"]:
        assert b"omeet stand-in" in proxy.get(path.format("canary-of-a-link"), Authorization="Bearer canary-of-a-key")[2], path
    assert b"odoo stand-in" in proxy.get("/last-line-of-the-log")[2]
    for _ in range(100):
        log = proxy.log.read_text()
        if "/last-line-of-the-log" in log or not proxy.has_access_log:
            break
        time.sleep(0.05)
    assert "canary" not in log and ("/last-line-of-the-log" in log) == proxy.has_access_log, log


def settings_of(text: str) -> set:
    """Every OMEET_ variable, as section and name."""
    found = set(re.findall(r"\bOMEET_([A-Z]+)__([A-Z_]+)\b", text))
    return {(section.lower(), name.lower()) for section, name in found}


def test_every_setting_that_deploy_names_exists():
    section, known = "", set()
    for line in (ROOT / "src/config/default.toml").read_text().splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            section = heading[1]
        elif setting := re.match(r"(\w+) =", line):
            known.add((section, setting[1]))
    files = [file for file in [*DEPLOY.rglob("*"), *(ROOT / "docs").glob("*.md"), ROOT / "README.md"] if file.is_file() and file.suffix not in (".png",)]
    named = {setting: file.name for file in files for setting in settings_of(file.read_text())}
    assert len(named) > 10 and not {setting: file for setting, file in named.items() if setting not in known}


MANIFESTS = {"omeet.yaml": ["Deployment", "Service", "PodDisruptionBudget"], "omeet-worker.yaml": ["Deployment"]}


@pytest.mark.parametrize("name", MANIFESTS)
def test_the_manifests_are_whole(name):
    documents = list(yaml.safe_load_all((DEPLOY / "kubernetes" / name).read_text()))
    assert [document["kind"] for document in documents] == MANIFESTS[name]
    spec = documents[0]["spec"]
    assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"] == documents[0]["metadata"]["labels"]
    pod = spec["template"]["spec"]
    container = pod["containers"][0]
    assert {container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe")} == {"/healthz"}
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz" and pod["terminationGracePeriodSeconds"] >= 20
    assert container["securityContext"]["readOnlyRootFilesystem"] and pod["securityContext"]["runAsNonRoot"]
    # Behind an ingress: whoever does not believe it has one guest.
    assert "OMEET_SERVER__TRUSTED_PROXIES" in {variable["name"] for variable in container["env"]}
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]}


@pytest.mark.alone("sqlite")
def test_calls_and_work_are_one_program_with_one_configuration(launch):
    """What units and manifests say after the program's name is what it takes."""
    server = launch(started=False)
    pods = [next(yaml.safe_load_all((DEPLOY / "kubernetes" / name).read_text()))["spec"]["template"]["spec"] for name in MANIFESTS]
    calls, work = (pod["containers"][0] for pod in pods)
    assert calls["env"] == work["env"] and work["args"] == ["worker"] and "args" not in calls
    for command in (["worker"], ["serve", "--calls-only"]):
        assert server.run(*command, "--help").returncode == 0
        assert " ".join(command) in (DEPLOY / "systemd/omeet-worker.service").read_text()


def test_the_compose_file_is_whole():
    services = yaml.safe_load((DEPLOY / "container/compose.yaml").read_text())["services"]
    assert {"postgres", "odoo", "omeet", "caddy", "jitsi-web", "jitsi-prosody", "jitsi-jicofo", "jitsi-jvb"} == set(services)
    example = (DEPLOY / "container/environment.example").read_text()
    asked = set(re.findall(r"\$\{(\w+):\?\}", (DEPLOY / "container/compose.yaml").read_text()))
    assert asked == set(re.findall(r"^(\w+)=", example, re.M)), "every variable that is asked for is in the example"
    postgres = services["postgres"]["environment"]
    assert {"POSTGRES_USER", "POSTGRES_DB"} <= set(postgres), "without its own name psql looks for a database that is called like the user"
    assert '-U "$POSTGRES_USER" -d "$POSTGRES_DB"' in (DEPLOY / "container/create-omeet.sh").read_text()
    for script in [DEPLOY / "container/create-omeet.sh", DEPLOY / "debian/build", *(DEPLOY / "debian" / name for name in ("postinst", "prerm", "postrm"))]:
        run("bash", "-n", script)


def test_the_proxy_that_is_believed_is_at_an_address_that_nobody_else_gets():
    compose = yaml.safe_load((DEPLOY / "container/compose.yaml").read_text())
    given, caddy = compose["networks"]["default"]["ipam"]["config"][0], compose["services"]["caddy"]["networks"]["default"]["ipv4_address"]
    assert compose["services"]["omeet"]["environment"]["OMEET_SERVER__TRUSTED_PROXIES"] == caddy
    assert ipaddress.ip_address(caddy) in ipaddress.ip_network(given["subnet"]) and caddy != given["gateway"]
    assert ipaddress.ip_address(caddy) not in ipaddress.ip_network(given["ip_range"])


# Of Debian's releases: a pg_dump copies no server that is newer than itself.
PG_DUMP = {"bookworm": 15, "trixie": 17}


@pytest.mark.goal("S4.1")
def test_the_image_can_back_up_the_server_beside_it():
    last = re.findall(r"^FROM debian:(\w+)-slim$", (DEPLOY / "container/Dockerfile").read_text(), re.M)[-1]
    server = yaml.safe_load((DEPLOY / "container/compose.yaml").read_text())["services"]["postgres"]["image"]
    assert int(server.removeprefix("postgres:")) <= PG_DUMP[last]


@pytest.mark.goal("S2.31")
def test_the_alerts_fire_when_they_should():
    run(tool("promtool"), "check", "config", DEPLOY / "prometheus/prometheus.yml")
    run(tool("promtool"), "test", "rules", "omeet-alerts.test.yml", cwd=DEPLOY / "prometheus")


def queries() -> list:
    """Every query of the dashboard and of the alerts."""
    dashboard = json.loads((DEPLOY / "grafana/omeet.json").read_text())
    drawn = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    rules = yaml.safe_load((DEPLOY / "prometheus/omeet-alerts.yml").read_text())["groups"][0]["rules"]
    return [query.replace("$__rate_interval", "1m").replace("$instance", ".*") for query in [*drawn, *(rule["expr"] for rule in rules)]]


def test_only_metrics_that_exist_are_asked_for():
    source = "".join(file.read_text() for file in (ROOT / "src").rglob("*.rs"))
    asked = {re.sub(r"_(bucket|sum|count)$", "", name) for query in queries() for name in METRIC.findall(query)}
    assert len(asked) > 12 and not {name for name in asked if f'"{name}"' not in source}


def test_every_metric_is_in_the_guide():
    source = "".join(file.read_text() for file in (ROOT / "src").rglob("*.rs"))
    made = set(re.findall(r'(?:counter|gauge|histogram)!\(\s*"(omeet_\w+)"', source))
    assert len(made) > 15 and not made - set(METRIC.findall((ROOT / "docs/operations.md").read_text()))


class Prometheus:
    """A real one that scrapes one server."""

    def __init__(self, folder: Path, target: int, token: str):
        self.port = free_port()
        config = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
        job = config["scrape_configs"][0] | {"static_configs": [{"targets": [f"127.0.0.1:{target}"]}], "scrape_interval": "1s", "authorization": {"credentials": token}}
        rules = [str(DEPLOY / "prometheus/omeet-alerts.yml")]
        (folder / "prometheus.yml").write_text(yaml.safe_dump({"scrape_configs": [job], "rule_files": rules, "global": {"evaluation_interval": "1s"}}))
        arguments = [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{self.port}"]
        self.log = (folder / "prometheus.log").open("w")
        self.process = subprocess.Popen([tool("prometheus"), *arguments], stdout=self.log, stderr=self.log)

    def ask(self, path: str, **parameters) -> dict:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}", timeout=20) as answer:
            return json.load(answer)["data"]

    def wait_for(self, query: str) -> list:
        for _ in range(200):
            try:
                if found := self.ask("query", query=query)["result"]:
                    return found
            except OSError:
                assert self.process.poll() is None
            time.sleep(0.1)
        raise AssertionError(f"nothing for {query}")


@pytest.mark.goal("S2.31")
def test_a_real_prometheus_reads_it_and_loads_the_alerts(launch, engine, tmp_path):
    token = "a-token-of-some-length"
    server = launch(metrics__token=token)
    assert Client(server.url).get("/metrics").status == 401
    server.client().call("meeting.instant", name="Counted")
    prometheus = Prometheus(tmp_path, server.port, token)
    try:
        assert prometheus.wait_for('up{job="omeet"}')[0]["value"][1] == "1"
        assert prometheus.wait_for('omeet_rpc_calls_total{method="meeting.instant", result="ok"}')
        pool = prometheus.wait_for("omeet_db_connections")
        assert {row["metric"]["pool"] for row in pool} == {"sqlite_readers" if engine == "sqlite" else "postgres"}
        for query in queries():
            prometheus.ask("query", query=query)
        rules = prometheus.ask("rules")["groups"][0]["rules"]
        assert len(rules) > 5 and all(rule["health"] != "err" for rule in rules), rules
        assert not [alert for alert in prometheus.ask("alerts")["alerts"] if alert["state"] == "firing"]
    finally:
        prometheus.process.kill()
        prometheus.process.wait()
        prometheus.log.close()
    text = Client(server.url).get("/metrics", Authorization=f"Bearer {token}").body
    lint = subprocess.run([tool("promtool"), "check", "metrics"], input=text, capture_output=True, timeout=60)
    assert b"error" not in lint.stderr.lower(), lint.stderr


@pytest.mark.goal("S17")
def test_metrics_are_for_this_machine_unless_there_is_a_token(server):
    visitor = Client(server.url)
    assert visitor.get("/metrics").status == 200
    assert visitor.get("/metrics", X_Forwarded_For="127.0.0.1").status == 401
    assert visitor.get("/metrics", X_Forwarded_For="203.0.113.9").status == 401
