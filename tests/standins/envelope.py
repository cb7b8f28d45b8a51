"""What every answer of Cloudflare's API is wrapped in: success, errors, result, and the pages of a list."""

import httpx


class Refusal(Exception):
    """An answer with an error."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def ok(result):
    """Answer with a result."""
    return httpx.Response(200, json=envelope(result))


def page(request, items):
    """Answer with the page of a list that is asked for."""
    number, size = (
        int(request.url.params.get(name, default)) for name, default in (("page", 1), ("per_page", 20))
    )
    part = items[(number - 1) * size : number * size]
    info = {"page": number, "per_page": size, "count": len(part), "total_count": len(items)}
    info["total_pages"] = -(-len(items) // size)
    return httpx.Response(200, json={**envelope(part), "result_info": info})


def envelope(result=None, errors=()):
    """Return the object around a result, or around errors: (code, message)."""
    errors = [{"code": code, "message": message} for code, message in errors]
    return {"success": not errors, "errors": errors, "messages": [], "result": result}
