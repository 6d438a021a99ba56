package moneytransferapp;

import io.temporal.activity.ActivityInterface;

@ActivityInterface
public interface AccountActivity {
    void withdraw(String account, String reference, int amount);

    void deposit(String account, String reference, int amount);
}
