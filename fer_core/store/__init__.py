"""Where reactions of shoppers who agreed are kept: SQLite, or PostgreSQL by a URL."""
