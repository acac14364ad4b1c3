"""Where the SQL of facts and states runs. Never writes to the cache: it gives tables back."""
