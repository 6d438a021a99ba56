package snippet

// Ruby. Sources: sdk-ruby 6106290 temporalio/lib/temporalio/client.rb (Client.connect), client/connection.rb
// (TLSOptions; both in 0.4.0 too), env_config.rb (ClientConfig.load_client_connect_options, since 1.0.0, but
// before 1.2.0 it reads no variable of the process: pull request 371). TLS is implied by an API key only in new releases, so tls: true is written out.
// Template: money-transfer-project-template-ruby f1f7306 (2025-07), temporalio ~> 0.4. Its argument is a Struct,
// which json/add/struct writes with its class and values.
var ruby = language{
	id: "ruby", name: "Ruby", repo: "money-transfer-project-template-ruby", pkg: "temporalio",
	min:      versions{"0.4.0", "0.4.0", "1.2.0"},
	workflow: "MoneyTransferWorkflow", queue: "money-transfer",
	fields:  []field{{"json_class", "MoneyTransfer::TransferDetails"}, {"v", []any{sourceAccount, targetAccount, amount, reference}}},
	proxy:   "the Ruby SDK does not read HTTPS_PROXY. Give Client.connect http_connect_proxy.",
	worker:  []string{"bundle exec ruby worker.rb"},
	starter: []string{"bundle exec ruby starter.rb"},
	install: func(*job) []string { return []string{"bundle install"} },
	files: []source{{"connection.rb", `# frozen_string_literal: true

require 'temporalio/client'
<<- if .Envconfig>>
require 'temporalio/env_config'
<<- end>>

# MoneyTransfer.connect connects worker and starter to Temporal Cloud, by the environment.
module MoneyTransfer
  def self.connect(**options)
<<- if .Envconfig>>
    args, settings = Temporalio::EnvConfig::ClientConfig.load_client_connect_options
    raise '<<.Address>> is not set' unless args[0]

    Temporalio::Client.connect(*args, **settings, **options)
<<- else>>
    Temporalio::Client.connect(
      ENV.fetch('<<.Address>>'),
      ENV.fetch('<<.Namespace>>'),
<<- if .MTLS>>
      tls: Temporalio::Client::Connection::TLSOptions.new(
        client_cert: File.read(ENV.fetch('<<.Cert>>')),
        client_private_key: File.read(ENV.fetch('<<.Key>>'))
<<- if .SNI>>,
        domain: ENV.fetch('<<.ServerName>>')
<<- end>>
      ),
<<- else>>
      api_key: ENV.fetch('<<.APIKey>>'),
      tls: <<if .SNI>>Temporalio::Client::Connection::TLSOptions.new(domain: ENV.fetch('<<.ServerName>>'))<<else>>true<<end>>,
<<- end>>
      **options
    )
<<- end>>
  end
end
`}},
	edits: []change{
		{file: "worker.rb", before: "require_relative 'activities'", after: "require_relative 'activities'\nrequire_relative 'connection'"},
		{file: "worker.rb", before: "# Create a Temporal Client that connects to a local Temporal Service, uses\n# a Namespace called 'default', and displays log messages to standard output\nclient = Temporalio::Client.connect(\n  'localhost:7233',\n  'default',\n  logger: Logger.new($stdout, level: Logger::INFO)\n)",
			after: "# Create a Temporal Client that connects to Temporal Cloud and displays log\n# messages to standard output\nclient = MoneyTransfer.connect(logger: Logger.new($stdout, level: Logger::INFO))"},
		{file: "starter.rb", before: "require_relative 'shared'", after: "require_relative 'connection'\nrequire_relative 'shared'"},
		{file: "starter.rb", before: "# Temporal Service (in this case, it will connect to one running locally,\n# on the standard port, and use the default namespace)\nclient = Temporalio::Client.connect('localhost:7233', 'default')",
			after: "# Temporal Service (in this case, Temporal Cloud)\nclient = MoneyTransfer.connect"},
		{file: "Gemfile", before: "gem 'temporalio', '~> 0.4'", after: "gem 'temporalio', '~> 1.0'", when: func(j *job) bool { return j.style == "envconfig" }},
	},
	more: func(j *job) []string {
		if j.style == "envconfig" {
			return []string{"The template asks for SDK 0.4, which has no envconfig: the Gemfile asks for 1.0 or newer. Releases of 2026 want Ruby 3.3."}
		}
		return nil
	},
}
