// Judges tokens with jose. Reads cases with their spoilt tokens from stdin; prints one line of JSON for each token.
// Exits with 1 when a good token is refused or a spoilt one accepted.

import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { createLocalJWKSet, importSPKI, jwtVerify } from "jose";

async function keysOf({ secret, pem, jwk, alg }) {
  if (secret) return [new TextEncoder().encode(secret)];
  return [await importSPKI(pem, alg), createLocalJWKSet({ keys: [jwk] })];
}

async function accepts(key, { alg, claims }, token) {
  const { iss: issuer, aud: audience, sub: subject } = claims;
  const options = { algorithms: [alg], typ: "JWT", issuer, audience, subject, requiredClaims: ["exp", "nbf"] };
  try {
    return isDeepStrictEqual((await jwtVerify(token, key, options)).payload, claims);
  } catch {
    return false;
  }
}

let failed = false;
for (const one of JSON.parse(readFileSync(0, "utf8"))) {
  for (const key of await keysOf(one)) {
    const accepted = await accepts(key, one, one.token);
    const passed = [];
    for (const [name, token] of Object.entries(one.spoilt)) {
      if (await accepts(key, one, token)) passed.push(name);
    }
    const refused = Object.keys(one.spoilt).length - passed.length;
    failed ||= !accepted || refused !== 20;
    console.log(JSON.stringify({ library: "jose", token: one.name, accepted, refused, wrongly_accepted: passed }));
  }
}
process.exit(failed ? 1 : 0);
