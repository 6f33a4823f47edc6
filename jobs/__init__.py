"""The clock's and the queue's way in: one timetable, one queue, tasks that carry ids."""
