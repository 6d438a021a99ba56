"""Connects with the official SDK for each line on stdin, "NAMESPACE CERT KEY", and prints a JSON object a line: what came of it."""

import asyncio
import json
import os
import sys

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, TLSConfig


def read(path: str) -> bytes:
    with open(path, "rb") as f:
        return f.read()


async def once(namespace: str, cert: str, key: str) -> str:
    try:
        client = await Client.connect(
            os.environ["ADDRESS"],
            namespace=namespace,
            tls=TLSConfig(server_root_ca_cert=read(os.environ["SERVER_ROOT"]), client_cert=read(cert), client_private_key=read(key)),
        )
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
        return "in"
    except RPCError as e:
        return f"{e.status.name}: {e.message}"
    except RuntimeError as e:
        return f"handshake: {e}"


async def main() -> None:
    for line in sys.stdin.read().splitlines():
        print(json.dumps(await once(*line.split())), flush=True)


asyncio.run(main())
