package moneytransferapp;

/** A bank that always has the money: what is under test here is the connection. */
public class AccountActivityImpl implements AccountActivity {
    @Override
    public void withdraw(String account, String reference, int amount) {
        System.out.printf("withdraw %d from %s%n", amount, account);
    }

    @Override
    public void deposit(String account, String reference, int amount) {
        System.out.printf("deposit %d into %s%n", amount, account);
    }
}
