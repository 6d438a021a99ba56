-- What lists show says whose turn it is for what was handed to a person besides the steps.

UPDATE migrations SET derived = 0;
