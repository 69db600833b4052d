"""The methods as /openrpc.json describes them."""

import functools


@functools.cache
def _document(url: str) -> dict:
    from .rpc import Client

    return Client(url).get("/openrpc.json").json()


def methods(client) -> dict:
    """Name -> method object."""
    return {method["name"]: method for method in _document(client.url)["methods"]}


def example(method: dict) -> dict:
    """The parameters of a method's first example."""
    return {param["name"]: param["value"] for param in method["examples"][0]["params"]}


def resolve(document: dict, schema):
    """Follows $ref inside the document."""
    while isinstance(schema, dict) and "$ref" in schema:
        target = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    return schema


def document(client) -> dict:
    return _document(client.url)


def parameter_names(method: dict) -> set:
    return {param["name"] for param in method["params"]}
