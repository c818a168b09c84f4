# Two commands are enough: `make run` and `make test`. Each installs what it
# needs (Debian packages too, when run as root) and says what it cannot.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run build assets test check engines browser bench tools clean

export CGO_ENABLED ?= 0

help: ## say what each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1 \t/' | expand -t 24

run: build ## serve the product with demo data on the embedded database
	bin/khien serve --demo

build: assets ## build bin/khien with its assets
	go build -trimpath -ldflags "-s -w" -o bin/khien ./cmd/khien

# Without npm the pages are plainer and still work.
assets: web/dist/manifest.json ## bundle styles and scripts from pinned npm packages

web/dist/manifest.json: web/package-lock.json $(wildcard web/src/*) $(wildcard web/build/*.go) | web/node_modules/.package-lock.json
	go run ./web/build

web/node_modules/.package-lock.json: web/package-lock.json
	@if command -v npm >/dev/null; then cd web && npm ci --no-audit --no-fund --loglevel=error; \
	else echo "npm is not installed: the map stays a picture and a table (as root: apt-get install npm)" >&2; mkdir -p web/node_modules && touch $@; fi

# In CI (CI=true) the race detector watches our code and what shares memory with
# it, which takes two to three times as long. Code that works on its own memory
# runs at full speed there, too: SQLite translated from C, above all.
UNWATCHED := modernc.org/sqlite/lib modernc.org/libc/... modernc.org/memory golang.org/x/crypto/... golang.org/x/text/... \
	compress/flate regexp/... text/template/parse
RACE := $(if $(CI),-race $(UNWATCHED:%=-gcflags=%=-race=false))

# -vet=off, since check has vetted the same files with more. Pages and engines
# leave the processors idle now and then, and run beside one another; under the
# race detector pages would wait too long.
test: build tools check ## everything: lint, tests on SQLite and PostgreSQL, a real browser; CI=true: with the race detector
	$(MAKE) $(if $(CI),-j1,-j2) --no-print-directory browser engines

engines: ## the Go tests on SQLite and PostgreSQL
	KHIEN_TEST_TOOLS=1 go run ./kernel/store/pgrun $(if $(CI),env CGO_ENABLED=1) go test $(RACE) -p 4 -vet=off -shuffle=on -timeout 60m ./...

check: assets ## gofmt, vet, staticcheck, arrows, schema and statement lint, types, generated files
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "gofmt: $$unformatted"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...
	go test -count=1 .
	@if [ -x web/node_modules/.bin/tsc ]; then cd web && node_modules/.bin/tsc --noEmit; fi
	go run ./kernel/area/gen -check

browser: build tools ## the pages in headless Chromium
	node --test --test-concurrency=2 --test-reporter=spec --test-force-exit test/browser/*.test.mjs

# Chromium for the pages; poppler and zbar read back what is printed.
tools: ## install what the tests need of Debian, when missing and root
	@missing=""; for tool in chromium:chromium pdftoppm:poppler-utils zbarimg:zbar-tools; do \
	  command -v "$${tool%%:*}" >/dev/null || missing="$$missing $${tool#*:}"; done; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing Debian's$$missing"; apt-get update -q >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing fonts-noto-core >/dev/null; \
	  else echo "not installed:$$missing; as root: apt-get install$$missing" >&2; exit 1; fi; fi

bench: build tools ## the speed promises, each as a ratio; writes bench/results.md; LONG=1: those of ten minutes, too; RESUME=FILE: goes on where it was cut
	go run ./kernel/store/pgrun -durable go run ./bench -out bench/results.md $(if $(LONG),-long) $(if $(RESUME),-resume $(RESUME))

clean: ## remove what was built; data/ stays
	rm -rf bin web/dist/* web/node_modules test/out
