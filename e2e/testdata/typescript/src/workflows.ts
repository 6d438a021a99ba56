import { proxyActivities } from '@temporalio/workflow';
import type * as activities from './activities';
import type { PaymentDetails } from './shared';

const bank = proxyActivities<typeof activities>({ startToCloseTimeout: '5 seconds' });

export async function moneyTransfer(details: PaymentDetails): Promise<string> {
  const ids = [await bank.withdraw(details), await bank.deposit(details)];
  return `Transfer complete (transaction IDs: ${ids.join(', ')})`;
}
