"""The database that the pipeline and the portal share: engine, server, migrations, roles."""
