"""A small database of networks in MaxMind's format (MaxMind DB file format specification 2.0), for tests."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path
from typing import Any


def write(file: Path, networks: dict[str, dict[str, Any]]) -> Path:
    """Writes what is known of IPv4 networks."""
    nodes: list[list[Any]] = [[None, None]]
    for network, told in networks.items():
        _insert(nodes, IPv4Network(network), told)
    data, starts = b"", {}
    for told in networks.values():
        starts[id(told)] = len(data)
        data += _encoded(told)
    halves = [half for node in nodes for half in node]
    tree = b"".join(_record(half, len(nodes), starts).to_bytes(3, "big") for half in halves)
    about = {"node_count": len(nodes).to_bytes(4, "big"), "record_size": 24, "ip_version": 4,
             "database_type": "Test", "languages": ["en"], "description": {"en": "Test"},
             "binary_format_major_version": 2, "binary_format_minor_version": 0,
             "build_epoch": (1).to_bytes(8, "big")}  # fmt: skip
    file.write_bytes(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + _encoded(about))
    return file


def _insert(nodes: list[list[Any]], network: IPv4Network, told: dict[str, Any]) -> None:
    at, address = 0, int(network.network_address)
    for depth in range(network.prefixlen):
        bit = address >> (31 - depth) & 1
        if depth == network.prefixlen - 1:
            nodes[at][bit] = told
        elif nodes[at][bit] is None:
            nodes.append([None, None])
            nodes[at][bit] = len(nodes) - 1
        if depth < network.prefixlen - 1:
            at = nodes[at][bit]


def _record(half: Any, count: int, starts: dict[int, int]) -> int:
    if half is None:
        return count
    return half if isinstance(half, int) else count + 16 + starts[id(half)]


def _encoded(value: Any) -> bytes:
    if isinstance(value, str):
        return bytes([2 << 5 | len(value.encode())]) + value.encode()
    if isinstance(value, int):
        return bytes([5 << 5 | 2]) + value.to_bytes(2, "big")
    if isinstance(value, bytes):  # a number of 32 or 64 bits
        return (bytes([6 << 5 | 4]) if len(value) == 4 else bytes([8, 9 - 7])) + value
    if isinstance(value, list):
        return bytes([len(value), 11 - 7]) + b"".join(map(_encoded, value))
    return bytes([7 << 5 | len(value)]) + b"".join(_encoded(key) + _encoded(each) for key, each in value.items())
