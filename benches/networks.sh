#!/usr/bin/env bash
# G_land on the CPU against PyTorch with the same weights, in turns. Needs a quiet machine, and a Python
# with torch and safetensors.
#
#     benches/networks.sh [PYTHON] [ROUNDS]
set -euo pipefail
cd "$(dirname "$0")/.."
python=${1:-python3}
rounds=${2:-5}
model=$(mktemp -d)/model.safetensors
cargo bench --locked --bench networks -- "$model" 1 >/dev/null
for _ in $(seq "$rounds"); do
    printf 'burn  %s\n' "$(RAYON_NUM_THREADS=2 cargo bench --locked --bench networks -- "$model" 8 2>/dev/null | tail -n 1)"
    printf 'torch %s\n' "$("$python" benches/networks_torch.py "$model" 8 2)"
done | tee /dev/stderr | "$python" -c '
import json, statistics, sys
seen = {"burn": [], "torch": []}
for line in sys.stdin:
    name, text = line.split(maxsplit=1)
    seen[name].append(json.loads(text))
for what in ("inference_ms", "training_ms"):
    burn, torch = (statistics.median(run[what] for run in seen[name]) for name in ("burn", "torch"))
    print(f"{what}: burn {burn:.0f}, torch {torch:.0f}: {torch / burn:.2f} x")
'
