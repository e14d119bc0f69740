"""The virus scan: ClamAV's daemon, and the EICAR test file recognised without it. It decides nothing about mail."""
