"""Reads environments by name on stdin and writes what the Python SDK's loader makes of each."""
import json
import sys

from temporalio.envconfig import ClientConfigProfile, ClientConfigTLS

out = {}
for name, env in json.load(sys.stdin).items():
    p = ClientConfigProfile.load(override_env_vars=env)
    tls = p.tls or ClientConfigTLS()
    out[name] = {
        "address": p.address,
        "namespace": p.namespace,
        "api_key": p.api_key,
        "cert": tls.client_cert and str(tls.client_cert),
        "key": tls.client_private_key and str(tls.client_private_key),
        "server_name": tls.server_name,
    }
print(json.dumps(out))
