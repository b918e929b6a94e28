import platform

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def greet():
    version = ".".join(platform.python_version_tuple()[:2])
    return {"message": f"Hello world! From FastAPI running on Uvicorn with Gunicorn. Using Python {version}"}
