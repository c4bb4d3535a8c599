"""Holds JSON against a schema of the endpoint's OpenAPI description, as far as that uses the language."""

from __future__ import annotations

from typing import Any

TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool}
KNOWN = {"type", "properties", "required", "additionalProperties", "items", "enum", "nullable", "description", "$ref", "minimum",
         "maximum"}


def problems(value: Any, schema: dict, document: dict, where: str = "answer") -> list[str]:
    """What is wrong with `value`, in sentences."""
    if unknown := set(schema) - KNOWN:
        return [f"{where}: this checker does not know {', '.join(unknown)}"]
    if reference := schema.get("$ref"):
        target = document
        for level in reference.removeprefix("#/").split("/"):
            target = target[level]
        return problems(value, target, document, where)
    if value is None:
        return [] if schema.get("nullable") else [f"{where} is null"]
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (kind in ("integer", "number") and isinstance(value, bool))):
        return [f"{where} is no {kind}: {value!r:.80}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where} is none of {schema['enum']}: {value!r}"]
    found = []
    if kind == "array":
        for i, item in enumerate(value):
            found += problems(item, schema["items"], document, f"{where}[{i}]")
    if kind == "object":
        properties = schema.get("properties", {})
        found += [f"{where} lacks {name}" for name in schema.get("required", []) if name not in value]
        for name, item in value.items():
            if name in properties:
                found += problems(item, properties[name], document, f"{where}.{name}")
            elif schema.get("additionalProperties") is False:
                found.append(f"{where}.{name} is not described")
    return found
