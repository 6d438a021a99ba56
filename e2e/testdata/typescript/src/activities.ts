// A bank that always has the money: what is under test here is the connection.
import type { PaymentDetails } from './shared';

export async function withdraw(d: PaymentDetails): Promise<string> {
  return `W-${d.sourceAccount}-${d.amount}`;
}

export async function deposit(d: PaymentDetails): Promise<string> {
  return `D-${d.targetAccount}-${d.amount}`;
}

export async function refund(d: PaymentDetails): Promise<string> {
  return `R-${d.sourceAccount}-${d.amount}`;
}
