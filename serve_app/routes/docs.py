"""Docs: the routes as one page of our own; nothing of it comes from another host."""

from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{title}</title><style>
body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}
code{{font:14px ui-monospace,monospace}} h2{{font-size:1rem;margin:1.6rem 0 .2rem}}
table{{border-collapse:collapse}} td{{padding:.1rem 1rem .1rem 0;vertical-align:top}}
p{{margin:.2rem 0}}</style></head><body><h1>{title} {version}</h1>
<p>{summary} The contract for programs: <a href="openapi.json">openapi.json</a>.</p>
{routes}</body></html>"""


@router.get("/docs")
async def show_docs(request: Request) -> HTMLResponse:
    page = render(request.app.openapi())
    return HTMLResponse(page, headers={"content-security-policy": POLICY})


def render(document: dict[str, Any]) -> str:
    """An OpenAPI document as a page."""
    routes = "".join(
        _route(method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    about = {name: escape(document["info"][name]) for name in ("title", "version", "summary")}
    return PAGE.format(**about, routes=routes)


def _route(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = [
        (each["name"], f"{each['in']}. {each.get('description', '')}")
        for each in operation.get("parameters", [])
    ]
    rows += [(status, answer["description"]) for status, answer in operation["responses"].items()]
    cells = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(text)}</td></tr>"
        for name, text in rows
    )
    return (
        f"<h2><code>{method} {escape(path)}</code></h2>"
        f"<p>{escape(operation.get('description', ''))}</p><table>{cells}</table>"
    )
