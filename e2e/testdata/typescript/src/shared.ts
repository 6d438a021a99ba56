// What worker and starter share. Names and shapes are those of the official template.
export const namespace = 'default';
export const taskQueueName = 'money-transfer';

export interface PaymentDetails {
  amount: number;
  sourceAccount: string;
  targetAccount: string;
  referenceId: string;
}
