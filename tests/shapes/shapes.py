"""What is kept of an answer: its status, the headers that clients read, and the names and types of its members. No texts."""

import re

# Those that a client reads; a value where it must be the same, and "*" where it is the answer's own.
KEPT = ["Allow", "Content-Type", "Location", "OpenStack-API-Version", "Retry-After", "Vary", "WWW-Authenticate", "X-Compute-Request-Id",
        "X-OpenStack-Request-Id", "X-Subject-Token"]
SAME = {"Content-Type", "OpenStack-API-Version", "Vary"}
REQUEST_ID = re.compile("^req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


def shape(value):
    """Names and types. An array is the shape of its elements, or empty."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in sorted(value.items())}
    if isinstance(value, list):
        return [merged([shape(element) for element in value])] if value else []
    return {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}[type(value)]


def merged(shapes):
    first = shapes[0]
    if all(isinstance(one, dict) for one in shapes):
        names = sorted({name for one in shapes for name in one})
        return {name: merged([one[name] for one in shapes if name in one]) for name in names}
    return next((one for one in shapes if one != "null"), first)


def headers(given, version=None):
    """A microversion that is the one that was asked for is written N."""
    given = {name.lower(): value for name, value in given.items()}
    kept = {name: given[name.lower()] if name in SAME else "*" for name in KEPT if name.lower() in given}
    for name in kept:
        if name.endswith("-Request-Id"):
            assert REQUEST_ID.match(given[name.lower()]), given
    if version is not None and kept.get("OpenStack-API-Version") == f"volume {version}":
        kept["OpenStack-API-Version"] = "volume N"
    return kept


def filled(value, names):
    """With what placeholders stand for."""
    if isinstance(value, str):
        for name, text in names.items():
            value = value.replace("{" + name + "}", text)
        return value
    if isinstance(value, list):
        return [filled(element, names) for element in value]
    if isinstance(value, dict):
        return {filled(name, names): filled(member, names) for name, member in value.items()}
    return value
