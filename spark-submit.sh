#!/usr/bin/env bash
# Runs a job: ./spark-submit.sh JOB [options]. Without arguments it lists the jobs.
set -euo pipefail

script=${BASH_SOURCE[0]}
while [ -L "$script" ]; do
    folder=$(cd -P "$(dirname "$script")" && pwd)
    script=$(readlink "$script")
    case $script in /*) ;; *) script=$folder/$script ;; esac
done
root=$(cd -P "$(dirname "$script")" && pwd)

if [ -n "${INFLUENCERS_PYTHON:-}" ]; then
    python=$INFLUENCERS_PYTHON
else
    # shellcheck source=launch/python.sh
    source "$root/launch/python.sh"
    find_python "$root"
fi
exec "$python" "$root/launch/submit.py" "$@"
