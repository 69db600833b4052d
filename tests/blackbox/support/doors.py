"""The same call through every door: alone, inside a batch, over a WebSocket."""

from .websocket import Socket

DOORS = ["single", "batch", "websocket"]


def respond(door: str, client, method: str, params: dict) -> dict:
    """The response object without its id."""
    if door == "single":
        response = client.respond(method, **params)
    elif door == "batch":
        response = client.batch([("server.info", {}), (method, params)])[1]
    else:
        with Socket(client.url, client.key) as socket:
            response = socket.respond(method, **params)
    return {name: value for name, value in response.items() if name != "id"}
