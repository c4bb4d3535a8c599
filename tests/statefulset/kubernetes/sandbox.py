"""Containers: a process in namespaces of its own, with a root that it cannot write to.

What a container runtime would have it see: its own process number 1, its host's name, the pod's network, an environment of
the manifest's variables only, volumes where the manifest mounts them, the user and the privileges of its securityContext.
"""

from __future__ import annotations

import ctypes
import os
import pathlib
import resource
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import Optional

from .volumes import Mount

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PR_SET_PDEATHSIG = 1
DESCRIPTORS = 20000
BEGIN_SECONDS_MAX = 10

# Arguments: a directory, the host's name, the image's root, and three for each mount until `--`. Mounts need a place on a root that is read-only: a
# skeleton of them is its upper layer, on a file system of its own, as layers may not contain each other.
SETUP = r"""set -e
home=$1 name=$2 image=$3 root=$1/root skeleton=$1/skeleton
shift 3
umask 022
mount --make-rprivate /
mkdir "$root" "$skeleton"
mount -t tmpfs -o mode=755,size=1m tmpfs "$skeleton"
: > "$home/mounts"
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then
    mkdir -p "$skeleton$2"
  else
    mkdir -p "$(dirname "$skeleton$2")"
    : > "$skeleton$2"
  fi
  printf '%s %s %s\n' "$1" "$2" "$3" >> "$home/mounts"
  shift 3
done
shift
mount -t overlay overlay -o "ro,lowerdir=$skeleton:$image" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755,size=64k tmpfs "$root/dev"
for device in null zero full random urandom; do
  : > "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
while read -r source target how; do
  mount --bind "$source" "$root$target"
  [ "$how" = rw ] || mount -o remount,bind,ro "$root$target"
done < "$home/mounts"
hostname "$name"
exec chroot "$root" "$@"
"""


@dataclass(frozen=True)
class Image:
    """What a container has of its image: its root, what it runs without a `command`, variables, and files that the root lacks."""

    root: str
    entry: list[str]
    environment: dict[str, str]
    files: list[Mount]


@dataclass(frozen=True)
class Plan:
    """What a container is started with."""

    name: str  # of the host that it believes to be
    root: str  # of the image
    command: list[str]
    environment: dict[str, str]
    mounts: list[Mount]
    user: int
    group: int
    groups: list[int]
    capabilities_dropped: bool
    privileges_gained: bool


def _privileges(plan: Plan) -> list[str]:
    return ["setpriv", f"--reuid={plan.user}", f"--regid={plan.group}", f"--groups={','.join(map(str, plan.groups))}",
            *(["--bounding-set=-all", "--inh-caps=-all"] if plan.capabilities_dropped else []),
            *([] if plan.privileges_gained else ["--no-new-privs"]),
            "env", "-i", *(f"{k}={v}" for k, v in plan.environment.items())]


class Container:
    """One run of a plan. Whoever starts it keeps its thread alive until it has ended: the end of the thread kills it."""

    def __init__(self, plan: Plan, inside: list[str], home: pathlib.Path, log: pathlib.Path):
        """`inside` is what runs a command in the pod's network, `home` a directory to be."""
        self.plan = plan
        home.mkdir(parents=True)
        arguments = [word for m in plan.mounts for word in (m.source, m.target, "ro" if m.read_only else "rw")]
        unshare = ["unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "sh", "-c", SETUP, "sh"]
        command = [*inside, *unshare, str(home), plan.name, plan.root, *arguments, "--", *_privileges(plan), *plan.command]
        with log.open("ab") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            start_new_session=True, preexec_fn=_prepare)

    def poll(self) -> Optional[int]:
        """Its status once it has ended; negative for a signal."""
        return self.process.poll()

    def wait(self, seconds: float) -> Optional[int]:
        try:
            return self.process.wait(max(0.0, seconds))
        except subprocess.TimeoutExpired:
            return None

    def first(self) -> int:
        """The process number here of its number 1; 0 when it has ended."""
        end = time.monotonic() + BEGIN_SECONDS_MAX
        while self.poll() is None and time.monotonic() < end:
            try:
                children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
            except OSError:
                break
            if children.split():
                return int(children.split()[0])
            time.sleep(0.01)
        return 0

    def signal(self, number: signal.Signals) -> None:
        if first := self.first():
            try:
                os.kill(first, number)
            except ProcessLookupError:
                pass

    def run(self, command: list[str], seconds: float) -> bool:
        """Whether a command inside succeeds, as a hook or a probe runs it."""
        first = self.first()
        if not first:
            return False
        enter = ["nsenter", f"--target={first}", "--mount", "--pid", "--net", "--uts", "--ipc", "--root", "--wd"]
        try:
            return subprocess.run([*enter, *_privileges(self.plan), *command], stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=max(0.1, seconds), check=False).returncode == 0
        except subprocess.TimeoutExpired:
            return False


def _prepare() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
