"""What an SDK sample for schedules does: a schedule that starts a workflow, and the worker that runs it. It connects as the
samples do: by the environment, else to the local server."""

import asyncio
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client, Schedule, ScheduleActionStartWorkflow, ScheduleIntervalSpec, ScheduleSpec, ScheduleState
from temporalio.envconfig import ClientConfig
from temporalio.worker import Worker

QUEUE = "schedules-task-queue"


@activity.defn
async def compose(name: str) -> str:
    return f"Hello {name}"


@workflow.defn
class Greeting:
    @workflow.run
    async def run(self, name: str) -> str:
        return await workflow.execute_activity(compose, name, start_to_close_timeout=timedelta(seconds=10))


async def main() -> None:
    config = ClientConfig.load_client_connect_config()
    config.setdefault("target_host", "localhost:7233")
    client = await Client.connect(**config)
    async with Worker(client, task_queue=QUEUE, workflows=[Greeting], activities=[compose]):
        handle = await client.create_schedule(
            "greeting-schedule",
            Schedule(
                action=ScheduleActionStartWorkflow(Greeting.run, "schedule", id="greeting", task_queue=QUEUE),
                spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(hours=2))]),
                state=ScheduleState(note="a sample"),
            ),
            trigger_immediately=True,
        )
        while not (ran := (await handle.describe()).info.recent_actions):
            await asyncio.sleep(0.1)
        started = client.get_workflow_handle(ran[0].action.workflow_id, run_id=ran[0].action.first_execution_run_id)
        print("Result:", await started.result())


if __name__ == "__main__":
    asyncio.run(main())
