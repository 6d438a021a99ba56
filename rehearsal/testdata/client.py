"""Connects once for each line of JSON on stdin and answers a line: "ok", or what went wrong."""
import json
import socket
import ssl
import sys

for line in sys.stdin:
    ask = json.loads(line)
    try:
        context = ssl.create_default_context(cafile=ask["root"])
        context.load_cert_chain(ask["cert"], ask["key"])
        if ask["alpn"]:
            context.set_alpn_protocols([ask["alpn"]])
        with socket.create_connection((ask["host"], ask["port"]), timeout=20) as plain:
            with context.wrap_socket(plain, server_hostname=ask["name"]) as tls:
                if ask["say"]:
                    tls.sendall(ask["say"].encode())
                got = tls.recv(64)
        answer = "ok" if got.startswith(ask["hear"].encode("latin-1")) else "heard " + repr(got)
    except Exception as e:
        answer = repr(e)
    print(answer.replace("\n", " "), flush=True)
