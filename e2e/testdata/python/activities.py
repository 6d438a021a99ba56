"""A bank that always has the money: what is under test here is the connection."""
from temporalio import activity

from shared import PaymentDetails


class BankingActivities:
    @activity.defn
    async def withdraw(self, details: PaymentDetails) -> str:
        return f"W-{details.source_account}-{details.amount}"

    @activity.defn
    async def deposit(self, details: PaymentDetails) -> str:
        return f"D-{details.target_account}-{details.amount}"

    @activity.defn
    async def refund(self, details: PaymentDetails) -> str:
        return f"R-{details.source_account}-{details.amount}"
