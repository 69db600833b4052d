"""Four libraries that judge tokens: PyJWT, joserfc, jwcrypto and python-jose. A case holds the token, its claims, and the key
as each library wants it."""

import json


def pyjwt(case, token):
    import jwt

    key = case["secret"] or case["pem"]
    options = {"require": ["exp", "nbf", "iss", "aud", "sub"]}
    return jwt.decode(token, key, [case["alg"]], options, audience=case["claims"]["aud"], issuer=case["claims"]["iss"])


def joserfc(case, token):
    from joserfc import jwk, jwt

    key = jwk.OctKey.import_key(case["secret"]) if case["secret"] else jwk.RSAKey.import_key(case["jwk"])
    decoded = jwt.decode(token, key, [case["alg"]])
    words = {name: {"essential": True, "value": case["claims"][name]} for name in ("iss", "aud", "sub")}
    jwt.JWTClaimsRegistry(**words, exp={"essential": True}).validate(decoded.claims)
    return decoded.claims


def jwcrypto(case, token):
    from jwcrypto import jwk, jwt

    if case["secret"]:
        key = jwk.JWK.from_password(case["secret"])
    else:
        key = jwk.JWK(**case["jwk"])
    words = {name: case["claims"][name] for name in ("iss", "aud", "sub")}
    checked = jwt.JWT(jwt=token, key=key, algs=[case["alg"]], check_claims={**words, "exp": None, "nbf": None})
    return json.loads(checked.claims)


def python_jose(case, token):
    from jose import jwt

    claims = case["claims"]
    key = case["secret"] or case["jwk"]
    return jwt.decode(token, key, [case["alg"]], audience=claims["aud"], issuer=claims["iss"], subject=claims["sub"])


def accepts(library, case, token):
    try:
        return library(case, token) == case["claims"]
    except Exception:  # each library has its own
        return False


LIBRARIES = [pyjwt, joserfc, jwcrypto, python_jose]
