"""S6: other people's libraries accept our tokens and refuse twenty spoilt copies of each."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from judges.judge import LIBRARIES, accepts
from judges.mutations import decode, mutations
from jwcrypto import jwk

SECRET = "a-shared-secret-of-more-than-32-octets"
APP_ID = "vpaas-magic-cookie-" + "0123456789abcdef" * 2


def rsa_key():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


@pytest.fixture(scope="module")
def private_pem():
    return rsa_key()


def accounts(pem):
    jitsi = {"server_url": "https://jitsi.example.org", "domain": "meet.jitsi", "app_id": "omeet", "audience": "jitsi"}
    return {
        "HS256": ("jitsi", {**jitsi, "app_secret": SECRET}),
        "RS256": ("jitsi", {**jitsi, "private_key": pem}),
        "JaaS": ("jaas", {"app_id": APP_ID, "key_id": f"{APP_ID}/4f4910", "private_key": pem}),
    }


def public_keys(server, client, name, provider, pem):
    """The key as each library wants it; for RS256 what omeet itself publishes."""
    if name == "HS256":
        return {"secret": SECRET, "pem": None, "jwk": None}
    if name == "RS256":
        published = client.request("GET", f"/keys/{provider['id']}/jwks.json").json()["keys"]
        assert len(published) == 1
        key = published[0]
    else:
        key = {**json.loads(jwk.JWK.from_pem(pem.encode()).export_public()), "kid": f"{APP_ID}/4f4910"}
    return {"secret": None, "pem": jwk.JWK(**key).export_to_pem().decode(), "jwk": key}


def cases_of(server, client, pem):
    host, guest = {"id": "7", "name": "Ana Ünï", "email": "ana@example.org"}, {"id": "8", "name": "Budi"}
    for name, (kind, settings) in accounts(pem).items():
        provider = client.call("provider.create", kind=kind, name=f"{name} of judges", settings=settings)
        keys = public_keys(server, client, name, provider, pem)
        meeting = client.call("meeting.create", name="Judged", provider_id=provider["id"], actor=host, participants=[{"user": guest}])
        for who, actor in (("moderator", host), ("participant", guest)):
            token = client.call("meeting.join", id=meeting["id"], actor=actor)["token"]
            header, claims = (json.loads(decode(part)) for part in token.split(".")[:2])
            yield {"name": f"{name} {who}", "alg": header["alg"], "token": token, "claims": claims, **keys}


@pytest.fixture(scope="module")
def cases(server, client, private_pem):
    return list(cases_of(server, client, private_pem))


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.__name__)
def test_a_library_accepts_ours_and_refuses_spoilt_ones(cases, library):
    assert len(cases) == 6
    for case in cases:
        spoilt = dict(mutations(case["token"], case["pem"]))
        assert accepts(library, case, case["token"]), case["name"]
        assert len(spoilt) == 20
        assert [name for name, token in spoilt.items() if accepts(library, case, token)] == [], case["name"]


def test_jose_accepts_ours_and_refuses_spoilt_ones(cases, tmp_path):
    (tmp_path / "node_modules").symlink_to(Path(os.environ["OMEET_NODE_PACKAGES"]) / "node_modules")
    judge = tmp_path / "judge.mjs"
    judge.write_text((Path(__file__).parent / "judges" / "judge.mjs").read_text())
    given = json.dumps([{**case, "spoilt": dict(mutations(case["token"], case["pem"]))} for case in cases])
    judged = subprocess.run(["node", str(judge)], input=given, capture_output=True, text=True, check=False)
    verdicts = [json.loads(line) for line in judged.stdout.splitlines()]
    assert judged.returncode == 0 and len(verdicts) >= 6, judged.stderr or verdicts


def test_tokens_are_what_jitsi_demands(cases):
    for case in cases:
        claims = case["claims"]
        assert isinstance(claims["aud"], str) and isinstance(claims["exp"], int) and isinstance(claims["nbf"], int)
        assert claims["room"] == claims["room"].lower() and claims["room"].isalnum()
        assert "null" not in json.dumps(claims)
