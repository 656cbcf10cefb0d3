"""The pages behind the personal links, and the JSON API."""
