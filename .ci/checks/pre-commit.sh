#!/usr/bin/env bash
# The hooks, tried with the real pre-commit in a scratch repository: they fail, they fix, they pass.
set -euo pipefail
if ! command -v python3 >/dev/null; then
  echo "skipped: python3 is not here"
  exit 0
fi
here=$(git rev-parse --show-toplevel)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if ! python3 -m venv "$scratch/venv" || ! "$scratch/venv/bin/pip" install --quiet pre-commit; then
  echo "skipped: pre-commit could not be installed"
  exit 0
fi
export PRE_COMMIT_HOME="$scratch/cache"
pre_commit="$scratch/venv/bin/pre-commit"

mkdir "$scratch/project" && cd "$scratch/project"
git init --quiet
git config user.name tester && git config user.email tester@example.org
cat >compose.yaml <<'COMPOSE'
services:
  api:
    build: .
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:3000/"]
      interval: 30s
COMPOSE
cat >Dockerfile <<'DOCKERFILE'
FROM node:20-alpine
CMD ["node", "server.js"]
DOCKERFILE
config() {
  cat >.pre-commit-config.yaml <<CONFIG
repos:
  - repo: $here
    rev: $(git -C "$here" rev-parse HEAD)
    hooks:
      - id: $1
CONFIG
}
expect() {
  local wanted=$1 status=0
  shift
  "$@" || status=$?
  if [ "$status" != "$wanted" ]; then
    echo "expected status $wanted of: $*"
    exit 1
  fi
}
git add compose.yaml Dockerfile
config healthlint && git add .pre-commit-config.yaml
# Given only the Compose file, the hook still reads the Dockerfile beside it.
expect 1 "$pre_commit" run --files compose.yaml
config healthlint-fix && git add .pre-commit-config.yaml
expect 1 "$pre_commit" run --files compose.yaml
grep -q '"wget"' compose.yaml
git add compose.yaml
config healthlint && git add .pre-commit-config.yaml
expect 0 "$pre_commit" run --files compose.yaml
echo "the hooks fail, fix and pass"
