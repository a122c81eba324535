"""Style sheets, scripts and the font."""

import re

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from infra24 import theme as themes

_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}


async def static(request: Request) -> Response:
    """One static file, for ever: its address carries its hash."""
    found = request.app.state.static.files.get(request.path_params["path"])
    if found is None:
        raise HTTPException(404)
    headers = {**_FOREVER, "vary": "Accept-Encoding"}
    if found.compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.compressed, 200, {**headers, "content-encoding": "gzip"}, found.kind)
    return Response(found.body, 200, headers, found.kind)


async def embed(request: Request) -> Response:
    """The script that puts a booking link into a page of another site. Its address never changes."""
    found = request.app.state.static.files.get("embed.js")
    if found is None:
        raise HTTPException(404)
    headers = {"cache-control": "public, max-age=3600", "access-control-allow-origin": "*"}
    return Response(found.body, 200, headers, found.kind)


async def theme(request: Request) -> Response:
    """The style sheet of one colour and one radius."""
    seed, radius = request.path_params["seed"], request.path_params["radius"]
    if not re.fullmatch(r"[0-9a-f]{6}", seed) or not re.fullmatch(r"\d{1,2}", radius):
        raise HTTPException(404)
    return Response(themes.stylesheet(f"#{seed}", int(radius)), 200, _FOREVER, "text/css")
