// A worker of the Go SDK that is wrong in the way that STUCK names.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"os"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

var stuck = os.Getenv("STUCK")

type PaymentDetails struct {
	SourceAccount, TargetAccount string
	Amount                       int
	ReferenceID                  string
}

func withdraw(ctx context.Context, d PaymentDetails) (string, error) {
	if stuck == "dies" {
		fmt.Println("has the task")
		<-ctx.Done()
	}
	if d.SourceAccount == "" {
		return "", fmt.Errorf("no account")
	}
	return "W", nil
}

func deposit(context.Context, PaymentDetails) (string, error) { return "D", nil }

func moneyTransfer(ctx workflow.Context, d PaymentDetails) (string, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 20 * time.Second})
	steps, pause := []string{"Withdraw", "Deposit"}, 10*time.Millisecond
	if stuck == "changed" {
		steps = []string{"Deposit", "Withdraw"}
	}
	if stuck == "changed" || stuck == "to be changed" {
		pause = 4 * time.Second
	}
	var ids string
	for _, step := range steps {
		var id string
		if err := workflow.ExecuteActivity(ctx, step, d).Get(ctx, &id); err != nil {
			return "", err
		}
		ids += id
		if err := workflow.Sleep(ctx, pause); err != nil {
			return "", err
		}
	}
	return "Transfer complete (" + ids + ")", nil
}

func main() {
	options := client.Options{HostPort: os.Getenv("ADDRESS"), Namespace: os.Getenv("NAMESPACE")}
	if os.Getenv("CERT") != "" {
		pair, err := tls.LoadX509KeyPair(os.Getenv("CERT"), os.Getenv("KEY"))
		if err != nil {
			log.Fatal(err)
		}
		root, err := os.ReadFile(os.Getenv("ROOT"))
		if err != nil {
			log.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(root)
		options.ConnectionOptions.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots}
	}
	options.ConnectionOptions.GetSystemInfoTimeout = time.Minute // a busy machine may take more than the usual five seconds
	c, err := client.Dial(options)
	if err != nil {
		log.Fatal(err)
	}
	worker.SetStickyWorkflowCacheSize(0) // each task replays, as after a restart
	w := worker.New(c, os.Getenv("QUEUE"), worker.Options{DisableWorkflowWorker: stuck == "activities only", LocalActivityWorkerOnly: stuck == "workflows only"})
	name := "MoneyTransfer"
	if stuck == "other workflow" {
		name = "Payout"
	}
	if stuck != "activities only" {
		w.RegisterWorkflowWithOptions(moneyTransfer, workflow.RegisterOptions{Name: name})
	}
	first := "Withdraw"
	if stuck == "other activity" {
		first = "SomethingElse"
	}
	w.RegisterActivityWithOptions(withdraw, activity.RegisterOptions{Name: first})
	w.RegisterActivityWithOptions(deposit, activity.RegisterOptions{Name: "Deposit"})
	if err := w.Start(); err != nil {
		log.Fatal(err)
	}
	select {}
}
