"""What a pod's volumes hold, as directories of this machine: ConfigMaps, Secrets, emptyDirs, and claims, which outlive the pod."""

from __future__ import annotations

import base64
import os
import pathlib
import shutil
from dataclasses import dataclass


@dataclass(frozen=True)
class Mount:
    source: str
    target: str
    read_only: bool


@dataclass(frozen=True)
class Objects:
    """The API's ConfigMaps and Secrets by name: file names to contents."""

    config_maps: dict[str, dict[str, bytes]]
    secrets: dict[str, dict[str, bytes]]


def of_objects(objects: list[dict]) -> Objects:
    """From manifests."""
    maps, secrets = {}, {}
    for one in objects:
        name = one["metadata"]["name"]
        if one["kind"] == "ConfigMap":
            maps[name] = {k: v.encode() for k, v in one.get("data", {}).items()}
        elif one["kind"] == "Secret":
            secrets[name] = {k: base64.b64decode(v) for k, v in one.get("data", {}).items()}
    return Objects(maps, secrets)


class Volumes:
    """The directories of one pod; `home` is its own, `claims` that of its ordinal, which the next pod of that name finds."""

    def __init__(self, spec: dict, home: pathlib.Path, claims: pathlib.Path, claim_names: list[str], objects: Objects):
        self.group = spec.get("securityContext", {}).get("fsGroup", 0)
        self.places: dict[str, pathlib.Path] = {}
        for volume in spec.get("volumes", []):
            self.places[volume["name"]] = self._make(volume, home / volume["name"], objects)
        for name in claim_names:
            place = claims / name
            place.mkdir(parents=True, exist_ok=True)
            self._give(place, 0o2775)
            self.places[name] = place

    def _make(self, volume: dict, place: pathlib.Path, objects: Objects) -> pathlib.Path:
        place.mkdir(parents=True)
        if "emptyDir" in volume:
            self._give(place, 0o2777)
            return place
        if "configMap" in volume:
            files, mode = objects.config_maps[volume["configMap"]["name"]], volume["configMap"].get("defaultMode", 0o644)
        elif "secret" in volume:
            files, mode = objects.secrets[volume["secret"]["secretName"]], volume["secret"].get("defaultMode", 0o644)
        else:
            raise ValueError(f"no such volume is known here: {volume}")
        for name, content in files.items():
            (place / name).write_bytes(content)
            self._give(place / name, mode)
        self._give(place, 0o755)
        return place

    def _give(self, place: pathlib.Path, mode: int) -> None:
        """To the pod's group, as the kubelet does it; root stays the owner."""
        os.chown(place, 0, self.group)
        place.chmod(mode)

    def mounts(self, container: dict) -> list[Mount]:
        return [Mount(str(self.places[m["name"]]), m["mountPath"], m.get("readOnly", False)) for m in container.get("volumeMounts", [])]


def remove(home: pathlib.Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
