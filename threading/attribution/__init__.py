"""What mail programs write above a quoted mail, language by language, and how such a line is known."""
