# make run    set up, then open the app        make test   set up, then run all tests
# make bench  write docs/benchmarks.md          make lint   style, types, import contracts
# make coverage  branches of core that the tests take
# make docs   the library's reference           make audit  bill of materials, licences, known weaknesses
VENV ?= .venv
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := $(VENV)/bin

.PHONY: run test lint unit coverage bench docs audit format clean system-run system-test

run: $(VENV)/.run
	$(BIN)/python app.py --open

test: $(VENV)/.test lint unit

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(VENV)/.test
	$(BIN)/python -m pytest -n 2 --dist loadfile -m 'not browser'
	$(BIN)/python -m pytest -n 2 --dist loadfile -m browser

coverage: $(VENV)/.test
	$(BIN)/python -m pytest -n 2 --dist loadfile -m 'not browser' --cov=core --cov-report=term-missing:skip-covered

bench: $(VENV)/.test
	$(BIN)/python -m benchmarks $(if $(DATA),--data $(DATA))
	$(BIN)/python scripts/figures.py

docs: $(VENV)/.test
	$(BIN)/pdoc --docformat numpy --output-directory build/reference core '!core.__main__' '!core.commands'

audit: $(VENV)/.run
	$(PYTHON) -m venv $(VENV)/audit
	$(VENV)/audit/bin/pip install -q 'cyclonedx-bom>=7' 'pip-audit>=2.9'
	mkdir -p build
	$(VENV)/audit/bin/cyclonedx-py environment $(BIN)/python --output-file build/sbom.json
	$(BIN)/python scripts/licences.py > docs/licences.md
	$(VENV)/audit/bin/pip-audit --path "$$($(BIN)/python -c 'import site; print(site.getsitepackages()[0])')"

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/bin/pip:
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) and "Framemood needs Python 3.11 to 3.13; call make with PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(VENV)/bin/pip
	./scripts/system-packages packages.txt
	$(BIN)/pip install -q -r requirements.txt
	touch $@

$(VENV)/.test: requirements.txt requirements-dev.txt | $(VENV)/bin/pip
	./scripts/system-packages packages.txt packages-dev.txt
	$(BIN)/pip install -q -r requirements-dev.txt
	touch $@

clean:
	rm -rf $(VENV)
