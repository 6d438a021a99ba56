"""A namespace that takes both sign-in methods, by the official clients: switched one way and back. One JSON object a step."""

import asyncio
import sys

from google.protobuf.timestamp_pb2 import Timestamp
from ops import ended, os, read, told, work
from temporalio.api.cloud.cloudservice.v1 import request_response_pb2 as rr
from temporalio.api.cloud.identity.v1 import message_pb2 as identity
from temporalio.api.cloud.namespace.v1 import message_pb2 as ns
from temporalio.client import CloudOperationsClient
from temporalio.service import RPCError, TLSConfig


async def main() -> None:
    root = read("SERVER_ROOT")
    cloud = await CloudOperationsClient.connect(
        api_key=read("OPS_KEY").decode().strip(), target_host=os.environ["CONTROL"], tls=TLSConfig(server_root_ca_cert=root), version="v0.19.1"
    )
    svc = cloud.cloud_service
    try:
        made = await svc.create_namespace(
            rr.CreateNamespaceRequest(
                spec=ns.NamespaceSpec(
                    name="two", replicas=[ns.ReplicaSpec(region="aws-us-east-1")], retention_days=30,
                    mtls_auth=ns.MtlsAuthSpec(enabled=True, accepted_client_ca=read("CA_ONE")), api_key_auth=ns.ApiKeyAuthSpec(enabled=True),
                )
            )
        )
    except RPCError as e:
        told("create", code=e.status.name, text=e.message)
        return
    told("create", code="OK", ended=await ended(svc, made.async_operation))
    name = made.namespace
    host, region = f"{name}.tmprl.cloud", "us-east-1.aws.api.temporal.io"

    robot = await svc.create_service_account(
        rr.CreateServiceAccountRequest(
            spec=identity.ServiceAccountSpec(
                name="worker",
                namespace_scoped_access=identity.NamespaceScopedAccess(
                    namespace=name, access=identity.NamespaceAccess(permission=identity.NamespaceAccess.PERMISSION_WRITE)
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
                owner_id=robot.service_account_id, owner_type=identity.OWNER_TYPE_SERVICE_ACCOUNT, display_name="worker", expiry_time=ends
            )
        )
    )
    await ended(svc, key.async_operation)

    async def seen(step: str) -> None:
        n = (await svc.get_namespace(rr.GetNamespaceRequest(namespace=name))).namespace
        told(
            step,
            mtls_address=n.endpoints.mtls_grpc_address,
            key_address=n.endpoints.grpc_address,
            certificate=await work(
                namespace=name,
                tls=TLSConfig(server_root_ca_cert=root, domain=host, client_cert=read("CERT_ONE"), client_private_key=read("KEY_ONE")),
            ),
            regional_key=await work(namespace=name, api_key=key.token, tls=TLSConfig(server_root_ca_cert=root, domain=region)),
            own_key=await work(namespace=name, api_key=key.token, tls=TLSConfig(server_root_ca_cert=root, domain=host)),
        )

    async def switch(mtls: bool, keys: bool) -> None:
        n = (await svc.get_namespace(rr.GetNamespaceRequest(namespace=name))).namespace
        n.spec.mtls_auth.enabled, n.spec.api_key_auth.enabled = mtls, keys
        out = await svc.update_namespace(rr.UpdateNamespaceRequest(namespace=name, spec=n.spec, resource_version=n.resource_version))
        await ended(svc, out.async_operation)

    await seen("both")
    await switch(False, True)
    await seen("keys")
    await switch(True, True)
    await switch(True, False)
    await seen("certificates")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
