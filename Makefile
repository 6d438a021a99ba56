# Onramp. `make run` opens the portal, `make test` proves it, `make quick` is the part of that which needs no server,
# `make bench` prints every figure beside its budget. `make help` lists all. The journeys (e2e) are a module of their own.
export GOFLAGS := -buildvcs=false
GO ?= go
BIN := bin/onramp
SOURCES := $(shell find . -name '*.go' -not -path './e2e/*') go.mod go.sum $(shell find static -name '*.css' -o -name '*.js' -o -name '*.svg') $(shell find store -name '*.sql')

.PHONY: help run build lean test quick check bench figures setup generate golden fuzz vuln screenshots clean
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

run: build ## build and open the portal on http://127.0.0.1:8686/
	@./$(BIN) serve

build: $(BIN) ## build bin/onramp
$(BIN): $(SOURCES)
	@scripts/build.sh $(BIN)

lean: ## build bin/onramp-lean, without the embedded Temporal server
	@scripts/build.sh bin/onramp-lean lean

setup: ## install what the tests need (Chromium, a Python environment, npm packages, tcld)
	@scripts/setup.sh

test: setup check ## everything: checks, unit tests, real server, real SDKs, real browser
	@scripts/test.sh

quick: check ## what needs no Temporal server, SDK or browser: checks and the rooms' tests (about two minutes)
	@scripts/quick.sh

check: ## format, go.mod, generated code, vet, staticcheck, the walls of the house
	@scripts/check.sh

bench: setup build ## every benchmark, each figure beside its budget or its peer
	@scripts/bench.sh

figures: setup build ## the figures of the goals for reliability and security, to docs/figures.md (an hour; ONLY=R9,S3 for some)
	@scripts/figures.sh

generate: ## write the templ pages' Go code again
	$(GO) tool templ generate -path views

golden: ## rewrite golden files after an intended change
	$(GO) test ./views/ ./snippet/ -update

screenshots: setup build ## docs/screenshots from the running portal
	ONRAMP_E2E_SCREENSHOTS=1 ONRAMP_E2E_PROGRAM=$(CURDIR)/$(BIN) $(GO) -C e2e test . -run LookRight -count=1 -timeout 20m

vuln: ## known vulnerabilities, by Go's database (it needs the network)
	$(GO) run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...

fuzz: ## each fuzz target for 30 s (SECONDS=60, ONLY=certsvc/ for some)
	@scripts/fuzz.sh $(or $(SECONDS),30) $(ONLY)

clean: ## remove what make built and installed here
	rm -rf bin e2e/.tools e2e/.venv e2e/node_modules
