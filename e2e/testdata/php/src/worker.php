<?php

declare(strict_types=1);

namespace App\Worker;

use Temporal\WorkerFactory;

require_once __DIR__ . '/../vendor/autoload.php';

$factory = WorkerFactory::create();
$factory->newWorker('default')->registerWorkflowTypes(\App\Workflow\MoneyTransfer::class);
$factory->run();
