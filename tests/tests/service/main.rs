//! What the service does, seen from outside: a module a noun.
