<?php

declare(strict_types=1);

namespace App\Worker;

use App\Banking\PaymentDetails;
use App\Workflow\MoneyTransfer;
use Temporal\Client\GRPC\ServiceClient;
use Temporal\Client\WorkflowClient;
use Temporal\Client\WorkflowOptions;

require_once __DIR__ . '/../vendor/autoload.php';

$client = WorkflowClient::create(
    ServiceClient::create('127.0.0.1:7233'),
);
$details = new PaymentDetails(sourceAccount: '85-150', targetAccount: '43-812', amount: 250, referenceId: '12345');
echo 'Result: ', $client->newWorkflowStub(MoneyTransfer::class, WorkflowOptions::new())->handle($details), "\n";
