# Sourced by the scripts beside it: where the root is, and how they speak.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "$*"; }

# refuse "中文一句" "one sentence"
refuse() {
    printf '%s\n%s\n' "$1" "$2" >&2
    exit 1
}

# The first python on the path that is new enough; PYTHON chooses another.
find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$candidate"
            return 0
        fi
    done
    return 1
}
