"""The money transfer with the template's name and signature."""
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities import BankingActivities
    from shared import PaymentDetails


@workflow.defn
class MoneyTransfer:
    @workflow.run
    async def run(self, payment_details: PaymentDetails) -> str:
        ids = []
        for step in (BankingActivities.withdraw, BankingActivities.deposit):
            ids.append(
                await workflow.execute_activity_method(
                    step, payment_details, start_to_close_timeout=timedelta(seconds=5)
                )
            )
        return "Transfer complete (transaction IDs: " + ", ".join(ids) + ")"
