"""Write-offs: the service, what pages show of it, and the API."""
