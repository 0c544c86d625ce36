# shellcheck shell=bash
# Sourced by setup.sh and spark-submit.sh: find_python ROOT sets `python` to one that can run this project.
# Only Bash and the interpreters themselves are used: nothing else may be there yet.

in_range() {
    "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

find_python() {
    local root=$1 candidate
    local wanted="Python 3.10 to 3.13 is needed"
    if [ -n "${PYTHON:-}" ]; then
        python=$PYTHON
        in_range "$python" && return
        if version=$("$python" --version 2>&1); then
            echo "set-up: PYTHON=$python is $version: $wanted; point PYTHON to one of these" >&2
        else
            echo "set-up: PYTHON=$python does not run: $wanted; point PYTHON to one of these" >&2
        fi
        exit 2
    fi
    # The environment's own Python first: it stays what it was made with until it breaks.
    for candidate in "$root/.venv/bin/python" python3 python3.13 python3.12 python3.11 python3.10; do
        python=$candidate
        in_range "$python" && return
    done
    if version=$(python3 --version 2>&1); then
        echo "set-up: python3 is $version: $wanted; install one, or set PYTHON=/path/to/python3.x" >&2
    else
        echo "set-up: no Python found: $wanted; install one, or set PYTHON=/path/to/python3.x" >&2
    fi
    exit 2
}
