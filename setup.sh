#!/usr/bin/env bash
# Makes .venv from the lock files and fetches the JVM packages into .jars/; does nothing when both are current.
# Usage: ./setup.sh [--group test|benchmark] [--quiet]    Python: PYTHON=/path/to/python3.x, else python3.
set -euo pipefail

root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=launch/python.sh
source "$root/launch/python.sh"
find_python "$root"
exec "$python" "$root/launch/set_up.py" "$@"
