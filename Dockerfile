FROM python:3.11-slim-bookworm
RUN useradd --create-home --uid 10001 studio && install -d -o studio -g studio /data
WORKDIR /opt/shortdrama
COPY requirements/run.txt requirements/run.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN pip install --no-cache-dir --no-deps .
USER studio
VOLUME /data
ENV SHORTDRAMA_DATA=/data PYTHONUNBUFFERED=1
ENTRYPOINT ["shortdrama"]
CMD ["serve"]
