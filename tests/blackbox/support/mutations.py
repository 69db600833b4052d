"""Malformed and unexpected messages from a seed: the same seed gives the same messages."""

import json
import random

from . import catalogue

TEXTS = ["", "a", "x" * 300, "\u0000", "\r\n", "\u2028", "🔑", "‮gnp", "' or 1=1 --", "{{7*7}}", "<svg onload=1>", "../..", "%00", "NaN", "=1+1", "2031-13-45T99:99:99Z", "9" * 400, "mtg_" + "0" * 32, "mtg_zz", "null"]
NUMBERS = [0, -1, 1, 2**31, 2**53, 2**63, 2**64, -(2**63) - 1, 1.5, 1e308, -0.0, 10**40]
RAW = ["1e999", "-", "01", "+1", ".5", "1.", "0x10", "Infinity", "NaN", "tru", '"\\x"', '"\\ud800"', '"\\u00"', '"\n"', "[1,]", "{,}", '{"a":1,}', '{"a"}', "{1:2}", "'a'", "/**/1", "[" * 70 + "]" * 70, '{"a":' * 70 + "1" + "}" * 70]
BYTES = [b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80", b"\xef\xbb\xbf{}", b"\x00", b"", b" ", b"\xf4\x90\x80\x80", b"\x80" * 20]


class Mutator:
    """Turns the examples of the catalogue into messages that a caller should never send."""

    def __init__(self, client, seed: int):
        self.chance, self.document = random.Random(seed), catalogue.document(client)
        self.methods = {name: method for name, method in catalogue.methods(client).items() if not name.endswith("subscribe")}
        self.names = sorted(self.methods)
        self.number = 0

    def pick(self, items):
        return items[self.chance.randrange(len(items))]

    def value(self, depth: int = 0):
        kind = self.chance.randrange(7 if depth < 4 else 5)
        if kind < 2:
            return self.pick(TEXTS)
        if kind < 4:
            return self.pick(NUMBERS)
        if kind == 4:
            return self.pick([None, True, False, [], {}])
        if kind == 5:
            return [self.value(depth + 1) for _ in range(self.chance.randrange(4))]
        return {self.pick(TEXTS)[:50]: self.value(depth + 1) for _ in range(self.chance.randrange(4))}

    def of_schema(self, schema, depth: int = 0):
        """A value that mostly fits the schema."""
        schema = catalogue.resolve(self.document, schema)
        if not isinstance(schema, dict) or depth > 5 or self.chance.random() < 0.1:
            return self.value(depth)
        if choices := schema.get("enum") or schema.get("anyOf") or schema.get("oneOf"):
            chosen = self.pick(choices)
            return chosen if "enum" in schema else self.of_schema(chosen, depth + 1)
        kind = schema.get("type")
        kind = self.pick(kind) if isinstance(kind, list) else kind
        if kind == "object":
            return {name: self.of_schema(inner, depth + 1) for name, inner in schema.get("properties", {}).items() if self.chance.random() < 0.6}
        if kind == "array":
            return [self.of_schema(schema.get("items", {}), depth + 1) for _ in range(self.chance.randrange(3))]
        return {"string": self.pick(TEXTS), "integer": self.pick(NUMBERS), "number": self.pick(NUMBERS), "boolean": True}.get(kind)

    def params(self) -> tuple:
        name = self.pick(self.names)
        method, params = self.methods[name], dict(catalogue.example(self.methods[name]))
        for param in method["params"]:
            roll = self.chance.random()
            if roll < 0.15:
                params[param["name"]] = self.value()
            elif roll < 0.4:
                params[param["name"]] = self.of_schema(param["schema"])
            elif roll < 0.5:
                params.pop(param["name"], None)
        if self.chance.random() < 0.1:
            params[self.pick(TEXTS)[:60]] = self.value()
        return name, params

    def request(self) -> dict:
        self.number += 1
        name, params = self.params()
        message = {"jsonrpc": "2.0", "id": self.number, "method": name, "params": params}
        roll = self.chance.random()
        if roll < 0.1:
            message[self.pick(["jsonrpc", "method", "params", "extra"])] = self.value()
        elif roll < 0.15:
            message["id"] = self.value()
        elif roll < 0.2:
            message.pop(self.pick(["jsonrpc", "id", "method", "params"]))
        return message

    def body(self) -> tuple:
        """(bytes, the parsed message or None when it is no JSON as sent)"""
        message = self.request() if self.chance.random() < 0.85 else [self.request() for _ in range(self.chance.randrange(6))]
        text = json.dumps(message, ensure_ascii=self.chance.random() < 0.8)
        roll = self.chance.random()
        if roll < 0.75:
            return text.encode("utf-8", "surrogatepass"), message
        return self.damage(text.encode("utf-8", "surrogatepass")), None

    def damage(self, raw: bytes) -> bytes:
        at = self.chance.randrange(len(raw) + 1)
        roll = self.chance.randrange(5)
        if roll == 0:
            return raw[:at]
        if roll == 1:
            return raw[:at] + bytes([self.chance.randrange(256)]) + raw[at + 1 :]
        if roll == 2:
            return raw[:at] + self.pick(BYTES) + raw[at:]
        if roll == 3:
            return raw[:at] + self.pick(RAW).encode() + raw[at:]
        return self.pick(RAW).encode()
