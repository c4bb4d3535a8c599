"""What the images of the manifests bring: a root, what they run, an environment.

In a test run that is this machine's root with the broker's program in it; with `--images` the images that manifests/build-images made.
"""

from __future__ import annotations

import json
import pathlib
import re
import subprocess

from clients.suite import must
from overlays import ROOT

from .sandbox import Image
from .volumes import Mount

# An image of the manifests, whatever its version, and the file that it is built from.
CONTAINERFILES = {"localhost/mqttzoo": "Containerfile", "localhost/mqttzoo-zookeeper": "manifests/zookeeper/Containerfile"}


class ThisMachine:
    """Any root will do whose packages are those that tools/setup installs."""

    def __init__(self, broker: str):
        self.broker = broker

    def get(self, name: str) -> Image:
        text = pathlib.Path(ROOT, CONTAINERFILES[name.rpartition(":")[0]]).read_text(encoding="utf-8")
        entry = re.search(r"(?m)^ENTRYPOINT (\[.*\])$", text)
        return Image("/", json.loads(entry[1]) if entry else [], {}, [Mount(self.broker, "/usr/bin/mqttzood", True)])

    def close(self) -> None:
        pass


class Built:
    """Images in the store of buildah, each mounted once. One thread."""

    def __init__(self) -> None:
        self.containers: dict[str, str] = {}
        self.images: dict[str, Image] = {}

    def get(self, name: str) -> Image:
        if name not in self.images:
            container = must(["buildah", "from", "--pull-never", name]).strip()
            self.containers[name] = container
            root = must(["buildah", "mount", container]).strip()
            config = json.loads(must(["buildah", "inspect", container]))["OCIv1"]["config"]
            environment = dict(word.split("=", 1) for word in config.get("Env", []))
            self.images[name] = Image(root, config.get("Entrypoint") or [], environment, [])
        return self.images[name]

    def close(self) -> None:
        for container in self.containers.values():
            subprocess.run(["buildah", "rm", container], capture_output=True, check=False)
