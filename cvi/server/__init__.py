"""The API: one ASGI object that receives callbacks, and the process that serves it."""
