"""The Flask-SQLAlchemy object. Tables are made by the warehouse's migrations, never by the portal."""

from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()
SCHEMA = {"schema": "portal"}
