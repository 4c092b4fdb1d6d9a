"""The Flask-SQLAlchemy object. Tables are made by the warehouse's migrations, never by the portal."""

from flask_sqlalchemy import SQLAlchemy

# Not expired on commit: the guard commits early to give the connection back, and the view still needs the user.
db = SQLAlchemy(session_options={"expire_on_commit": False})
SCHEMA = {"schema": "portal"}
