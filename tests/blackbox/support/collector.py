"""A stand-in for an OpenTelemetry collector: takes OTLP over HTTP and reads it with OpenTelemetry's own definitions."""

import time
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from .receiver import Receiver


@dataclass
class Span:
    name: str
    kind: str
    trace: str
    id: str
    parent: str
    failed: bool
    attributes: dict
    resource: dict
    links: list


def plain(attributes) -> dict:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


def read(body: bytes) -> list[Span]:
    request = ExportTraceServiceRequest.FromString(body)
    return [
        Span(
            span.name, Sent.SpanKind.Name(span.kind), span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex(),
            span.status.code == Status.STATUS_CODE_ERROR, plain(span.attributes), plain(group.resource.attributes),
            [(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
        )
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


class Collector(Receiver):
    """Answers 204 until it is told otherwise."""

    def settings(self, **more) -> dict:
        return {"telemetry__otlp_endpoint": self.url, "telemetry__otlp_headers": "x-collector-key=k1"} | more

    def spans(self) -> list[Span]:
        """What arrived and was taken."""
        taken = [one for one in list(self.received) if one["status"] == 204]
        assert {one["path"] for one in taken} <= {"/v1/traces"}
        assert all(one["headers"]["content-type"] == "application/x-protobuf" and one["headers"]["x-collector-key"] == "k1" for one in taken)
        return [span for one in taken for span in read(one["body"])]

    def wait_for(self, *names: str, trace: str | None = None, timeout: float = 30) -> dict[str, Span]:
        """The first span of each name, of one trace."""
        deadline = time.monotonic() + timeout
        while True:
            spans = [span for span in self.spans() if trace in (None, span.trace)]
            found = {name: next((span for span in spans if span.name == name), None) for name in names}
            if all(found.values()):
                return found
            assert time.monotonic() < deadline, f"missing of {sorted(found)}: there are {sorted((span.trace, span.name) for span in spans)}"
            time.sleep(0.05)
