"""Follow-up of open invoices."""
