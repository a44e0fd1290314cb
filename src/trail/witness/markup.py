"""
HTML that can't be injected into: whatever is not made here is text, and text is escaped.

Only elements that `element` made are taken as they are.  Characters that would be invisible or reorder their
surroundings are shown as escapes first, as everywhere in this library.

>>> element("p", "<b>", element("i", "x"), title='"')
'<p title="&quot;">&lt;b&gt;<i>x</i></p>'
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import Final

from trail.encoding import printable

_VOID: Final = frozenset(("meta", "br"))


class Html(str):
    """Markup that `element` made; any other string is text."""

    __slots__ = ()


def element(name: str, *content: str, **attributes: str) -> Html:
    """The element *name*; an attribute is named as in HTML, with ``_`` at its end where Python has a word for it."""
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{_text(value)}"' for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{''.join(map(_inner, content))}</{name}>")


def document(lang: str, title: str, style: str, *body: str) -> Html:
    """A whole page; *style* is of this program's own making, never data."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        Html(f"<style>{style}</style>"),
    )
    return Html("<!doctype html>\n" + element("html", head, element("body", *body), lang=lang) + "\n")


def policy(style: str) -> str:
    """The Content-Security-Policy of such a page: nothing at all but its own style."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _inner(content: str) -> str:
    return content if isinstance(content, Html) else _text(content)


def _text(text: str) -> str:
    return escape(printable(text), quote=True)
