#!/bin/sh
exec uvicorn --host "${HOST:-0.0.0.0}" --port "${PORT:-80}" "${APP_MODULE:-main:app}"
