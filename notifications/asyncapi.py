"""The stream as an AsyncAPI 3 document, made from the message types: what a client's types are
generated from.
"""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from notifications.close_codes import CLOSE_CODES
from notifications.frames import CLIENT_FRAMES, SERVER_FRAMES, SUBPROTOCOL, Event
from notifications.messages import EVENTS
from notifications.terms import Terms

CHANNEL = "#/channels/stream"
Json = dict[str, Any]


def asyncapi_document(version: str = "1") -> Json:
    """The document, fresh for the caller to change; its only channel is `/v1/stream`."""
    return deepcopy(_document()) | {
        "info": {
            "title": "Dibs, live stream",
            "version": version,
            "description": "What happens to somebody's chores, offers and bookings, in order.",
            "license": {"name": "MIT"},
        }
    }


@lru_cache
def _document() -> Json:
    said, heard = _server_messages(), {_name(frame): _message(frame) for frame in CLIENT_FRAMES}
    return {
        "asyncapi": "3.0.0",
        "info": {},
        "defaultContentType": "application/json",
        "channels": {"stream": _channel([*said, *heard])},
        "operations": {
            "tell": _operation("send", said, "What the server says."),
            "hear": _operation("receive", heard, "What the client says; `resume` comes first."),
        },
        "components": {"messages": said | heard, "schemas": _schemas()},
    }


def _channel(messages: list[str]) -> Json:
    return {
        "address": "/v1/stream",
        "title": "A person's stream",
        "description": (
            f"A websocket of subprotocol `{SUBPROTOCOL}`. Get a ticket from POST "
            "/v1/stream/tickets and offer it as a second subprotocol, `ticket.<ticket>`, or send "
            "it in `resume`."
        ),
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
        "x-close-codes": [
            {
                "code": row.code,
                "name": row.name,
                "meaning": row.meaning,
                "reconnect": str(row.reconnect),
            }
            for row in CLOSE_CODES.values()
        ],
        "x-terms": Terms().announced(),
    }


def _operation(action: str, messages: Json, summary: str) -> Json:
    return {
        "action": action,
        "channel": {"$ref": CHANNEL},
        "summary": summary,
        "messages": [{"$ref": f"{CHANNEL}/messages/{name}"} for name in messages],
    }


def _server_messages() -> Json:
    """The frames the server says; an event is a message for each type of event."""
    frames = {_name(frame): _message(frame) for frame in SERVER_FRAMES if frame is not Event}
    return frames | {event_type: _event_message(event_type) for event_type in EVENTS}


def _message(model: type[BaseModel]) -> Json:
    return {
        "name": _name(model),
        "summary": (model.__doc__ or "").strip(),
        "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
    }


def _event_message(event_type: str) -> Json:
    model = EVENTS[event_type]
    narrowed = {
        "properties": {
            "type": {"const": event_type},
            "data": {"$ref": f"#/components/schemas/{model.__name__}"},
        }
    }
    return {
        "name": event_type,
        "summary": (model.__doc__ or "").strip(),
        "payload": {"allOf": [{"$ref": "#/components/schemas/Event"}, narrowed]},
    }


def _schemas() -> Json:
    """What the server says as it is written, every field; what the client says as it is read."""
    said = {*SERVER_FRAMES, *EVENTS.values()}
    modes: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        *((model, "serialization") for model in sorted(said, key=lambda model: model.__name__)),
        *((model, "validation") for model in CLIENT_FRAMES),
    ]
    _, definitions = models_json_schema(modes, ref_template="#/components/schemas/{model}")
    schemas: Json = definitions["$defs"]
    for frame in CLIENT_FRAMES:
        schemas[frame.__name__].setdefault("required", []).append("frame")
    return schemas


def _name(frame: type[BaseModel]) -> str:
    name: str = frame.model_fields["frame"].default
    return name
