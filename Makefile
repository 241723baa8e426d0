# The targets that people need. CI runs .ci/run, which does not need make.

.PHONY: help fast test race lint docs release ci

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

fast: ## test what is pure or in virtual time and takes no seconds, in under half a minute
	go test -short ./internal/... ./spec/... ./suites/judge/... ./suites/navigate/... ./suites/evidence/... ./reports/...

test: ## test everything
	go test ./...

race: ## where things happen at the same time
	go test -race ./fixtures/... ./suites/... ./runner/internal/notify

lint: ## what CI checks of the source
	test -z "$$(gofmt -l .)"
	go vet ./...
	go tool staticcheck ./...
	go tool exhaustive -explicit-exhaustive-switch -explicit-exhaustive-map -check=switch,map ./...
	bash .ci/complexity

docs: ## renew what is generated
	go test ./spec -update
	go test ./reports/internal/diagram -update
	go test ./internal/bed -run TestMockDoc -update
	go test ./cmd/finesse-conformance -run TestDocsOf -update

release: ## archives, images, bills of materials and checksums into dist/
	go run -C .ci/release . --out dist

ci: ## what CI runs
	bash .ci/run
