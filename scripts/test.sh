#!/bin/sh
# Runs every check in sections, all of them even if one fails, and ends with a table and an honest
# exit code. Words given are the sections wanted: `scripts/test.sh lint types`.
set -u

cd "$(dirname "$0")/.." || exit 2
PATH="$PWD/.venv/bin:$PATH"
# Compile each module once, not in each of the hundred processes that the tests start.
unset PYTHONDONTWRITEBYTECODE
failed=0
table=""

section() {
    name="$1"
    shift
    printf '\n\033[1m== %s: %s\033[0m\n' "$name" "$*"
    started=$(date +%s)
    if "$@"; then verdict=ok; else verdict=FAILED; failed=1; fi
    table="$table$(printf '%-12s %-7s %4d s' "$name" "$verdict" $(($(date +%s) - started)))
"
}

run() {
    case "$1" in
        lint) section lint ruff check . ;;
        format) section format ruff format --check . ;;
        types) section types mypy ;;
        imports) section imports lint-imports ;;
        unit | integration) section "$1" pytest "tests/$1" -q -n auto ;;
        acceptance) section acceptance pytest tests/acceptance -q ;;
        console) section console scripts/console.sh check ;;
        browser) section browser pytest tests/browser -q ;;
        torture)
            section examples env DIBS_EXAMPLES=torture pytest tests/unit -q -n auto
            section torture pytest tests -q -m torture ;;
        *) echo "no such section: $1" >&2; exit 2 ;;
    esac
}

[ $# -gt 0 ] || set -- lint format types imports console unit integration acceptance browser
for wanted in "$@"; do run "$wanted"; done
printf '\n\033[1m== result\033[0m\n%s' "$table"
exit "$failed"
