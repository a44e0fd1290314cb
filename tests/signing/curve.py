"""
Points added in plain Python: the slow, obvious arithmetic that the library's judgement of keys is held against.
"""

from __future__ import annotations

from typing import Final

from trail.signing.edwards import D, P, Point

IDENTITY: Final[Point] = (0, 1, 1, 0)


def encode(point: Point) -> bytes:
    """Spell a *point* in its one canonical way."""
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def add(first: Point, second: Point) -> Point:
    """Add two points; complete, so it also doubles.  RFC 8032, section 5.1.4."""
    x1, y1, z1, t1 = first
    x2, y2, z2, t2 = second
    a, b = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * D * t1 * t2 % P, 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(scalar: int, point: Point) -> Point:
    """Add a *point* to itself *scalar* times; not in constant time, for public values only."""
    total = IDENTITY
    for bit in bin(scalar)[2:]:
        total = add(total, total)
        if bit == "1":
            total = add(total, point)
    return total
