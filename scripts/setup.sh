#!/usr/bin/env bash
# Installs what the tests need and is missing, says what, and names the exact command where it may not.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "make setup: $1" >&2; echo "Run this, then again: $2" >&2; exit 1; }

command -v go >/dev/null || fail "Go is missing." "install Go $(awk '/^go /{print $2}' go.mod) from https://go.dev/dl/"

missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v openssl >/dev/null || missing+=(openssl)
command -v unzip >/dev/null || missing+=(unzip)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
command -v python3 >/dev/null || missing+=(python3)
command -v javac >/dev/null || missing+=(default-jdk-headless)
command -v mvn >/dev/null || missing+=(maven)
command -v ruby >/dev/null || missing+=(ruby)
command -v php >/dev/null || missing+=(php-cli)
command -v systemd-analyze >/dev/null || missing+=(systemd)
command -v faketime >/dev/null || missing+=(faketime)
python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
for shell in zsh fish; do command -v "$shell" >/dev/null || missing+=("$shell"); done
fc-list 2>/dev/null | grep -qi dejavu || missing+=(fonts-dejavu-core)
if [ ${#missing[@]} -gt 0 ]; then
  install="apt-get install -y --no-install-recommends ${missing[*]}"
  command -v apt-get >/dev/null || fail "missing: ${missing[*]}, and this is not a Debian machine." "install them with your package manager"
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null && sudo -n true 2>/dev/null || fail "missing: ${missing[*]}, and only root may install them." "sudo $install"
    sudo="sudo"
  fi
  echo "Installing from Debian: ${missing[*]}"
  ${sudo:-} apt-get update -qq || fail "apt-get update failed." "${sudo:-} apt-get update"
  DEBIAN_FRONTEND=noninteractive ${sudo:-} $install -qq >/dev/null || fail "apt-get install failed." "${sudo:-} $install"
fi

venv=e2e/.venv
if ! "$venv/bin/python" -c 'import temporalio, tree_sitter_c_sharp, dotenv' 2>/dev/null || ! [ -x "$venv/bin/temporal" ] || ! cmp -s e2e/requirements.txt "$venv/requirements.txt"; then
  echo "Installing from PyPI into $venv: $(tr '\n' ' ' < e2e/requirements.txt)"
  python3 -m venv "$venv" || fail "python3 -m venv failed." "apt-get install -y python3-venv"
  "$venv/bin/pip" install -q --disable-pip-version-check -r e2e/requirements.txt || fail "pip could not install." "$venv/bin/pip install -r e2e/requirements.txt"
  cp e2e/requirements.txt "$venv/requirements.txt"
fi

vectors=e2e/.vectors # foreign certificates and keys for the sweep of certsvc
if ! [ -d "$vectors/cryptography_vectors" ]; then
  echo "Installing from PyPI into $vectors: cryptography_vectors==50.0.2"
  "$venv/bin/pip" install -q --disable-pip-version-check --no-deps --target "$vectors" cryptography_vectors==50.0.2 || fail "pip could not install." "$venv/bin/pip install --no-deps --target $vectors cryptography_vectors==50.0.2"
fi

tcld=e2e/.tools/tcld # newer versions are not to be had from every module proxy; one on PATH is taken in its place
if ! command -v tcld >/dev/null && ! [ -x "$tcld" ]; then
  echo "Installing from the Go module proxy into e2e/.tools: github.com/temporalio/tcld@v0.14.1"
  GOBIN="$PWD/e2e/.tools" go install github.com/temporalio/tcld/cmd/tcld@v0.14.1 || fail "go could not install tcld." "GOBIN=$PWD/e2e/.tools go install github.com/temporalio/tcld/cmd/tcld@v0.14.1"
fi

if ! cmp -s e2e/package-lock.json e2e/node_modules/.installed; then
  echo "Installing from npm into e2e/node_modules: $(node -p "Object.entries(require('./e2e/package.json').devDependencies).map(([n,v])=>n+'@'+v).join(' ')")"
  # Not npm ci: it wants the optional parts of every platform in the lock file, which npm leaves out when it
  # writes no addresses into it. Versions are exact all the same.
  (cd e2e && npm install --no-save --silent --no-audit --no-fund) || fail "npm could not install." "cd e2e && npm install --no-save"
  cp e2e/package-lock.json e2e/node_modules/.installed
fi
