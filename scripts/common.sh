# Shared by the scripts: where things are, and how a phase is announced and timed.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
set -euo pipefail
export PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUTF8=1
DEV=.venv-dev

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }

phase() { # phase NAME COMMAND...: runs the command and says how long it took
  local name=$1 begun=$SECONDS
  shift
  say "· $name"
  "$@"
  printf '  %s: %d s\n' "$name" $((SECONDS - begun)) >&2
}

python_for_us() { # the first Python from 3.11 on
  local candidate
  for candidate in python3.13 python3.12 python3.11 python3; do
    if command -v "$candidate" >/dev/null 2>&1 &&
      "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  say 'Relance needs Python 3.11 or later: apt-get install python3 python3-venv'
  exit 1
}

apt_packages() { # install Debian packages when root and missing; else say what is skipped
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}") >/dev/null && return 0
  fi
  say "  not installed, and what needs it is skipped: ${missing[*]} (as root: apt-get install ${missing[*]})"
}

environment() { # environment FOLDER: a virtual environment there
  [ -x "$1/bin/python" ] && "$1/bin/python" -m pip --version >/dev/null 2>&1 && return
  "$(python_for_us)" -m venv "$1" 2>/dev/null || {
    apt_packages python3-venv
    "$(python_for_us)" -m venv "$1"
  }
}

locked() { # locked FOLDER LOCK...: the locked packages, with their hashes, unless they are there already
  local folder=$1 stamp
  shift
  stamp=$(cat "$@" | sha256sum | cut -d' ' -f1)
  [ "$(cat "$folder/.locked" 2>/dev/null)" = "$stamp" ] && return
  local lock
  for lock in "$@"; do
    "$folder/bin/python" -m pip install -qq --require-hashes --no-deps -r "$lock"
  done
  echo "$stamp" >"$folder/.locked"
}

sources() { # a hash of everything that the wheel is made of
  { find src ui hatch_build.py pyproject.toml README.md LICENSE -type f \
    -not -path '*/node_modules/*' -not -path '*/__pycache__/*' -not -path '*/_ui/*' -print0 | sort -z | xargs -0 sha256sum; } |
    sha256sum | cut -d' ' -f1
}
