#!/bin/sh
# Makes everything that `make run` and `make test` need: Debian packages, .venv, the servers, the sample programs' venvs.
# POSIX sh, because a fresh Debian has no python3. Run from the checkout; safe to run again and to interrupt.
# Exit code 3: a package is missing and you are not root; the one line to type has been printed.
set -eu

export LC_ALL=C.UTF-8
export PIP_DISABLE_PIP_VERSION_CHECK=1
cd "$(dirname "$0")/../.."
PACKAGES=deploy/local/debian-packages.txt
LOCK=requirements.lock

log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM

# run WHAT COMMAND...: quiet unless it fails, then the log's end; says how long it took
run() {
    what=$1
    shift
    began=$(date +%s)
    printf '  %s ... ' "$what"
    if "$@" >"$log" 2>&1; then
        printf '%s s\n' "$(($(date +%s) - began))"
    else
        printf 'failed\n' && tail -n 20 "$log" >&2
        return 1
    fi
}

missing_packages() {
    sed 's/#.*//' "$PACKAGES" | while read -r package; do
        [ -z "$package" ] && continue
        status=$(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null || true)
        case $status in ii*) ;; *) printf ' %s' "$package" ;; esac
    done
}

install_packages() {
    missing=$(missing_packages)
    [ -z "$missing" ] && return 0
    if [ "$(id -u)" -ne 0 ]; then
        printf 'These Debian packages are missing:%s\nAs root, type this line, then run the same command again:\n\n' "$missing" >&2
        printf 'apt-get update && apt-get install --yes --no-install-recommends%s\n\n' "$missing" >&2
        exit 3
    fi
    printf 'Installing Debian packages:%s\n' "$missing"
    export DEBIAN_FRONTEND=noninteractive
    run 'apt-get update' apt-get update
    # shellcheck disable=SC2086  # a list of words
    run 'apt-get install' apt-get install --yes --no-install-recommends $missing
}

require_programs() {
    absent=
    for program in python3 java mvn setpriv flock prometheus promtool; do
        command -v "$program" >/dev/null || absent="$absent $program"
    done
    if [ -n "$absent" ]; then
        printf 'This is no Debian, so install these yourself:%s\n' "$absent" >&2
        printf '(Python 3.11 with venv, Java 17 or newer, Maven, util-linux, Prometheus with promtool)\n' >&2
        exit 3
    fi
}

find_python() {
    for candidate in python3.11 python3; do
        if "$candidate" -c 'import sys, venv; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return 0
        fi
    done
    printf 'Python 3.11 with venv is needed; python3 here is: %s\n' "$(python3 --version 2>&1)" >&2
    return 1
}

# The stamp is written last and removed first: an interrupted install is redone from nothing.
make_venv() {
    wanted=$(sha256sum <"$LOCK")
    [ "$(cat .venv/complete 2>/dev/null)" = "$wanted" ] && return 0
    python=$(find_python)
    if [ -e .venv/complete ]; then rm .venv/complete; else rm -rf .venv; fi
    run 'Python environment (.venv)' "$python" -m venv .venv
    run 'Python packages' .venv/bin/pip install --quiet --require-hashes -r "$LOCK"
    printf '%s\n' "$wanted" >.venv/complete
}

# The command `phoihop`: the checkout is run as it stands, not installed as a package.
make_command() {
    [ -x .venv/bin/phoihop ] && return 0
    cat >.venv/bin/phoihop.draft <<'END'
#!/bin/sh
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
PYTHONPATH=$root exec "$root/.venv/bin/python" -m cli.main "$@"
END
    chmod 755 .venv/bin/phoihop.draft
    mv .venv/bin/phoihop.draft .venv/bin/phoihop
}

if command -v dpkg-query >/dev/null; then install_packages; else require_programs; fi
mkdir -p .state
exec 9>.state/bootstrap.lock
flock -n 9 || { echo 'Another install is going on in this checkout; waiting for it.' && flock 9; }
make_venv
make_command
.venv/bin/python -m deploy.local.stack install
