"""What the black-box tests share: the server as a process, its clients, its database seen from outside."""
