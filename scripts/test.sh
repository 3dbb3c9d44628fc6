#!/bin/sh
# Runs every check in sections, all of them even if one fails, and ends with a table and an honest
# exit code. Words given are the sections wanted: `scripts/test.sh lint types`. Those that mostly
# wait for processes run beside the others, and the console's, so that both sides take as long; what
# they said is shown once they are done.
set -u

cd "$(dirname "$0")/.." || exit 2
PATH="$PWD/.venv/bin:$PATH"
# Compile each module once, not in each of the hundred processes that the tests start.
unset PYTHONDONTWRITEBYTECODE
notes="$(mktemp -d)"
trap 'rm -rf "$notes"' EXIT
# Whoever interrupts ends what runs beside, too.
trap 'trap - INT TERM; rm -rf "$notes"; kill -TERM 0' INT TERM

section() {
    name="$1"
    shift
    printf '\n\033[1m== %s: %s\033[0m\n' "$name" "$*"
    started=$(date +%s)
    if "$@"; then verdict=ok; else verdict=FAILED; fi
    printf '%-12s %-7s %4d s\n' "$name" "$verdict" $(($(date +%s) - started)) >>"$notes/$name"
}

run() {
    case "$1" in
        lint) section lint ruff check . ;;
        format) section format ruff format --check . ;;
        types) section types mypy ;;
        imports) section imports lint-imports ;;
        unit | integration) section "$1" pytest "tests/$1" -q -n auto ;;
        acceptance) section acceptance pytest tests/acceptance -q -n 3 --dist loadfile ;;
        console) section console scripts/console.sh check ;;
        browser) section browser pytest tests/browser -q ;;
        torture)
            section examples env DIBS_EXAMPLES=torture pytest tests/unit -q -n auto
            section torture pytest tests -q -m torture ;;
    esac
}

[ $# -gt 0 ] || set -- lint format types imports console unit integration acceptance browser
working=""
waiting=""
for wanted in "$@"; do
    case "$wanted" in
        console | acceptance | browser) waiting="$waiting $wanted" ;;
        lint | format | types | imports | unit | integration | torture) working="$working $wanted" ;;
        *) echo "no such section: $wanted" >&2; exit 2 ;;
    esac
done

if [ -z "$working" ]; then working="$waiting" waiting=""; fi

(for wanted in $waiting; do run "$wanted"; done) >"$notes/.said" 2>&1 &
for wanted in $working; do run "$wanted"; done
[ -z "$waiting" ] || printf '\n\033[1m== beside these:%s\033[0m\n' "$waiting"
wait
cat "$notes/.said"
printf '\n\033[1m== result\033[0m\n'
failed=0
for wanted in "$@"; do
    case "$wanted" in torture) names="examples torture" ;; *) names="$wanted" ;; esac
    for name in $names; do
        cat "$notes/$name" && ! grep -q FAILED "$notes/$name" || failed=1
    done
done
exit "$failed"
