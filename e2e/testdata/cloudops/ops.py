"""Drives the Cloud Ops API of a rehearsal with the official client and prints one JSON object a step."""

import asyncio
import json
import os
import sys
import uuid
from datetime import timedelta

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio import activity, workflow
from temporalio.api.cloud.cloudservice.v1 import request_response_pb2 as rr
from temporalio.api.cloud.identity.v1 import message_pb2 as identity
from temporalio.api.cloud.namespace.v1 import message_pb2 as ns
from temporalio.api.cloud.operation.v1 import message_pb2 as operation
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import PollWorkflowTaskQueueRequest
from temporalio.client import Client, CloudOperationsClient
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError, TLSConfig
from temporalio.worker import Worker


def read(name: str) -> bytes:
    with open(os.environ[name], "rb") as f:
        return f.read()


def told(step: str, **more) -> None:
    print(json.dumps({"step": step, **more}), flush=True)


@activity.defn
async def transfer(amount: int) -> str:
    return f"transferred {amount}"


@workflow.defn
class MoneyTransfer:
    @workflow.run
    async def run(self, amount: int) -> str:
        return await workflow.execute_activity(transfer, amount, start_to_close_timeout=timedelta(seconds=20))


async def ended(svc, op) -> str:
    for _ in range(600):
        got = (await svc.get_async_operation(rr.GetAsyncOperationRequest(async_operation_id=op.id))).async_operation
        if got.state not in (operation.AsyncOperation.STATE_PENDING, operation.AsyncOperation.STATE_IN_PROGRESS):
            return operation.AsyncOperation.State.Name(got.state)
        await asyncio.sleep(0.2)
    return "never"


async def work(**connect) -> str:
    """A worker and a transfer with one client, or the refusal."""
    try:
        attributes = connect.pop("attributes", None)
        client = await Client.connect(os.environ["ADDRESS"], **connect)
        queue = str(uuid.uuid4())
        started = await client.start_workflow(
            MoneyTransfer.run, 250, id=queue, task_queue=queue, search_attributes=attributes or TypedSearchAttributes.empty
        )
        async with Worker(client, task_queue=queue, workflows=[MoneyTransfer], activities=[transfer]):
            return await asyncio.wait_for(started.result(), 60)
    except (RPCError, RuntimeError, asyncio.TimeoutError, OSError) as e:
        return f"refused: {e}"


async def poll(**connect) -> str:
    """One poll as a worker makes it."""
    try:
        client = await Client.connect(os.environ["ADDRESS"], **connect)
        await client.workflow_service.poll_workflow_task_queue(
            PollWorkflowTaskQueueRequest(namespace=connect["namespace"], task_queue=TaskQueue(name="nobody"), identity="poll"),
            timeout=timedelta(seconds=3),
        )
        return "polled"
    except RPCError as e:
        return "polled" if e.status.name in ("DEADLINE_EXCEEDED", "CANCELLED") else f"refused: {e.status.name}"


async def main() -> None:
    root = read("SERVER_ROOT")
    cloud = await CloudOperationsClient.connect(
        api_key=read("OPS_KEY").decode().strip(),
        target_host=os.environ["CONTROL"],
        tls=TLSConfig(server_root_ca_cert=root),
        version=os.environ.get("OPS_VERSION", "v0.19.1"),
    )
    svc = cloud.cloud_service
    who = await svc.get_current_identity(rr.GetCurrentIdentityRequest())
    told("whoami", email=who.user.spec.email, role=who.user.spec.access.account_access.role)
    listed = await svc.get_namespaces(rr.GetNamespacesRequest(page_size=1))
    told("list", names=[n.namespace for n in listed.namespaces])

    created = await svc.create_namespace(
        rr.CreateNamespaceRequest(
            spec=ns.NamespaceSpec(
                name="py", replicas=[ns.ReplicaSpec(region="aws-us-east-1")], retention_days=30,
                mtls_auth=ns.MtlsAuthSpec(enabled=True, accepted_client_ca=read("CA_ONE")),
                search_attributes={"Customer": ns.NamespaceSpec.SEARCH_ATTRIBUTE_TYPE_KEYWORD},
            )
        )
    )
    told("create", namespace=created.namespace, ended=await ended(svc, created.async_operation))
    name = created.namespace
    host = f"{name}.tmprl.cloud"

    def pair(which: str) -> dict:
        return {
            "namespace": name,
            "tls": TLSConfig(server_root_ca_cert=root, domain=host, client_cert=read(f"CERT_{which}"), client_private_key=read(f"KEY_{which}")),
        }

    told("worker, first CA", result=await work(**pair("ONE"), attributes=TypedSearchAttributes(
        [SearchAttributePair(SearchAttributeKey.for_keyword("Customer"), "c-1")])))
    told("worker, second CA before it is added", result=await work(**pair("TWO")))

    async def update(edit) -> str:
        n = (await svc.get_namespace(rr.GetNamespaceRequest(namespace=name))).namespace
        edit(n.spec)
        out = await svc.update_namespace(rr.UpdateNamespaceRequest(namespace=name, spec=n.spec, resource_version=n.resource_version))
        return await ended(svc, out.async_operation)

    def bundle(*names):
        def edit(spec):
            spec.mtls_auth.accepted_client_ca = b"".join(read(n) for n in names)
        return edit

    told("add CA", ended=await update(bundle("CA_ONE", "CA_TWO")))
    told("worker, second CA", result=await work(**pair("TWO")))
    told("replace CA", ended=await update(bundle("CA_TWO")))
    told("worker, removed CA", result=await work(**pair("ONE")))
    try:
        await update(bundle("CA_TWO"))
    except RPCError as e:
        told("the same again", code=e.status.name, text=e.message)

    def filters(common_name):
        def edit(spec):
            del spec.mtls_auth.certificate_filters[:]
            spec.mtls_auth.certificate_filters.add(common_name=common_name)
        return edit

    told("filter", ended=await update(filters("somebody-else")))
    told("worker, no filter matches", result=await work(**pair("TWO")))

    def keys(spec):
        spec.mtls_auth.enabled = False
        spec.api_key_auth.enabled = True

    told("API keys", ended=await update(keys))
    for permission in ("READ", "WRITE"):
        robot = await svc.create_service_account(
            rr.CreateServiceAccountRequest(
                spec=identity.ServiceAccountSpec(
                    name=permission,
                    namespace_scoped_access=identity.NamespaceScopedAccess(
                        namespace=name,
                        access=identity.NamespaceAccess(permission=identity.NamespaceAccess.Permission.Value(f"PERMISSION_{permission}")),
                    ),
                )
            )
        )
        await ended(svc, robot.async_operation)
        ends = Timestamp()
        ends.GetCurrentTime()
        ends.seconds += 3600
        key = await svc.create_api_key(
            rr.CreateApiKeyRequest(
                spec=identity.ApiKeySpec(
                    owner_id=robot.service_account_id, owner_type=identity.OWNER_TYPE_SERVICE_ACCOUNT, display_name=permission, expiry_time=ends
                )
            )
        )
        await ended(svc, key.async_operation)
        told(f"poll, {permission} key", result=await poll(namespace=name, api_key=key.token, tls=TLSConfig(server_root_ca_cert=root, domain=host)))
        told(f"worker, {permission} key", result=await work(namespace=name, api_key=key.token, tls=TLSConfig(server_root_ca_cert=root, domain=host)))

    n = (await svc.get_namespace(rr.GetNamespaceRequest(namespace=name))).namespace
    out = await svc.delete_namespace(rr.DeleteNamespaceRequest(namespace=name, resource_version=n.resource_version))
    told("delete", ended=await ended(svc, out.async_operation))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
