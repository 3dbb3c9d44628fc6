#!/bin/sh
# Sets a machine up, step by step: `scripts/setup.sh python` makes .venv from the lock file,
# `scripts/setup.sh database` finds or installs PostgreSQL with PostGIS, `scripts/setup.sh browser`
# the Chromium that the tests drive. Asks nothing; where it may not go on by itself it ends with the
# one line to type. Every step may be run again.
set -eu

cd "$(dirname "$0")/.."
export UV_PYTHON_DOWNLOADS=never
TOOLS=.tools

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

may_use_apt() {
    command -v apt-get >/dev/null && [ "${DIBS_APT:-}" != 0 ] || return 1
    [ "$(id -u)" = 0 ] || { [ "${DIBS_APT:-}" = 1 ] && sudo -n true 2>/dev/null; }
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

# The python of the machine, new enough; uv never downloads one.
find_python() {
    command -v python3 >/dev/null || fail "python3 is missing. As root: apt-get install -y python3"
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "$(python3 --version) is too old: 3.11 or newer, please"
    python3 -c 'import sys; print(sys.executable)'
}

# Prints the command that runs uv; gets uv into .tools, beside everything of the system's, if it is missing.
find_uv() {
    if uv --version >/dev/null 2>&1; then echo uv
    elif [ -x "$TOOLS/bin/uv" ]; then echo "$TOOLS/bin/uv"
    elif "$1" -m uv --version >/dev/null 2>&1; then echo "$1 -m uv"
    else get_uv "$1" >&2; echo "$TOOLS/bin/uv"
    fi
}

get_uv() {
    if "$1" -m pip --version >/dev/null 2>&1; then
        say "getting uv with pip"
        "$1" -m pip install --quiet --disable-pip-version-check --target "$TOOLS" uv
    elif "$1" -c 'import ensurepip, venv' 2>/dev/null; then
        say "getting uv with a pip of its own"
        "$1" -m venv "$TOOLS"
        "$TOOLS/bin/python" -m pip install --quiet --disable-pip-version-check uv
    elif may_use_apt; then
        say "this python has no pip: apt-get install python3-venv"
        as_root apt-get update -q
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends python3-venv
        "$1" -c 'import ensurepip, venv' || fail "python3-venv is installed, but not for $1"
        get_uv "$1"
    else
        fail "uv is missing, and this python has no pip. As root: apt-get install -y python3-venv"
    fi
}

python_step() {
    python="$(find_python)"
    uv="$(find_uv "$python")"
    if ! .venv/bin/python -c '' 2>/dev/null; then
        say "creating .venv with $("$python" --version)"
        $uv venv --quiet --clear --python "$python" .venv
    fi
    say "installing the locked dependencies"
    $uv pip sync --python .venv/bin/python --require-hashes --compile-bytecode requirements-dev.lock
    $uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
}

database_step() {
    say "looking for PostgreSQL with PostGIS"
    .venv/bin/dibs db install
}

# The tests' browser: Debian's, so that nothing is downloaded past the system's packages.
browser_step() {
    command -v chromium >/dev/null && return
    may_use_apt || fail "chromium is missing. As root: apt-get install -y chromium fonts-dejavu-core"
    say "getting chromium with apt-get"
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        chromium fonts-dejavu-core
}

# The locks of the image (what runs, what builds) hold the versions of the full one: what is tested
# is what runs.
lock_step() {
    uv="$(find_uv "$(find_python)")"
    options="--quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate"
    options="$options --no-emit-index-url --no-emit-find-links"
    # shellcheck disable=SC2086
    $uv pip compile $options "$@" --group dev pyproject.toml -o requirements-dev.lock
    # shellcheck disable=SC2086
    $uv pip compile $options "$@" --constraint requirements-dev.lock pyproject.toml -o requirements.lock
    # shellcheck disable=SC2086
    $uv pip compile $options "$@" --constraint requirements-dev.lock --group build -o requirements-build.lock
}

case "${1:-}" in
    python) python_step ;;
    database) database_step ;;
    browser) browser_step ;;
    uv) find_uv "$(find_python)" ;;
    lock) shift; lock_step "$@" ;;
    *) fail "say one of: python, database, browser, uv, lock" ;;
esac
