package snippet

// Java. Sources: sdk-java ee9abf0 temporal-serviceclient SimpleSslContextBuilder (forPKCS8),
// ServiceStubsOptions (setTarget, setSslContext, addApiKey since 1.24.0, setEnableHttps, setChannelInitializer; before
// 1.28.1 a worker begins with a health check, which Temporal Cloud refuses with an API key: pull request 2438),
// temporal-envconfig ClientConfigProfile (load, toWorkflowServiceStubsOptions, toWorkflowClientOptions; since 1.32.0;
// before 1.32.1 a machine without a temporal.toml is an error: pull request 2739).
// Template: money-transfer-project-java 88c3fe3 (2025-07), sdk 1.24.1, Java 8.
var java = language{
	id: "java", name: "Java", repo: "money-transfer-project-java", pkg: "io.temporal:temporal-sdk",
	min:      versions{"1.24.1", "1.28.1", "1.32.1"},
	workflow: "MoneyTransferWorkflow", queue: "MONEY_TRANSFER_TASK_QUEUE",
	fields:  []field{{"sourceAccountId", sourceAccount}, {"destinationAccountId", targetAccount}, {"transactionReferenceId", reference}, {"amountToTransfer", amount}},
	proxy:   "the Java SDK does not read HTTPS_PROXY. Start the JVM with -Dhttps.proxyHost and -Dhttps.proxyPort.",
	worker:  []string{"mvn compile exec:java -Dexec.mainClass=moneytransferapp.MoneyTransferWorker"},
	starter: []string{"mvn compile exec:java -Dexec.mainClass=moneytransferapp.TransferApp"},
	install: func(*job) []string { return []string{"mvn compile"} },
	files: []source{{"src/main/java/moneytransferapp/CloudConnection.java", `package moneytransferapp;

import io.temporal.client.WorkflowClient;
<<- if not .Envconfig>>
import io.temporal.client.WorkflowClientOptions;
<<- else>>
import io.temporal.envconfig.ClientConfigProfile;
<<- end>>
<<- if and .MTLS (not .Envconfig)>>
import io.temporal.serviceclient.SimpleSslContextBuilder;
<<- end>>
import io.temporal.serviceclient.WorkflowServiceStubs;
<<- if not .Envconfig>>
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
<<- end>>
<<- if or .MTLS .Envconfig>>

import java.io.IOException;
<<- if not .Envconfig>>
import java.io.InputStream;
<<- end>>
import java.io.UncheckedIOException;
<<- if not .Envconfig>>
import java.nio.file.Files;
import java.nio.file.Paths;
<<- end>>
<<- end>>

/** Connects worker and starter to Temporal Cloud, by the environment. */
final class CloudConnection {
    private CloudConnection() {}

    static WorkflowClient client() {
<<- if .Envconfig>>
        try {
            ClientConfigProfile profile = ClientConfigProfile.load();
            if (profile.getAddress() == null) {
                throw new IllegalStateException("<<.Address>> is not set");
            }
            WorkflowServiceStubs stubs =
                    WorkflowServiceStubs.newServiceStubs(profile.toWorkflowServiceStubsOptions());
            return WorkflowClient.newInstance(stubs, profile.toWorkflowClientOptions());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
<<- else>>
<<- if .MTLS>>
        try (InputStream cert = Files.newInputStream(Paths.get(env("<<.Cert>>")));
                InputStream key = Files.newInputStream(Paths.get(env("<<.Key>>")))) {
            return connect(WorkflowServiceStubsOptions.newBuilder()
                    .setSslContext(SimpleSslContextBuilder.forPKCS8(cert, key).build()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
<<- else>>
        return connect(WorkflowServiceStubsOptions.newBuilder()
                .addApiKey(() -> env("<<.APIKey>>"))
                .setEnableHttps(true));
<<- end>>
    }

    private static WorkflowClient connect(WorkflowServiceStubsOptions.Builder options) {
<<- if .SNI>>
        options.setChannelInitializer(channel -> channel.overrideAuthority(env("<<.ServerName>>")));
<<- end>>
        WorkflowServiceStubs stubs =
                WorkflowServiceStubs.newServiceStubs(options.setTarget(env("<<.Address>>")).build());
        return WorkflowClient.newInstance(
                stubs, WorkflowClientOptions.newBuilder().setNamespace(env("<<.Namespace>>")).build());
    }

    private static String env(String name) {
        String value = System.getenv(name);
        if (value == null || value.isEmpty()) {
            throw new IllegalStateException(name + " is not set");
        }
        return value;
    }
}
<<- end>>
`}},
	edits: []change{
		{file: javaWorker, before: "import io.temporal.serviceclient.WorkflowServiceStubs;\nimport io.temporal.worker.Worker;", after: "import io.temporal.worker.Worker;"},
		{file: javaWorker, before: `        // Create a stub that accesses a Temporal Service on the local development machine
        WorkflowServiceStubs serviceStub = WorkflowServiceStubs.newLocalServiceStubs();

        // The Worker uses the Client to communicate with the Temporal Service
        WorkflowClient client = WorkflowClient.newInstance(serviceStub);`, after: `        // The Worker uses the Client to communicate with the Temporal Service
        WorkflowClient client = CloudConnection.client();`},
		{file: javaStarter, before: "import io.temporal.client.WorkflowOptions;\nimport io.temporal.serviceclient.WorkflowServiceStubs;", after: "import io.temporal.client.WorkflowOptions;"},
		{file: javaStarter, before: `        // A WorkflowServiceStubs communicates with the Temporal front-end service.
        WorkflowServiceStubs serviceStub = WorkflowServiceStubs.newLocalServiceStubs();

        // A WorkflowClient wraps the stub.
        // It can be used to start, signal, query, cancel, and terminate Workflows.
        WorkflowClient client = WorkflowClient.newInstance(serviceStub);`, after: `        // A WorkflowClient wraps the stub.
        // It can be used to start, signal, query, cancel, and terminate Workflows.
        WorkflowClient client = CloudConnection.client();`},
		{file: "pom.xml", before: `      <artifactId>temporal-sdk</artifactId>
      <version>1.24.1</version>
    </dependency>`, after: `      <artifactId>temporal-sdk</artifactId>
      <version>` + javaNew + `</version>
    </dependency>

    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-envconfig</artifactId>
      <version>` + javaNew + `</version>
    </dependency>`, when: func(j *job) bool { return j.style == "envconfig" }},
		{file: "pom.xml", before: `      <artifactId>temporal-sdk</artifactId>
      <version>1.24.1</version>`, after: `      <artifactId>temporal-sdk</artifactId>
      <version>` + javaNew + `</version>`, when: func(j *job) bool { return j.style != "envconfig" && j.auth != "mtls" }},
		{file: "pom.xml", before: `      <artifactId>temporal-testing</artifactId>
      <version>1.24.1</version>`, after: `      <artifactId>temporal-testing</artifactId>
      <version>` + javaNew + `</version>`, when: func(j *job) bool { return j.style == "envconfig" || j.auth != "mtls" }},
	},
	more: func(j *job) []string {
		var out []string
		if j.auth == "mtls" {
			out = append(out, "Java reads a key only as PKCS#8 (BEGIN PRIVATE KEY). Onramp and tcld write it so; turn another with: openssl pkcs8 -topk8 -nocrypt -in client.key -out client.pkcs8.key")
		}
		switch {
		case j.style == "envconfig":
			out = append(out, "The template has SDK 1.24.1, which has no envconfig: pom.xml asks for "+javaNew+".")
		case j.auth != "mtls":
			out = append(out, "The template has SDK 1.24.1, whose worker begins with a health check that Temporal Cloud refuses with an API key: pom.xml asks for "+javaNew+".")
		}
		return out
	},
}

const (
	javaWorker  = "src/main/java/moneytransferapp/MoneyTransferWorker.java"
	javaStarter = "src/main/java/moneytransferapp/TransferApp.java"
	javaNew     = "1.38.0"
)
