# Each target does all its own set-up on a fresh Debian machine with Python from 3.11 on.
.PHONY: demo test check bench soak api docs lock

demo: ; @scripts/demo
test: ; @scripts/test
check: ; @scripts/check
bench: ; @scripts/bench
soak: ; @scripts/soak

# the description of the HTTP API and the client made from it
api:
	@scripts/setup
	@.venv-dev/bin/python -m relance.api.openapi > ui/openapi.json
	@cd ui && PATH="$$PWD/../.venv-dev/bin:$$PATH" npm run --silent api

docs:
	@scripts/setup
	@.venv-dev/bin/sphinx-build -q -W -b html docs docs/_build

# the lock files, after a change of pyproject.toml or requirements/*.in (needs uv)
lock:
	uv pip compile pyproject.toml --universal --generate-hashes -q --no-header --python-version 3.11 -o requirements/run.txt
	uv pip compile pyproject.toml requirements/dev.in --universal --generate-hashes -q --no-header --python-version 3.11 \
	  -c requirements/run.txt -o requirements/dev.txt
	uv pip compile requirements/build.in --universal --generate-hashes -q --no-header --python-version 3.11 -o requirements/build.txt
