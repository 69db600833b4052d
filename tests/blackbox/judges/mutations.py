"""Twenty ways to spoil a token. Each must be refused by every library."""

import base64
import json


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def mutations(token, pem):
    """Names and spoilt tokens."""
    header, claims, signature = token.split(".")
    fields, body, raw = json.loads(decode(header)), json.loads(decode(claims)), decode(signature)

    def with_header(**changes):
        changed = {name: value for name, value in {**fields, **changes}.items() if value is not None}
        return f"{encode(json.dumps(changed).encode())}.{claims}.{signature}"

    def with_claims(**changes):
        return f"{header}.{encode(json.dumps({**body, **changes}).encode())}.{signature}"

    def with_signature(changed):
        return f"{header}.{claims}.{encode(changed)}"

    user = {**body["context"]["user"], "affiliation": "owner", "moderator": "true", "name": "Somebody else"}
    unsigned = encode(json.dumps({**fields, "alg": "none"}).encode())
    yield "room changed", with_claims(room="another-room")
    yield "room wildcard", with_claims(room="*")
    yield "made moderator", with_claims(context={**body["context"], "user": user})
    yield "made moderator on top", with_claims(moderator="yes")
    yield "expires later", with_claims(exp=body["exp"] + 1)
    yield "works earlier", with_claims(nbf=body["nbf"] - 1)
    yield "another audience", with_claims(aud="another")
    yield "another issuer", with_claims(iss="another")
    yield "another subject", with_claims(sub="another")
    yield "alg none, signature kept", with_header(alg="none")
    yield "alg none, no signature", f"{unsigned}.{claims}."
    yield "another alg of the family", with_header(alg="RS512" if pem else "HS512")
    yield "alg of the other family", with_header(alg="HS256" if pem else "RS256")
    yield "first bit of the signature", with_signature(bytes([raw[0] ^ 1]) + raw[1:])
    yield "last bit of the signature", with_signature(raw[:-1] + bytes([raw[-1] ^ 1]))
    yield "short signature", with_signature(raw[:-1])
    yield "long signature", with_signature(raw + b"\0")
    yield "no signature", f"{header}.{claims}."
    yield "two parts", f"{header}.{claims}"
    yield "header and claims exchanged", f"{claims}.{header}.{signature}"
