"""Three unmodified clients behind one call: boto3, the AWS CLI, the AWS SDK for JavaScript v3.

``call("ses", "SendEmail", Source=...)`` says what to call, each client says it in its own way. Answers come back as
dictionaries with the model's member names.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Protocol

from botocore import xform_name

from tests.scenarios.service import KEY_ID, REGION, SECRET, Service, clean_environment
from tools import environments
from tools.node import node


class Client(Protocol):
    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]: ...


class Boto3:
    def __init__(self, service: Service) -> None:
        self._service = service
        self._clients: dict[str, Any] = {}

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        if service not in self._clients:
            self._clients[service] = self._service.client(service)
        answer: dict[str, Any] = getattr(self._clients[service], xform_name(operation))(**parameters)
        return answer


class AwsCli:
    """Every parameter is an option of its own, as a person would type it; structures and lists as JSON."""

    #: Options that the CLI calls otherwise than the API does.
    RENAMED: ClassVar = {("SendEmail", "Source"): "from", ("Subscribe", "Endpoint"): "notification-endpoint"}

    def __init__(self, service: Service, home: Path) -> None:
        self._program = environments.python_environment("awscli") / "aws"
        self._common = ["--endpoint-url", service.http, "--output", "json", "--region", REGION]
        self._environment = {
            **clean_environment(),
            "HOME": str(home),
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        command = [str(self._program), service, xform_name(operation, "-"), *self._common]
        for name, value in parameters.items():
            option = self.RENAMED.get((operation, name), xform_name(name, "-"))
            command += [f"--{option}", value if isinstance(value, str) else json.dumps(value)]
        done = subprocess.run(
            command,
            env=self._environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
        answer: dict[str, Any] = json.loads(done.stdout or "{}")
        return answer


class JavaScript:
    """A Node process that takes one call a line; see js/driver.mjs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @classmethod
    @contextmanager
    def running(cls, service: Service) -> Iterator["JavaScript"]:
        folder = Path(__file__).parent / "js"
        modules = environments.node_environment("js", folder)
        settings = {"ENDPOINT": service.http, "REGION": REGION, "KEY_ID": KEY_ID, "SECRET": SECRET}
        process = subprocess.Popen(
            [node(), folder / "driver.mjs"],
            cwd=modules,
            env={**clean_environment(), **settings},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            yield cls(process)
            assert process.stdin is not None
            process.stdin.close()

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([service, operation, parameters]) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline() or '{"error": "node has ended"}')
        assert "error" not in answer, f"{service} {operation}: {answer['error']}"
        result: dict[str, Any] = answer["result"]
        return result


@contextmanager
def client_of(name: str, service: Service, home: Path) -> Iterator[Client]:
    if name == "js":
        with JavaScript.running(service) as client:
            yield client
    else:
        yield Boto3(service) if name == "boto3" else AwsCli(service, home)
