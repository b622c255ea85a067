// Processes cannot be started.
