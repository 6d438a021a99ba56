"""A worker of the Python SDK with an application of its own, whose workflows each wait for one thing."""
import asyncio
import os
import time
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client, TLSConfig
from temporalio.worker import Worker


@activity.defn(name="pack")
async def pack(order: str) -> str:
    await asyncio.sleep(300)
    return order


@activity.defn(name="weigh")
async def weigh(order: str) -> str:
    raise ValueError("the scale wants 1 positional argument, missing 1 required positional argument: 'unit'")


@workflow.defn(name="PackFlow")
class PackFlow:
    @workflow.run
    async def run(self, order: str) -> str:
        return await workflow.execute_activity(pack, order, start_to_close_timeout=timedelta(minutes=5))


@workflow.defn(name="WeighFlow")
class WeighFlow:
    @workflow.run
    async def run(self, order: str) -> str:
        return await workflow.execute_activity(weigh, order, start_to_close_timeout=timedelta(minutes=5))


@workflow.defn(name="OtherQueueFlow")
class OtherQueueFlow:
    @workflow.run
    async def run(self) -> str:
        return await workflow.execute_activity(pack, "a", task_queue="pack-activities", start_to_close_timeout=timedelta(minutes=5))


@workflow.defn(name="ApprovalFlow")
class ApprovalFlow:
    def __init__(self) -> None:
        self.approved = False

    @workflow.signal
    def approve(self) -> None:
        self.approved = True

    @workflow.run
    async def run(self) -> str:
        await workflow.wait_condition(lambda: self.approved)
        return "approved"


@workflow.defn(name="RegionFlow")
class RegionFlow:
    @workflow.run
    async def run(self) -> str:
        return os.environ["SHOP_REGION"]


@workflow.defn(name="BlockingFlow", sandboxed=False)
class BlockingFlow:
    @workflow.run
    async def run(self) -> str:
        time.sleep(3)
        return "x"


@workflow.defn(name="PriceFlow")
class PriceFlow:
    @workflow.run
    async def run(self) -> str:
        return price()  # the mistake that this workflow is about: a call within it lacks an argument


def price(order: str) -> str:
    return order


@workflow.defn(name="ParentFlow")
class ParentFlow:
    @workflow.run
    async def run(self) -> str:
        return await workflow.execute_child_workflow("ApprovalFlow", id=workflow.info().workflow_id + "-child", task_queue="approvals")


def read(name: str) -> bytes:
    with open(os.environ[name], "rb") as f:
        return f.read()


async def main() -> None:
    tls = TLSConfig(server_root_ca_cert=read("ROOT"), client_cert=read("CERT"), client_private_key=read("KEY"))
    client = await Client.connect(os.environ["ADDRESS"], namespace=os.environ["NAMESPACE"], tls=tls)
    flows = [PackFlow, WeighFlow, OtherQueueFlow, ApprovalFlow, RegionFlow, BlockingFlow, PriceFlow, ParentFlow]
    await Worker(client, task_queue=os.environ["QUEUE"], workflows=flows, activities=[pack, weigh]).run()


if __name__ == "__main__":  # the sandbox imports this file again
    asyncio.run(main())
