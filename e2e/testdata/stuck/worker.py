"""A worker of the Python SDK that is wrong in the way that STUCK names."""
import asyncio
import os
from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client, TLSConfig
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

stuck = os.environ["STUCK"]


@dataclass
class PaymentDetails:
    source_account: str
    target_account: str
    amount: int
    reference_id: str


@activity.defn(name="something_else" if stuck == "other activity" else "withdraw")
async def withdraw(details: PaymentDetails) -> str:
    if stuck == "dies":
        print("has the task", flush=True)
        await asyncio.sleep(600)
    return "W"


@activity.defn(name="deposit")
async def deposit(details: PaymentDetails) -> str:
    return "D"


@workflow.defn(name="Payout" if stuck == "other workflow" else "MoneyTransfer")
class MoneyTransfer:
    @workflow.run
    async def run(self, details: PaymentDetails) -> str:
        first, second = ("withdraw", "deposit") if stuck != "changed" else ("deposit", "withdraw")
        took = await workflow.execute_activity(first, details, start_to_close_timeout=timedelta(seconds=20))
        await workflow.sleep(timedelta(seconds=4 if stuck in ("to be changed", "changed") else 0.01))
        gave = await workflow.execute_activity(second, details, start_to_close_timeout=timedelta(seconds=20))
        return f"Transfer complete ({took}, {gave})"


def read(name: str) -> bytes:
    with open(os.environ[name], "rb") as f:
        return f.read()


async def main() -> None:
    tls = False
    if os.environ.get("CERT"):
        tls = TLSConfig(server_root_ca_cert=read("ROOT"), client_cert=read("CERT"), client_private_key=read("KEY"))
    reports = timedelta(seconds=float(os.environ.get("REPORT_EVERY", "60")))  # about itself, its clock among them
    runtime = Runtime(telemetry=TelemetryConfig(), worker_heartbeat_interval=reports)
    client = await Client.connect(os.environ["ADDRESS"], namespace=os.environ["NAMESPACE"], tls=tls, runtime=runtime)
    worker = Worker(
        client,
        task_queue=os.environ["QUEUE"],
        workflows=[] if stuck in ("activities only", "empty") else [MoneyTransfer],
        activities=[] if stuck in ("workflows only", "empty") else [withdraw, deposit],
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_cached_workflows=0,  # each task replays, as after a restart
    )
    await worker.run()


asyncio.run(main())
