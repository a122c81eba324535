"""Pages: one template, rendered whole or only the block that changed."""

import gzip
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import FastAPI, Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from infra24.errors import DomainError
from infra24.i18n import LANGUAGES, LocaleFormat, catalogue, choose_language, locale_format, translated
from infra24.organizations import RESERVED, Organization
from infra24.web import static_files
from infra24.web.caller import Caller
from infra24.web.security_headers import content_security_policy
from infra24.web.services import services

_COOKIE_AGE = 365 * 24 * 3_600
_IN_PATHS = "/%:@!$&'()*+,;=~"
RETRY_AFTER = {503: "2"}
"""Seconds after which it is worth asking again, by status."""


def install(app: FastAPI) -> None:
    """Prepare the templates, one environment per language, and read the static files."""
    app.state.environments = {language: _environment(language) for language in LANGUAGES}
    app.state.static = static_files.read()


def format_for(request: Request, organization: Organization | None) -> LocaleFormat:
    """How to speak to this visitor of this organization."""
    home = organization.locale if organization else "en_US"
    language = choose_language(
        request.query_params.get("lang"),
        request.cookies.get("lang"),
        request.headers.get("accept-language", ""),
        home,
    )
    return locale_format(language, home)


def page(
    request: Request,
    template: str,
    organization: Organization | None,
    context: Mapping[str, Any],
    *,
    status: int = 200,
    block: str | None = None,
    frames: Sequence[str] = (),
) -> Response:
    """A page, or the one block of it that a partial request asks for. `frames`: who may show it in one."""
    spoken = format_for(request, organization)
    who: Caller | None = getattr(request.state, "viewer", None) or getattr(request.state, "caller", None)
    environment: Environment = request.app.state.environments[spoken.language]
    found = environment.get_template(template)
    everything = {
        "organization": organization,
        "speech": spoken,
        "language": spoken.language,
        "other_languages": [
            (code, name, with_query(request, lang=code))
            for code, name in LANGUAGES.items()
            if code != spoken.language
        ],
        "embedded": request.query_params.get("embed") == "1",
        "static": f"/static/{request.app.state.static.version}",
        "caller": who,
        "csrf": who.csrf if who else "",
        "path": request.url.path,
        **context,
    }
    if block is not None and request.headers.get("hx-request-type") == "partial":
        html = "".join(found.blocks[block](found.new_context(everything)))
    else:
        html = found.render(everything)
    answer = _answer(request, html, status)
    if frames:
        answer.headers["content-security-policy"] = content_security_policy(frames)
    return answer


def in_their_language(request: Request, sentence: str) -> str:
    """A message as this visitor reads it."""
    return format_for(request, None).translated(sentence)


def with_query(request: Request, **changed: Any) -> str:
    """This address with other query parameters; None takes one out."""
    kept = {**request.query_params, **changed}
    query = urlencode({name: value for name, value in kept.items() if value is not None})
    return _own_path(request) + (f"?{query}" if query else "")


def _own_path(request: Request) -> str:
    """This address's path, written so that no browser takes it for another site (//evil.example)."""
    return quote("/" + request.url.path.lstrip("/\\"), safe=_IN_PATHS)


async def error_page(request: Request, status: int, code: str, sentence: str, *, wait: int = 0) -> Response:
    """A page that says what happened and where to go from here; `wait`: for how many seconds."""
    organization = None
    slug = request.path_params.get("org") or request.url.path.strip("/").split("/")[0]
    if status not in (429, 503) and slug and slug not in RESERVED:
        try:
            organization = await services(request).directory.find(slug)
        except DomainError:
            organization = None
    context = {"status": status, "code": code, "sentence": sentence, "section": "", "wait": wait,
               "reads": request.method in ("GET", "HEAD")}  # fmt: skip
    return page(request, "error.html", organization, context, status=status)


def _answer(request: Request, html: str, status: int) -> Response:
    body = html.encode()
    headers = {"vary": "Accept-Encoding, Accept-Language, Cookie, HX-Request-Type"}
    if status in RETRY_AFTER:
        headers["retry-after"] = RETRY_AFTER[status]
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 5, mtime=0)
        headers["content-encoding"] = "gzip"
    answer = Response(body, status, headers, "text/html")
    asked = request.query_params.get("lang")
    if asked is not None and asked in LANGUAGES:
        answer.set_cookie("lang", asked, max_age=_COOKIE_AGE, samesite="lax")
    return answer


def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("infra24.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    # A message in a variable: `_()` would take it for markup and for a format, wherever it comes from.
    environment.filters["translated"] = partial(translated, language=language)
    environment.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    return environment
