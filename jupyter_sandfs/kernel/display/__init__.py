"""Pages for what commands answer: everything in them that comes from files, names or people is escaped."""
