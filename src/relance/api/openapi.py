"""The description of the API, from which the interface's client is generated: python -m relance.api.openapi."""

from __future__ import annotations

import json
import sys
from typing import Any

from fastapi import FastAPI

from relance import __version__
from relance.api.problems import Problem
from relance.api.routes import add_routes, route_name


def description() -> dict[str, Any]:
    """The OpenAPI document of the API."""
    app = FastAPI(title="Relance", version=__version__, generate_unique_id_function=route_name)
    add_routes(app)
    document = app.openapi()
    schemas = document["components"]["schemas"]
    problem = Problem.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    problem.pop("$defs", None)
    schemas["Problem"] = problem
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    return document


if __name__ == "__main__":
    json.dump(description(), sys.stdout, indent=2, sort_keys=True, ensure_ascii=False)
    sys.stdout.write("\n")
