"""A stand-in for the Hugging Face Hub on loopback: what `upload_folder`, `hf_hub_download` and
`load_dataset` request, one repository, branch `main` alone.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

REPOSITORY = "sari/korpus"
Files = dict[str, bytes]


class Hub(ThreadingHTTPServer):
    """Holds the files of its one repository, and what was requested of it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: Files = {}
        self.stored: dict[str, bytes] = {}
        self.created: list[dict[str, Any]] = []
        self.commits: list[str] = []
        self.unknown: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def head(self) -> str:
        return hashlib.sha1("".join(self.commits).encode()).hexdigest()

    def environment(self, home: str) -> dict[str, str]:
        """Variables by which huggingface_hub and datasets use it, and nothing else."""
        return {
            "HF_ENDPOINT": self.url,
            "HF_HOME": home,
            "HF_TOKEN": "hf_rahasia",
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "NO_PROXY": "127.0.0.1",
        }


@contextmanager
def hub() -> Iterator[Hub]:
    server = Hub()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        path, body = self._request()
        if path == "/api/repos/create":
            self.server.created.append(json.loads(body))
            return self._json({"url": f"{self.server.url}/datasets/{REPOSITORY}"})
        if path == "/api/validate-yaml":
            return self._json({"errors": [], "warnings": []})
        if path.endswith("/preupload/main"):
            return self._json({"files": [_mode(one["path"]) for one in json.loads(body)["files"]]})
        if path.endswith(".git/info/lfs/objects/batch"):
            return self._json({"transfer": "basic", "objects": self._uploads(json.loads(body))})
        if path.endswith("/commit/main"):
            return self._commit(body)
        if "/paths-info/" in path:
            wanted = json.loads(body)["paths"]
            return self._json([self._entry(one) for one in wanted if one in self._names()])
        return self._unknown()

    def do_PUT(self) -> None:
        path, body = self._request()
        self.server.stored[PurePosixPath(path).name] = body
        self._json({})

    def do_GET(self) -> None:
        path, _ = self._request()
        if path.startswith("/api/") and "/tree/" in path:
            folder = path.partition("/tree/")[2].partition("/")[2]
            below = [name for name in self._names() if folder in self._names()[name]]
            return self._json([self._entry(name) for name in below])
        if path.startswith("/api/"):
            return self._json(
                {
                    "id": REPOSITORY,
                    "sha": self.server.head,
                    "siblings": [{"rfilename": name} for name in self.server.files],
                }
            )
        _, found, name = path.partition("/resolve/")
        content = self.server.files.get(name.partition("/")[2])
        if content is None or not found or REPOSITORY not in path:
            return self._unknown()
        return self._send(content)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _request(self) -> tuple[str, bytes]:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return unquote(urlsplit(self.path).path), body

    def _uploads(self, batch: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            one | {"actions": {"upload": {"href": f"{self.server.url}/objects/{one['oid']}"}}}
            for one in batch["objects"]
        ]

    def _commit(self, body: bytes) -> None:
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                self.server.files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                self.server.files[value["path"]] = self.server.stored[value["oid"]]
            elif line["key"] == "deletedFile":
                del self.server.files[value["path"]]
            else:
                self.server.commits.append(value["summary"])
        self._json(
            {
                "commitUrl": f"{self.server.url}/datasets/{REPOSITORY}/commit/{self.server.head}",
                "commitOid": self.server.head,
                "pullRequestUrl": None,
            }
        )

    def _names(self) -> dict[str, list[str]]:
        """Files and folders, each with the folders above it that list it."""
        recursive = "recursive=true" in self.path.lower()
        folders = {
            str(above) for name in self.server.files for above in PurePosixPath(name).parents
        }
        names = [*self.server.files, *sorted(folders - {"."})]
        return {name: _above(name)[: None if recursive else 1] for name in names}

    def _entry(self, name: str) -> dict[str, Any]:
        content = self.server.files.get(name)
        if content is None:
            return {"type": "directory", "path": name, "size": 0, "oid": "0" * 40}
        oid = hashlib.sha1(content).hexdigest()
        return {"type": "file", "path": name, "size": len(content), "oid": oid}

    def _json(self, value: object) -> None:
        self._send(json.dumps(value).encode(), "application/json")

    def _unknown(self) -> None:
        self.server.unknown.append(f"{self.command} {self.path}")
        self._send(b"", status=404)

    def _send(self, content: bytes, kind: str = "application/octet-stream", status: int = 200):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{hashlib.sha1(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", self.server.head)
        if status == 404:
            self.send_header("X-Error-Code", "EntryNotFound")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _above(name: str) -> list[str]:
    """The folders above a name, the nearest first; that of all is empty.

    >>> _above("data/a/b.txt")
    ['data/a', 'data', '']
    """
    return [str(above).removeprefix(".") for above in PurePosixPath(name).parents]


def _mode(path: str) -> dict[str, Any]:
    """Files of data and pictures are stored apart from git, as on the Hub."""
    mode = "lfs" if path.endswith((".parquet", ".png", ".gz")) else "regular"
    return {"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": None}
