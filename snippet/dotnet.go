package snippet

// .NET. Sources: sdk-dotnet 68e4eae src/Temporalio/Client/TemporalConnectionOptions.cs (TargetHost, Tls, ApiKey
// since 1.1.0), TlsOptions.cs (ClientCert, ClientPrivateKey, Domain), Common/EnvConfig/ClientEnvConfig.cs
// (LoadClientConnectOptions; in this namespace since 1.9.0). Before 1.11.0 it takes certificates and keys from variables
// and files with their content only: those that hold a path are ignored (issue 584, fixed by pull request 596). New releases switch TLS on with an API key by
// themselves; Tls is written out for the others.
// Template: money-transfer-project-template-dotnet 20f05ee (2025-07), Temporalio 1.0.0. Its files end their
// lines in CR LF, so every edit is of one line.
var dotnet = language{
	id: "dotnet", name: ".NET", repo: "money-transfer-project-template-dotnet", pkg: "Temporalio",
	min:      versions{"1.0.0", "1.1.0", "1.11.0"},
	workflow: "MoneyTransferWorkflow", queue: "MONEY_TRANSFER_TASK_QUEUE",
	fields:  []field{{"SourceAccount", sourceAccount}, {"TargetAccount", targetAccount}, {"Amount", amount}, {"ReferenceId", reference}},
	proxy:   "the .NET SDK does not read HTTPS_PROXY. Set HttpConnectProxy in the connection's options.",
	worker:  []string{"dotnet run --project MoneyTransferWorker"},
	starter: []string{"dotnet run --project MoneyTransferClient"},
	install: func(*job) []string { return []string{"dotnet restore"} },
	files: []source{{"MoneyTransferWorker/CloudConnection.cs", `using Temporalio.Client;
<<- if .Envconfig>>
using Temporalio.Common.EnvConfig;
<<- end>>

namespace Temporalio.MoneyTransferProject.MoneyTransferWorker;

/// <summary>Connects worker and starter to Temporal Cloud, by the environment.</summary>
public static class CloudConnection
{
<<- if .Envconfig>>
    public static TemporalClientConnectOptions Options()
    {
        var options = ClientEnvConfig.LoadClientConnectOptions();
        if (string.IsNullOrEmpty(options.TargetHost))
        {
            throw new InvalidOperationException("<<.Address>> is not set");
        }
        return options;
    }
<<- else>>
    public static TemporalClientConnectOptions Options() => new(Env("<<.Address>>"))
    {
        Namespace = Env("<<.Namespace>>"),
<<- if .MTLS>>
        Tls = new TlsOptions
        {
            ClientCert = System.IO.File.ReadAllBytes(Env("<<.Cert>>")),
            ClientPrivateKey = System.IO.File.ReadAllBytes(Env("<<.Key>>")),
<<- if .SNI>>
            Domain = Env("<<.ServerName>>"),
<<- end>>
        },
<<- else>>
        ApiKey = Env("<<.APIKey>>"),
        Tls = new TlsOptions<<if .SNI>> { Domain = Env("<<.ServerName>>") }<<else>>()<<end>>,
<<- end>>
    };

    private static string Env(string name)
    {
        var value = System.Environment.GetEnvironmentVariable(name);
        return string.IsNullOrEmpty(value) ? throw new InvalidOperationException($"{name} is not set") : value;
    }
<<- end>>
}
`}},
	edits: append([]change{
		{file: "MoneyTransferWorker/Program.cs", before: `// Create a client to connect to localhost on "default" namespace`, after: "// Create a client to connect to Temporal Cloud"},
		{file: "MoneyTransferWorker/Program.cs", before: `var client = await TemporalClient.ConnectAsync(new("localhost:7233"));`, after: "var client = await TemporalClient.ConnectAsync(CloudConnection.Options());"},
		{file: "MoneyTransferClient/Program.cs", before: `var client = await TemporalClient.ConnectAsync(new("localhost:7233") { Namespace = "default" });`, after: "var client = await TemporalClient.ConnectAsync(CloudConnection.Options());"},
	}, nugetVersions()...),
	more: func(j *job) []string {
		if j.auth == "api-key" || j.style == "envconfig" {
			return []string{"The template has SDK 1.0.0, which has neither API keys nor envconfig: the project files ask for " + dotnetNew + "."}
		}
		return nil
	},
}

const dotnetNew = "1.18.0"

// nugetVersions are the edits of the project files where the template's SDK is too old. The test project is
// one of them: NuGet refuses a direct reference that is older than another project's.
func nugetVersions() []change {
	newer := func(j *job) bool { return j.auth == "api-key" || j.style == "envconfig" }
	reference := func(pkg, version string) string {
		return `<PackageReference Include="` + pkg + `" Version="` + version + `" />`
	}
	var out []change
	for _, p := range []string{"MoneyTransferWorker", "MoneyTransferClient", "MoneyTransferTest"} {
		out = append(out, change{file: p + "/" + p + ".csproj", before: reference("Temporalio", "1.0.0"), after: reference("Temporalio", dotnetNew), when: newer})
		if p != "MoneyTransferTest" {
			out = append(out, change{file: p + "/" + p + ".csproj", before: reference("Temporalio.Extensions.Hosting", "1.0.0"), after: reference("Temporalio.Extensions.Hosting", dotnetNew), when: newer})
		}
	}
	return out
}
