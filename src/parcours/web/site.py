"""A folder of pages that `parcours serve` shows under /site: to try slots without a site of one's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse, RedirectResponse, Response

HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
SHOWN = {".html", ".css", ".js", ".svg", ".png", ".jpg", ".webp", ".ico", ".json", ".txt", ".woff2"}


def pages(folder: Path, key: str) -> Callable[[Any], APIRouter]:
    """The addresses of a folder's files; `key.js` tells the script of pages which key to use."""
    root = folder.resolve()

    def made(_: Any) -> APIRouter:
        router = APIRouter(include_in_schema=False)

        @router.get("/site")
        def start() -> Response:
            return RedirectResponse("/site/")

        @router.get("/site/key.js")
        def told() -> Response:
            return Response(f"window.PARCOURS_KEY = {json.dumps(key)}\n", media_type="text/javascript", headers=HEADERS)

        @router.get("/site/{path:path}")
        def page(path: str) -> Response:
            file = _inside(root, path or "index.html")
            if file is None:
                return Response("There is no such page.", 404, HEADERS, "text/plain")
            return FileResponse(file, headers=HEADERS)

        return router

    return made


def _inside(root: Path, path: str) -> Path | None:
    """A file of the folder that pages are made of; None for anything else, hidden files and ways out among it."""
    try:
        file = (root / path).resolve()
        parts = file.relative_to(root).parts
        there = file.is_file()
    except (ValueError, OSError):
        return None
    if any(part.startswith(".") for part in parts) or file.suffix.lower() not in SHOWN:
        return None
    return file if there else None
