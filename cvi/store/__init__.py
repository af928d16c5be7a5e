"""The database: facts, the queue beside them, views, works. The only importer of SQLAlchemy."""
