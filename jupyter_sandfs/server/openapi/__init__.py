"""The OpenAPI document: tables of what each route takes and gives, and the check of requests against it."""
