# frozen_string_literal: true

require_relative 'shared'
require_relative 'workflow'
require 'securerandom'
require 'temporalio/client'

# The client is the one of the worker: it talks to the
# Temporal Service (in this case, it will connect to one running locally,
# on the standard port, and use the default namespace)
client = Temporalio::Client.connect('localhost:7233', 'default')

details = MoneyTransfer::TransferDetails.new('85-150', '43-812', 250, SecureRandom.uuid)
puts "Result: #{client.execute_workflow(
  MoneyTransfer::MoneyTransferWorkflow, details,
  id: "transfer-#{details.reference_id}", task_queue: MoneyTransfer::TASK_QUEUE_NAME
)}"
