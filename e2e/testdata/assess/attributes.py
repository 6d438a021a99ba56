"""What an SDK sample for search attributes does: a start with an attribute, and a workflow that sets another value. It
connects as the samples do: by the environment, else to the local server."""

import asyncio
import sys
import uuid

from temporalio import workflow
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.envconfig import ClientConfig
from temporalio.worker import Worker

QUEUE = "attributes-task-queue"
REGION = SearchAttributeKey.for_keyword("OrderRegion")
AMOUNT = SearchAttributeKey.for_int("OrderAmount")


@workflow.defn
class Order:
    @workflow.run
    async def run(self) -> str:
        workflow.upsert_search_attributes([REGION.value_set("north")])
        return "in the north"


async def main() -> None:
    config = ClientConfig.load_client_connect_config()
    config.setdefault("target_host", "localhost:7233")
    client = await Client.connect(**config)
    async with Worker(client, task_queue=QUEUE, workflows=[Order]):
        values = TypedSearchAttributes([SearchAttributePair(REGION, "south"), SearchAttributePair(AMOUNT, 7)])
        for _ in range(int(sys.argv[1])):
            result = await client.execute_workflow(Order.run, id=f"order-{uuid.uuid4()}", task_queue=QUEUE, search_attributes=values)
        print("Result:", result)


if __name__ == "__main__":
    asyncio.run(main())
