package snippet

// Python. Sources: sdk-python 3a464f9 temporalio/client.py (Client.connect), temporalio/service.py
// (TLSConfig), temporalio/envconfig.py; api_key since 1.6.0 (f3d1b851), envconfig since 1.14.0 (git tags);
// TLS goes with an API key by itself only since cc19379d (2025-12), so tls=True is written out.
// Template: money-transfer-project-template-python 9bcb4d9 (2025-07), SDK unpinned.
var python = language{
	id: "python", name: "Python", repo: "money-transfer-project-template-python", pkg: "temporalio",
	min:      versions{"1.0.0", "1.6.0", "1.14.0"},
	workflow: "MoneyTransfer", queue: "TRANSFER_MONEY_TASK_QUEUE",
	fields:  []field{{"source_account", sourceAccount}, {"target_account", targetAccount}, {"amount", amount}, {"reference_id", reference}},
	proxy:   "the Python SDK does not read HTTPS_PROXY. Give Client.connect http_connect_proxy_config.",
	worker:  []string{"python run_worker.py"},
	starter: []string{"python run_workflow.py"},
	install: func(j *job) []string {
		return []string{`python -m pip install "temporalio>=` + j.sdk().MinVersion + `"`}
	},
	files: []source{{"connection.py", `"""Connects worker and starter to Temporal Cloud, by the environment."""
<<if .Envconfig>>
from temporalio.client import Client
from temporalio.envconfig import ClientConfig


async def connect() -> Client:
    config = ClientConfig.load_client_connect_config()
    if "target_host" not in config:
        raise RuntimeError("<<.Address>> is not set")
    return await Client.connect(**config)
<<else>>
import os
<<- if .MTLS>>
from pathlib import Path
<<- end>>

from temporalio.client import Client
<<- if or .MTLS .SNI>>
from temporalio.service import TLSConfig
<<- end>>


async def connect() -> Client:
    return await Client.connect(
        os.environ["<<.Address>>"],
        namespace=os.environ["<<.Namespace>>"],
<<- if .MTLS>>
        tls=TLSConfig(
            client_cert=Path(os.environ["<<.Cert>>"]).read_bytes(),
            client_private_key=Path(os.environ["<<.Key>>"]).read_bytes(),
<<- if .SNI>>
            domain=os.environ["<<.ServerName>>"],
<<- end>>
        ),
<<- else>>
        api_key=os.environ["<<.APIKey>>"],
        tls=<<if .SNI>>TLSConfig(domain=os.environ["<<.ServerName>>"])<<else>>True<<end>>,
<<- end>>
    )
<<end>>`}},
	edits: []change{
		{file: "run_worker.py", before: "from activities import BankingActivities", after: "from activities import BankingActivities\nfrom connection import connect"},
		{file: "run_worker.py", before: `    client: Client = await Client.connect("localhost:7233", namespace="default")`, after: `    client: Client = await connect()`},
		{file: "run_workflow.py", before: "from shared import MONEY_TRANSFER_TASK_QUEUE_NAME, PaymentDetails", after: "from connection import connect\nfrom shared import MONEY_TRANSFER_TASK_QUEUE_NAME, PaymentDetails"},
		{file: "run_workflow.py", before: `    client: Client = await Client.connect("localhost:7233")`, after: `    client: Client = await connect()`},
	},
}
