package main

import (
	"context"
	"fmt"
	"log"

	"go.temporal.io/sdk/client"

	"money-transfer-project-template-go/app"
)

func main() {
	c, err := client.Dial(client.Options{})
	if err != nil {
		log.Fatal(err)
	}
	details := app.PaymentDetails{SourceAccount: "85-150", TargetAccount: "43-812", Amount: 250, ReferenceID: "12345"}
	run, err := c.ExecuteWorkflow(context.Background(),
		client.StartWorkflowOptions{TaskQueue: app.MoneyTransferTaskQueueName}, app.MoneyTransfer, details)
	if err != nil {
		log.Fatal(err)
	}
	var result string
	if err := run.Get(context.Background(), &result); err != nil {
		log.Fatal(err)
	}
	fmt.Println("Result:", result)
}
