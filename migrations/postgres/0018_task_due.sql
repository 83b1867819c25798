-- The same tables and columns as migrations/sqlite/0018_task_due.sql; a test compares them.

-- Open tasks that are due at some time, whomever they are for, the earliest first: those that are overdue are counted along it. One without a
-- due has the greatest number there is: it is never overdue, and does not stand here.
create index task_due on task (due, workflow) where due <> 9223372036854775807;
