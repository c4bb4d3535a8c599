"""The Secrets of the production overlay, made by the commands that manifests/README.md tells operators to type."""

from __future__ import annotations

import os
import pathlib
import re
import tempfile

from clients.suite import must
from overlays import ROOT

PASSWORD = "a word for the suite"
# `kubectl create secret generic NAME --from-file=FILE...`, and nothing else.
KUBECTL = r"""
set -euo pipefail
kubectl() {
  case "$*" in
  *'create secret generic'*) mkdir -p "made/$6" ;;
  *) return 0 ;;
  esac
  for word in "$@"; do
    case $word in --from-file=*) cp "${word#--from-file=}" "made/$6/" ;; esac
  done
}
"""


def of_readme() -> tuple[dict[str, dict[str, bytes]], dict[str, str]]:
    """The Secrets by name, and what a client shows."""
    text = pathlib.Path(ROOT, "manifests", "README.md").read_text(encoding="utf-8")
    commands = "\n".join(re.findall(r"(?m)^    (.*)$", text.partition("## Production")[2].partition("\n## ")[0]))
    with tempfile.TemporaryDirectory(prefix="secrets-") as home:
        must(["bash", "-c", KUBECTL + commands], cwd=home, env={**os.environ, "PASSWORD": PASSWORD})
        made = {place.name: {f.name: f.read_bytes() for f in place.iterdir()} for place in pathlib.Path(home, "made").iterdir()}
    return made, {"username": "alice", "password": PASSWORD}
