"""An authority and what it has signed, made by openssl in a directory of its own."""

from __future__ import annotations

import os
import ssl
import subprocess
import tempfile
from typing import NamedTuple, Optional


class Files(NamedTuple):
    certificate: str
    key: str


class Authority:
    """Removed with its files by close()."""

    def __init__(self, name: str = "authority"):
        self.directory = tempfile.TemporaryDirectory(prefix="mqttzoo-ca-")
        self.certificate, self._key = self.path("ca.pem"), self.path("ca.key")
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                      "-subj", f"/CN={name}", "-keyout", self._key, "-out", self.certificate)

    def path(self, name: str) -> str:
        return os.path.join(self.directory.name, name)

    def issue(self, name: str, alternative: str = "DNS:localhost,IP:127.0.0.1", subject: Optional[str] = None) -> Files:
        """A new key and a certificate for it; the same name again replaces the files, each at once. `subject` as openssl's -subj."""
        made = Files(self.path(name + ".pem"), self.path(name + ".key"))
        request, extensions = self.path(name + ".csr"), self.path(name + ".ext")
        with open(extensions, "w", encoding="utf-8") as file:
            file.write(f"subjectAltName={alternative}\n")
        self._openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject or f"/CN={name}",
                      "-keyout", made.key + ".new", "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial",
                      "-days", "2", "-extfile", extensions, "-out", made.certificate + ".new")
        for path in made:
            os.replace(path + ".new", path)
        return made

    def client_context(self, files: Optional[Files] = None) -> ssl.SSLContext:
        """Of a client that trusts this authority, and shows a certificate if it has one."""
        context = ssl.create_default_context(cafile=self.certificate)
        if files:
            context.load_cert_chain(files.certificate, files.key)
        return context

    def close(self) -> None:
        self.directory.cleanup()

    @staticmethod
    def _openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)
