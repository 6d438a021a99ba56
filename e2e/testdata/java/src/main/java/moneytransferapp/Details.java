package moneytransferapp;

/** The argument of the workflow, with the field names of the official template. */
public class Details {
    public String sourceAccountId;
    public String destinationAccountId;
    public String transactionReferenceId;
    public int amountToTransfer;
}
