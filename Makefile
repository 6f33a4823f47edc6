# Two commands: `make run` and `make test`. The others are named below; each installs what it needs.

export MEMBERS ?= 500
export ACCOUNT ?= service
export ENGINE ?= sqlite

.DEFAULT_GOAL := help
.PHONY: help run test unit lint demo screens bench long lock clean

help: ## 列出各命令 / list the commands
	@sed -n 's/^\([a-z]*\):.*## /  make \1 — /p' $(MAKEFILE_LIST)

run: ## 安装并启动全部进程 / install and start everything, on this machine
	@deploy/develop

test: ## 全部测试 / every test, coverage and the engines used
	@deploy/test

unit: ## 快速测试 / the quick tests: no browser, no processes
	@deploy/test unit

lint: ## 静态检查 / ruff, mypy, import contracts
	@deploy/lint

demo: ## 无屏演示主线（MEMBERS= ACCOUNT= ENGINE=） / the main job without a screen
	@deploy/install-python run
	@.venv/bin/python -m demo

screens: ## 打开每个页面并拍下来 / look at every page, contact sheets in docs/pictures
	@deploy/install-python dev
	@deploy/install-assets
	@deploy/install-system test
	@.venv/bin/python -m tests.browser.screens

bench: ## 测速 / measure, and write benchmarks/results.json
	@deploy/install-python dev
	@.venv/bin/python -m benchmarks

long: ## 长跑：500 次崩溃与故障，可中断续跑 / 500 runs with crashes and faults; goes on where it stopped
	@deploy/long

lock: ## 重写依赖锁 / rewrite the locks after a change of requirements
	@deploy/install-python dev
	@deploy/lock

clean: ## 删除安装与缓存，保留 var/ 的数据 / remove what was installed; the data in var/ stays
	rm -rf .venv node_modules server/static/vendor server/static/vendor.new sandbox/static/vendor htmlcov .coverage .coverage.*
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
